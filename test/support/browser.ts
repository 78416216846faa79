import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

const PLACES = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The machine's Chromium, or undefined where there is none. */
export const chromiumPath = PLACES.find((path) => path !== '' && existsSync(path))

/** A browser with an empty profile; closed by whoever opened it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath ?? '', args: FLAGS })
}

/** A page that fails its test when the page reports a defect of its own. */
export async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  const defects: string[] = []
  page.on('pageerror', (error) => defects.push(error.message))
  page.on('console', (message) => {
    // A refused request is the server's answer, not a defect; a policy violation is one.
    if (
      message.type() === 'error' &&
      !/^(Failed to load resource|WebSocket connection to)/.test(message.text())
    )
      defects.push(message.text())
  })
  onTestFinished(async () => {
    await page.close()
    if (defects.length > 0) throw new Error(`The page reported: ${defects.join('; ')}`)
  })
  return page
}
