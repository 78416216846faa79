import { existsSync } from 'node:fs'
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
  type Request,
} from 'playwright-core'
import { onTestFinished } from 'vitest'
import { CHROMIUM_PLACES } from '../../scripts/chromium-places.mjs'

/** The browser's own popups, which it would load once a window, and what playwright-core turns off besides. */
const FEATURES_OFF = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'PreloadTopChromeWebUI'],
  ...['DestroyProfileOnBrowserClose', 'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'MediaRouter'],
  ...[
    'OptimizationHints',
    'PaintHolding',
    'SpareRendererForSitePerProcess',
    'ThirdPartyStoragePartitioning',
    'Translate',
  ],
]
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--process-per-site',
  // Pages live for seconds: compiling their hot code costs more than it gains.
  '--js-flags=--max-lazy --no-opt --no-maglev',
  '--num-raster-threads=1',
  '--disable-threaded-animation',
  `--disable-features=${FEATURES_OFF}`,
]

/** The machine's Chromium, or undefined where there is none. */
export const chromiumPath = CHROMIUM_PLACES.find((path) => existsSync(path))

/**
 * How long a test waits for an event that never comes. It waits for other events no longer than they take, on a busy
 * machine too.
 */
export const PATIENCE_MS = 30_000

let running: Promise<Browser> | undefined

/** The browser of this process, shared by its test files: each has contexts of its own, and ends them at its end. */
export function openBrowser(): Promise<Browser> {
  running ??= chromium.launch({ executablePath: chromiumPath ?? '', args: FLAGS })
  return running
}

/** Ends what a test file opened in the shared browser. */
export async function closeContexts(browser: Browser | undefined): Promise<void> {
  for (const context of browser?.contexts() ?? []) await context.close()
}

/** Waits until it has the focus. */
export function isFocused(page: Page, element: Locator): Promise<void> {
  return element.and(page.locator(':focus')).waitFor()
}

/** A page that fails its test when the page reports a defect of its own. */
export async function openPage(context: BrowserContext): Promise<Page> {
  const page = await newPage(context)
  const defects: string[] = []
  page.on('pageerror', (error) => defects.push(error.message))
  page.on('console', (message) => {
    // A refused request is the server's answer, not a defect; a policy violation is a defect.
    if (
      message.type() === 'error' &&
      !/^(Failed to load resource|WebSocket connection to)/.test(message.text())
    )
      defects.push(message.text())
  })
  const asked = followRequests(page)
  const events = followTroubles(page)
  onTestFinished(async ({ task }) => {
    const seen =
      task.result?.state === 'fail'
        ? `${await describePage(page, asked)}\nBefore that: ${events.join('; ')}`
        : null
    await endPage(page)
    // Beside the error of the test, where a report shows it.
    if (seen !== null) throw new Error(seen)
    if (defects.length > 0) throw new Error(`The page reported: ${defects.join('; ')}`)
  })
  return page
}

/** The addresses that a page was at, and its requests that failed, in order. */
function followTroubles(page: Page): readonly string[] {
  const events: string[] = []
  page.on('framenavigated', (frame) => frame === page.mainFrame() && events.push(`at ${frame.url()}`))
  page.on('requestfailed', (request) =>
    events.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText}`),
  )
  page.on('response', (response) => {
    if (response.status() >= 400)
      events.push(`${response.request().method()} ${response.url()} ${response.status()}`)
  })
  return events
}

/** The page of a context that stays open behind its tests, on a picture of the same origin. */
const anchors = new WeakMap<BrowserContext, Page>()

/**
 * Opens a page from the anchor, in the anchor's process, which knows the compiled page already: a process of its own takes
 * twice as long. It has no history and an empty session storage, as any new page has.
 */
async function newPage(context: BrowserContext): Promise<Page> {
  const anchor = anchors.get(context)
  if (!anchor || anchor.isClosed()) return context.newPage()
  const [page] = await Promise.all([
    context.waitForEvent('page'),
    anchor.evaluate("void window.open('about:blank')"),
  ])
  await page.evaluate('sessionStorage.clear()')
  return page
}

/** Closes a page, but the first of a context, which becomes its anchor. */
async function endPage(page: Page): Promise<void> {
  const context = page.context()
  if (page.isClosed()) return
  const icon = page.locator('link[rel="icon"]')
  if (anchors.has(context) || (await icon.count()) === 0) return page.close()
  anchors.set(context, page)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.goto(new URL((await icon.first().getAttribute('href')) ?? '', page.url()).href)
}

/** The requests of a page that have no whole answer yet, at every moment; streams are among them. */
export function followRequests(page: Page): ReadonlySet<Request> {
  const asked = new Set<Request>()
  page.on('request', (request) => asked.add(request))
  page.on('requestfinished', (request) => asked.delete(request))
  page.on('requestfailed', (request) => asked.delete(request))
  return asked
}

/** The address and the content of a page, and the requests that it waits for, as a failed test found them. */
export async function describePage(page: Page, asked: ReadonlySet<Request>): Promise<string> {
  const waiting = [...asked].map((request) => request.url())
  const shown = page.locator('body').ariaSnapshot({ timeout: PATIENCE_MS })
  const text = await shown.catch((error: Error) => `nothing that could be read: ${error.message}`)
  // Dialogs and messages stand last.
  const ends = text.length > 8000 ? `${text.slice(0, 3000)}\n…\n${text.slice(-5000)}` : text
  return `The page was at ${page.url()}, waited for [${waiting.join(', ')}], and showed:\n${ends}`
}
