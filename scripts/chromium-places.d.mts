/** Where the browser of the end-to-end tests is looked for, in this order. */
export const CHROMIUM_PLACES: readonly string[]
