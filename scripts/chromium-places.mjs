// Where the browser of the end-to-end tests is looked for; the first place that has it is used. The shell without a
// window needs half the processor time of the whole browser.
export const CHROMIUM_PLACES = [
  ...(process.env.CHROMIUM ? [process.env.CHROMIUM] : []),
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]
