// How lines look on unusual screens, and which of their text is copied.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from '../support/browser.ts'
import { comeIn } from '../support/come-in.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const LINES = 100
const TRACE = [
  'cannot connect',
  ...Array.from({ length: 20 }, (_, at) => `    at step ${at}`),
  '    at needle',
]

let folder: string
let program: Program
let url: string
let browser: Browser
let context: BrowserContext

async function write(lines: object[], headers: Record<string, string> = {}): Promise<void> {
  await ask(
    'POST',
    '/api/logs',
    lines.map((line) => ({ level: 'INFO', ...line })),
    headers,
  )
}

async function ask(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<void> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify(body),
  })
  expect(reply.status, await reply.text()).toBe(200)
}

async function openAt(width: number, path: string): Promise<Page> {
  const page = await openPage(context)
  await page.setViewportSize({ width, height: 900 })
  await page.goto(`${url}${path}`)
  return page
}

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const clipboard = (page: Page) => page.evaluate('navigator.clipboard.readText()')
/** A property of the first element as it is drawn. */
const style = (page: Page, selector: string, property: string) =>
  page
    .locator(selector)
    .first()
    .evaluate((element, name) => element.ownerDocument.defaultView?.getComputedStyle(element)[name], property)

beforeAll(async () => {
  folder = makeFolder('presentation')
  program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  url = await program.ready
  browser = await openBrowser()
  context = await browser.newContext({
    reducedMotion: 'reduce',
    colorScheme: 'dark',
    timezoneId: 'Europe/Berlin',
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  context.setDefaultTimeout(PATIENCE_MS)
  url = await comeIn(context, program)
  await write(Array.from({ length: LINES }, (_, at) => ({ source: 'many', message: `line ${at} of many` })))
  await write([
    { source: 'traced', message: TRACE.join('\n') },
    { source: 'named', message: 'said nothing', logger_name: 'haystack.needle' },
    { source: 'plain', message: 'a needle itself' },
    { source: 'plain', message: 'x'.repeat(100_000) },
  ])
  // At seven past the hour it would delete the old lines.
  await ask('PUT', '/api/settings', { retention_days: 0 })
  await write(
    [
      { source: 'old', timestamp: '2025-12-31T23:59:59.118Z', message: 'of another year', camera_id: 1 },
      { source: 'old', timestamp: '2025-12-31T23:59:58.000Z', message: '' },
      { source: 'autumn', timestamp: '2025-10-26T00:30:00Z', message: 'before the change' },
      { source: 'autumn', timestamp: '2025-10-26T01:30:00Z', message: 'after the change' },
    ],
    { 'x-import': 'true' },
  )
})

afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

test('on paper every line of the page stands, by day and without what is pressed', async () => {
  const page = await openAt(1440, '/logs?source=many')
  await row(page, 'line 99 of many').waitFor()
  expect(await page.getByRole('row').count()).toBeLessThan(LINES)
  await page.setViewportSize({ width: 718, height: 1000 })
  await page.emulateMedia({ media: 'print' })
  await expect.poll(() => page.getByRole('row').count()).toBe(LINES + 1)
  expect(await page.getByRole('navigation').or(page.getByRole('searchbox')).count()).toBe(0)
  expect(await style(page, 'html', 'background-color')).toBe('rgb(255, 255, 255)')
  const tops = await page
    .locator('[role="row"][id]')
    .evaluateAll((rows) => rows.map((one) => one.getBoundingClientRect().top))
  expect(tops).toEqual(tops.toSorted((a, b) => a - b))
  expect(new Set(tops).size).toBe(LINES)
  await page.emulateMedia({ media: 'screen' })
  await expect.poll(() => page.getByRole('row').count()).toBeLessThan(LINES)
})

test('with a system’s own few colours what is chosen and what bars say is still seen', async () => {
  const page = await openAt(1440, '/logs?source=many')
  await page.emulateMedia({ forcedColors: 'active' })
  await row(page, 'line 99 of many').click()
  const frame = (selector: string, property: string) => style(page, selector, property)
  expect(await frame('nav [aria-current="page"]', 'border-bottom-color')).not.toBe(
    await frame('nav a:not([aria-current])', 'border-bottom-color'),
  )
  expect(await frame('[role="row"][aria-selected="true"] > *', 'outline-style')).toBe('solid')
  expect(await frame('[role="row"][aria-selected="false"] > *', 'outline-style')).toBe('none')
  await page.goto(`${url}/cameras`)
  const bar = page.getByRole('group', { name: /^Lines of/ }).first()
  await bar.waitFor()
  expect(await style(page, '.bg-info-fill', 'background-color')).not.toBe(
    await style(page, 'html', 'background-color'),
  )
})

test('text selected across rows is copied as lines, within a row as it was selected', async () => {
  const page = await openAt(1440, '/logs?source=many')
  const message = (text: string) => row(page, text).getByRole('gridcell').last().getByText('line')
  const drag = async (from: string, to: string) => {
    const [first, last] = [await message(from).boundingBox(), await message(to).boundingBox()]
    if (first === null || last === null) throw new Error('not drawn')
    await page.mouse.move(first.x, first.y + 6)
    await page.mouse.down()
    await page.mouse.move(last.x + last.width, last.y + 6, { steps: 4 })
    await page.mouse.up()
    await page.keyboard.press('Control+c')
    const copied = String(await clipboard(page))
    await page.evaluate('document.getSelection().removeAllRanges()')
    return copied
  }
  expect((await drag('line 99 of many', 'line 97 of many')).split('\n')).toEqual([
    expect.stringMatching(/^\S+Z INFO {5}many line 97 of many$/),
    expect.stringMatching(/^\S+Z INFO {5}many line 98 of many$/),
    expect.stringMatching(/^\S+Z INFO {5}many line 99 of many$/),
  ])
  expect(await drag('line 99 of many', 'line 99 of many')).toBe('line 99 of many')
})

test('hits are marked where they are: in folded lines, in the logger’s name, in an open line', async () => {
  const page = await openAt(1440, '/logs?search=needle')
  await row(page, 'a needle itself').locator('mark', { hasText: 'needle' }).waitFor()
  await row(page, 'said nothing').locator('mark', { hasText: 'needle' }).waitFor()
  const trace = row(page, 'cannot connect')
  expect(await trace.locator('mark').count()).toBe(0)
  await trace.getByTitle('They contain matches of the search').click()
  await trace.locator('mark', { hasText: 'needle' }).waitFor()
  await trace.getByText('cannot connect').click()
  const panel = page.getByRole('complementary', { name: /^Line \d+/ })
  await panel.locator('mark', { hasText: 'needle' }).waitFor()
})

test('the message of an open line is copied, and lines with the same are filtered for and out', async () => {
  const page = await openAt(1440, '/logs?source=traced&source=plain&source=named')
  await row(page, 'cannot connect').getByText('cannot connect').click()
  const message = page.getByRole('region', { name: 'Message' })
  await message.getByRole('button', { name: 'Copy message' }).click()
  await expect.poll(() => clipboard(page)).toBe(TRACE.join('\n'))
  await message.getByRole('button', { name: 'Not lines with this message' }).click()
  await row(page, 'cannot connect').waitFor({ state: 'detached' })
  await row(page, 'said nothing').waitFor()
  await message.getByRole('button', { name: 'Only lines with this message' }).click()
  await row(page, 'said nothing').waitFor({ state: 'detached' })
  await row(page, 'cannot connect').waitFor()
})

test('a line of another year has its time whole, and one without a message says so', async () => {
  const page = await openAt(1440, '/logs?source=old&range=all')
  const time = row(page, 'of another year').locator('time')
  expect(await time.textContent()).toMatch(/2025 23:59:59\.118/)
  for (const part of [time, ...(await time.locator('span').all())])
    expect(await part.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
  await row(page, 'empty message').click()
  await page.getByRole('region', { name: 'Message' }).getByText('empty message').waitFor()
})

test('a message of 100 kB is three lines of a card on a phone', async () => {
  const page = await openAt(390, '/logs?source=plain')
  const card = row(page, 'xxx')
  await card.waitFor()
  expect((await card.boundingBox())?.height).toBeLessThan(120)
})

test('an hour that clocks show twice is told apart', async () => {
  const page = await openPage(context)
  await page.addInitScript("localStorage.setItem('timelapser.zone', 'local')")
  await page.goto(`${url}/logs?source=autumn&range=all`)
  const time = (text: string) => row(page, text).locator('time').textContent()
  await row(page, 'after the change').waitFor()
  expect(await time('before the change')).toMatch(/02:30:00\.000 \+02$/)
  expect(await time('after the change')).toMatch(/02:30:00\.000 \+01$/)
})

test('a link shows the columns of whoever sent it', async () => {
  const page = await openAt(1440, '/logs?source=named')
  const heads = (where = page) => where.getByRole('grid').getByRole('columnheader').allTextContents()
  await row(page, 'said nothing').waitFor()
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Column logger' }).click()
  await page.waitForURL(/column=time&column=level&column=origin&column=logger/)
  const other = await browser.newContext({ storageState: await context.storageState() })
  const guest = await openPage(other)
  await guest.addInitScript("localStorage.removeItem('timelapser.columns')")
  await guest.goto(page.url())
  await guest.getByRole('columnheader', { name: 'Logger' }).waitFor()
  await guest.goto(`${url}/logs?column=origin`)
  await expect.poll(() => heads(guest)).toEqual(['Origin', 'Message'])
  // The choice is there without a link as well, and in the address again.
  await page.goto(`${url}/logs`)
  await page.waitForURL(/column=logger/)
  await expect.poll(() => heads()).toContain('Logger')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Reset columns' }).click()
  await page.waitForURL((address) => !address.search.includes('column'))
  await expect.poll(() => heads()).not.toContain('Logger')
})

test('bars are gone through by keyboard, zoomed into, and there is a way back', async () => {
  const page = await openAt(1440, '/logs?range=1h')
  const bars = page.getByRole('slider', { name: /^Bars over time/ })
  await bars.focus()
  await page.keyboard.press('End')
  await expect.poll(() => bars.getAttribute('aria-valuetext')).toMatch(/\d\d:\d\d.*: \d+ lines$/)
  const last = Number(await bars.getAttribute('aria-valuenow'))
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => bars.getAttribute('aria-valuenow')).toBe(String(last - 1))
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.waitForURL(/from=.*&to=/)
  await page.getByRole('button', { name: 'Back to last 60 minutes' }).click()
  await page.waitForURL(/range=1h/)
  await page.getByRole('button', { name: /^Back to/ }).waitFor({ state: 'detached' })
})

test('the list moves aside once for an opened line, however long its panel takes', async () => {
  const page = await openAt(1440, '/logs?source=many')
  await row(page, 'line 99 of many').waitFor()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  await page.route('**/assets/detail-panel*', async (route) => {
    await released
    await route.continue()
  })
  await row(page, 'line 99 of many').click()
  const panel = page.getByRole('complementary', { name: /^Line \d+/ })
  await page.locator('[aria-busy="true"]', { hasText: 'Line' }).waitFor()
  const width = async () => (await page.getByRole('grid').boundingBox())?.width
  const before = await width()
  release()
  await panel.getByRole('tab', { name: 'Fields' }).waitFor()
  expect(await width()).toBe(before)
})

test('the values beside the list are skipped by keyboard', async () => {
  const page = await openAt(1440, '/logs?source=many')
  await row(page, 'line 99 of many').waitFor()
  await page.getByRole('button', { name: 'Skip to the lines' }).focus()
  await page.keyboard.press('Enter')
  expect(await page.getByRole('grid').evaluate((grid) => grid === grid.ownerDocument.activeElement)).toBe(
    true,
  )
})

test('keys that end the composition of a word do not clear or send a search', async () => {
  const page = await openAt(1440, '/logs?source=many')
  const box = page.getByRole('searchbox')
  await box.fill('にほん')
  await box.dispatchEvent('keydown', { key: 'Escape', isComposing: true, bubbles: true })
  expect(await box.inputValue()).toBe('にほん')
  await box.dispatchEvent('keydown', { key: 'Escape', bubbles: true })
  expect(await box.inputValue()).toBe('')
})

test('a menu that is too high for its room is scrolled, and lies over no other button of the bar', async () => {
  const page = await openAt(1024, '/logs?source=many')
  await row(page, 'line 99 of many').waitFor()
  await page.setViewportSize({ width: 1024, height: 400 })
  const button = page.getByRole('button', { name: /^last 24 hours \S/i })
  await button.click()
  const menu = page.getByRole('dialog', { name: 'Time range' })
  await menu.waitFor()
  const isAboveOrBelow = async () => {
    const [box, bar] = [await menu.boundingBox(), await button.boundingBox()]
    if (box === null || bar === null) return false
    return box.y >= bar.y + bar.height || box.y + box.height <= bar.y
  }
  await expect.poll(isAboveOrBelow).toBe(true)
  expect(await menu.evaluate((one) => one.scrollHeight > one.clientHeight)).toBe(true)
})
