// The page with more of everything than usual: a search of seconds, many windows, a large export.
import { readFileSync } from 'node:fs'
import type { BrowserContext, Page, WebSocket } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { seriousProblems } from '../support/axe.ts'
import { openPage } from '../support/browser.ts'
import { hostPage, type PageHost } from '../support/page-host.ts'

const MINUTE_MS = 60_000

let host: PageHost
let url: string
let context: BrowserContext

const call: PageHost['call'] = (...request) => host.call(...request)
const write: PageHost['write'] = (...lines) => host.write(...lines)
const newContext: PageHost['newContext'] = (options) => host.newContext(options)

const at = (msAgo: number) => new Date(Date.now() - msAgo).toISOString()
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const panel = (page: Page) => page.getByRole('complementary', { name: /^Line / })
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

beforeAll(async () => {
  host = await hostPage('length')
  ;({ url, context } = host)
})

afterAll(() => host?.close())

test('a search stopped by its time limit says how far it came, and goes on from there', async () => {
  // Each look ahead goes to the end of a line from every place in it: the square of its length.
  const search = `q=${encodeURIComponent('/(?=.*a)(?=.*b)(?=.*c)(?!.*d).*e/')}`
  const slow = 'a'.repeat(300)
  await write(...Array.from({ length: 1000 }, () => ({ message: slow, source: 'probe' })))
  const began = performance.now()
  await call('GET', `/api/logs?source=probe&${search}`)
  // More than what the five seconds are enough for on this machine, as busy as it is now.
  const lines = Math.ceil((1000 * 6500) / (performance.now() - began))
  const slowLine = (_: unknown, index: number) => ({
    message: slow,
    source: 'slow',
    timestamp: at(MINUTE_MS + index),
  })
  const slowLines = Array.from({ length: lines }, slowLine)
  await write({ message: 'cable at the bottom', source: 'slow', timestamp: at(90 * MINUTE_MS) })
  for (let done = 0; done < lines; done += 5000) await write(...slowLines.slice(done, done + 5000))
  await write({ message: 'cable at the top', source: 'slow' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=slow&${search}`)
  await row(page, 'cable at the top').waitFor()
  await page.getByText(/searched back to \d\d:\d\d:\d\d/).waitFor()
  const bottom = row(page, 'cable at the bottom')
  const ends = new Set<string | null>()
  await expect
    .poll(
      async () => {
        if ((await bottom.count()) > 0) return true
        const goOn = button(page, 'Continue').first()
        if (await goOn.isVisible()) await goOn.click()
        ends.add(new URL(page.url()).searchParams.get('to'))
        return false
      },
      { timeout: 90_000, interval: 200 },
    )
    .toBe(true)
  const found = [...ends].filter((end) => end !== null)
  expect(found.length).toBeGreaterThan(0)
  expect(found).toEqual([...found].sort().reverse())
})

test('of seven tabs only the visible one streams, and each catches up when it is shown', async () => {
  const seven = await newContext({ storageState: await context.storageState() })
  onTestFinished(() => seven.close())
  // Headless Chromium calls every tab visible, even one behind another: the test does by hand what browsers do.
  await seven.addInitScript(`{
    let isHidden = false
    Object.defineProperty(document, 'hidden', { get: () => isHidden })
    Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') })
    globalThis.setHidden = (next) => {
      isHidden = next
      document.dispatchEvent(new Event('visibilitychange'))
    }
  }`)
  const streams = new Map<WebSocket, Page>()
  seven.on('page', (tab) => {
    tab.on('websocket', (socket) => {
      streams.set(socket, tab)
      socket.on('close', () => streams.delete(socket))
    })
  })
  const setHidden = (page: Page, next: boolean) => page.evaluate(`setHidden(${next})`)

  const tabs: Page[] = []
  for (let number = 1; number <= 7; number++) {
    const last = tabs.at(-1)
    if (last) await setHidden(last, true)
    const tab = await openPage(seven)
    await tab.goto(`${url}/logs?source=tabs`)
    await button(tab, /^Live/).waitFor()
    tabs.push(tab)
  }
  await expect.poll(() => [...new Set(streams.values())]).toEqual([tabs.at(-1)])
  await write({ message: 'written to them all', source: 'tabs' })
  await row(tabs[6] as Page, 'written to them all').waitFor()
  let shown = tabs[6] as Page
  for (const [index, tab] of tabs.entries()) {
    expect(await row(tab, 'written to them all').count()).toBe(index === 6 ? 1 : 0)
    await setHidden(shown, true)
    await setHidden(tab, false)
    shown = tab
    await row(tab, 'written to them all').waitFor()
    await write({ message: `for tab ${index}`, source: 'tabs' })
    await row(tab, `for tab ${index}`).waitFor()
    await expect.poll(() => [...new Set(streams.values())]).toEqual([tab])
  }
  // Shown last and hidden while the others were read: everything once.
  expect(await row(shown, 'for tab').count()).toBe(7)
})

test('eight visible windows all stream, and have room to load', async () => {
  const windows: Page[] = []
  for (let number = 1; number <= 8; number++) {
    const one = await openPage(context)
    await one.goto(`${url}/logs?source=windows`)
    await button(one, /^Live/).waitFor()
    windows.push(one)
  }
  await write({ message: 'written to eight', source: 'windows' })
  for (const one of windows) {
    await row(one, 'written to eight').click()
    await one.getByRole('complementary', { name: /^Line \d+/ }).waitFor()
  }
  await Promise.all(windows.map((one) => one.close()))
})

test('more lines than a page should hold are saved by the browser as they come, and a broken file is none', async () => {
  const [rows, batch] = [210_000, 10_000]
  for (let sent = 0; sent < rows; sent += batch) {
    await write(
      ...Array.from({ length: batch }, (_, index) => ({ message: `line ${sent + index}`, source: 'bulk' })),
    )
  }
  const page = await openPage(context)
  const save = async () => {
    await page.goto(`${url}/logs?source=bulk&live=0`)
    await button(page, 'Export').click()
    const dialog = page.getByRole('dialog', { name: 'Export' })
    await dialog.getByText(`${rows.toLocaleString()} lines match the filters`).waitFor()
    await dialog.getByText('NDJSON').click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Export' }).click(),
    ])
    await dialog.getByText('The browser saves the file as it arrives').waitFor()
    return download
  }
  const whole = await save()
  expect(whole.suggestedFilename()).toMatch(/^logs-.*\.ndjson$/)
  const messages = readFileSync(await whole.path(), 'utf8')
    .trim()
    .split('\n')
  expect(messages).toHaveLength(rows)
  expect(new Set(messages).size).toBe(rows)

  const broken = save()
  // As soon as it has begun its server is gone, in the middle of it.
  await broken
  await host.stop('SIGKILL')
  expect(await (await broken).failure()).not.toBeNull()
  await host.start()
})

test('lines so long that an answer ends at 8 MB are said to be cut in the list and around a line, each with the way on', async () => {
  const begin = Date.now() - 1_800_000
  const long = Array.from({ length: 40 }, (_, index) => ({
    ...{ source: 'long', message: `long ${index} `.padEnd(256 * 1024, 'x') },
    timestamp: new Date(begin + index * 1000).toISOString(),
  }))
  for (const part of [long.slice(0, 20), long.slice(20)]) await write(...part)
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=long`)
  await page.getByText('long lines: the page was cut at 8 MB, after 33 lines').waitFor()
  await expect.poll(() => seriousProblems(page)).toEqual([])
  await page.getByRole('button', { name: 'Show the rest' }).click()
  await row(page, 'long 0 ').click()
  await panel(page).getByRole('tab', { name: 'Context' }).click()
  await panel(page).getByLabel('Lines before and after').selectOption('50')
  await panel(page).getByText('No older lines').waitFor()
  await panel(page)
    .getByRole('button', { name: /^Continue from the newest of these: long lines/ })
    .click()
  await expect.poll(() => page.locator('[aria-current]', { hasText: 'long 33 ' }).count()).toBeGreaterThan(0)
})
