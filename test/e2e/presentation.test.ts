// How lines look where the screen is not the usual one, and what of them is copied.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, openPage } from '../support/browser.ts'
import { launchProgram, type Program } from '../support/program.ts'

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
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}/api/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify(lines.map((line) => ({ level: 'INFO', ...line }))),
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
  folder = mkdtempSync(join(tmpdir(), 'timelapser-presentation-'))
  program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  url = await program.ready
  browser = await openBrowser()
  context = await browser.newContext({ reducedMotion: 'reduce', colorScheme: 'dark' })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  await page.goto(/Sign in +(\S+)/.exec(program.output())?.[1] ?? '')
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
  url = new URL(page.url()).origin
  await page.close()
  await write(Array.from({ length: LINES }, (_, at) => ({ source: 'many', message: `line ${at} of many` })))
  await write([
    { source: 'traced', message: TRACE.join('\n') },
    { source: 'named', message: 'said nothing', logger_name: 'haystack.needle' },
    { source: 'plain', message: 'a needle itself' },
    { source: 'plain', message: 'x'.repeat(100_000) },
  ])
  await write(
    [
      { source: 'old', timestamp: '2025-12-31T23:59:59.118Z', message: 'of another year', camera_id: 1 },
      { source: 'old', timestamp: '2025-12-31T23:59:58.000Z', message: '' },
    ],
    { 'x-import': 'true' },
  )
})

afterAll(async () => {
  await browser?.close()
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
  await trace.getByTitle('What is searched for stands in them').click()
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
