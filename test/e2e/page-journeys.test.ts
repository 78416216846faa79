// Whole tasks of people on the page, from the first step to the last, in one browser against one started program.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousProblems } from '../support/axe.ts'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from '../support/browser.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const HOUR_MS = 3_600_000

let folder: string
let program: Program
let url: string
let browser: Browser
let context: BrowserContext
let landedAt: string

type Line = {
  level: string
  message: string
  source?: string
  camera_id?: number
  timestamp?: string
  extra_data?: object
}

async function call(path: string, body: unknown): Promise<{ data: { accepted: number; filtered: number } }> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
  expect(reply.status).toBeLessThan(300)
  return (await reply.json()) as { data: { accepted: number; filtered: number } }
}
const write = (lines: Line[]) =>
  call(
    '/api/logs',
    lines.map((line) => ({ source: line.camera_id ? `camera_${line.camera_id}` : 'api', ...line })),
  )

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const at = (msAgo: number) => new Date(Date.now() - msAgo).toISOString()

function start(port = '0'): Program {
  return launchProgram({ env: { DATA_DIR: join(folder, 'data'), PORT: port } })
}

/** Follows the link of the first start with a name and a password; returns the address it leads to. */
async function comeInByTheFirstLink(): Promise<string> {
  const page = await context.newPage()
  await page.goto(/Sign in +(\S+)/.exec(program.output())?.[1] ?? '')
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
  const address = page.url()
  await page.close()
  return address
}

/** The night in which camera 3 failed. */
async function writeTheNight(): Promise<void> {
  await call('/api/cameras', { id: 3, name: 'Site West' })
  await write([
    { level: 'INFO', message: 'captured one', camera_id: 3, timestamp: at(9 * HOUR_MS) },
    {
      level: 'WARNING',
      message: 'power supply at 9 V',
      camera_id: 3,
      timestamp: at(8 * HOUR_MS + 2000),
      extra_data: { request_id: 'capture-77' },
    },
    {
      level: 'ERROR',
      message: 'RTSP timeout after 30 s',
      camera_id: 3,
      timestamp: at(8 * HOUR_MS),
      extra_data: { request_id: 'capture-77' },
    },
    { level: 'ERROR', message: 'RTSP timeout elsewhere', camera_id: 4, timestamp: at(8 * HOUR_MS) },
    {
      level: 'INFO',
      message: 'job failed',
      timestamp: at(8 * HOUR_MS - 1000),
      extra_data: { request_id: 'capture-77' },
    },
  ])
}

beforeAll(async () => {
  folder = makeFolder('journeys')
  program = start()
  url = await program.ready
  browser = await openBrowser()
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(PATIENCE_MS)
  landedAt = await comeInByTheFirstLink()
  await writeTheNight()
})

afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

describe('the page', () => {
  test('leads from the link of the first start to the first line', async () => {
    expect(landedAt).toMatch(/\/logs/)
    const page = await openPage(context)
    await page.goto(`${url}/logs`)
    await write([{ level: 'INFO', message: 'hello from the first application' }])
    await row(page, 'hello from the first application').waitFor()
  })

  test('shows why camera 3 failed last night', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs`)
    const values = page.getByRole('complementary', { name: 'Values and their counts' })
    await values.getByLabel('Site West').first().check()
    await page.waitForURL(/camera_id=3/)
    await page.keyboard.press('/')
    await page.keyboard.type('level:>=error RTSP')
    await page.keyboard.press('Enter')
    await row(page, 'RTSP timeout elsewhere').first().waitFor({ state: 'detached' })
    await row(page, 'RTSP timeout after 30 s').click()
    const line = page.getByRole('complementary', { name: /^Line \d+/ })
    await line.getByRole('tab', { name: 'Context' }).click()
    await line.getByText('power supply at 9 V').waitFor()
    await line.getByRole('tab', { name: 'Fields' }).click()
    await line.getByRole('button', { name: 'Only capture-77' }).click()
    await page.waitForURL(/request_id=capture-77/)
    await row(page, 'job failed').waitFor()
    await line.getByRole('button', { name: 'Copy a link to this line' }).click()
    const link = await page.evaluate('navigator.clipboard.readText()')
    expect(link).toMatch(/\/logs\?log=\d+$/)
    await page.goto(String(link).replace(/^https?:\/\/[^/]+/, url))
    await line.getByText('RTSP timeout after 30 s').waitFor()
  })

  test('a brushed span is zoomed into', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs`)
    const chart = page.getByRole('slider', { name: /^Bars over time/ })
    const box = await chart.boundingBox()
    if (!box) throw new Error('There is no chart.')
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.7, box.y + 20, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL(/from=.*to=/)
    await row(page, 'RTSP timeout after 30 s').waitFor()
    await row(page, 'hello from the first').first().waitFor({ state: 'detached' })
  })

  test('debugs camera 3 for fifteen minutes, counted down, and ends it', async () => {
    const page = await openPage(context)
    expect((await write([{ level: 'DEBUG', message: 'too fine', camera_id: 3 }])).data.filtered).toBe(1)
    await page.goto(`${url}/logs?camera_id=3`)
    await row(page, 'captured one').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('m')
    await page.getByRole('menuitem', { name: 'Debug Site West for 15 minutes' }).click()
    const chip = page.getByRole('list', { name: 'Temporary overrides' })
    await expect.poll(() => chip.textContent()).toMatch(/Debug · Site West1[45]:\d\d/)
    await write([{ level: 'DEBUG', message: 'frame 1 decoded', camera_id: 3 }])
    await row(page, 'frame 1 decoded').waitFor()
    await expect.poll(() => chip.textContent()).toMatch(/14:\d\d/)
    await chip.getByRole('button').click()
    await chip.first().waitFor({ state: 'detached' })
    expect((await write([{ level: 'DEBUG', message: 'too fine', camera_id: 3 }])).data.filtered).toBe(1)
  })

  test('exports the errors of a span as they were counted', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs?level=ERROR`)
    await row(page, 'RTSP timeout elsewhere').waitFor()
    await page.getByRole('button', { name: 'Export' }).click()
    const dialog = page.getByRole('dialog', { name: 'Export' })
    await dialog.getByText('2 lines match the filters').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Export' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^logs-.*\.csv$/)
    const file = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n')
    expect(file).toHaveLength(3)
    expect(file[0]).toContain('message')
    await dialog.getByText('Saved 2 lines').waitFor()
  })

  test('says where a search is not understood', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=level:nonsense`)
    const box = page.getByRole('searchbox')
    await page.getByRole('alert').filter({ hasText: '"nonsense" is not a level at position 7' }).waitFor()
    expect(await box.getAttribute('aria-invalid')).toBe('true')
    await box.fill('level:error')
    await row(page, 'RTSP timeout').first().waitFor()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  test('filters a value out, picks and copies lines, finds in the list: all by keyboard', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=RTSP+or+captured`)
    await row(page, 'captured one').waitFor()
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
    const picked = page.getByRole('region', { name: 'Selected lines' })
    await picked.getByRole('button', { name: 'Copy JSON' }).press('Enter')
    const copied = String(await page.evaluate('navigator.clipboard.readText()')).split('\n')
    expect(copied.map((text) => JSON.parse(text).level)).toEqual(['ERROR', 'ERROR'])
    await page.keyboard.press('Escape')
    await picked.first().waitFor({ state: 'detached' })
    await page.keyboard.press('f')
    await page.keyboard.type('one')
    await page.keyboard.press('Enter')
    await page.getByText('1 of 1').waitFor()
    expect(await page.locator('mark').filter({ hasText: /^one$/ }).count()).toBe(1)
    await page.keyboard.press('Escape')
    await page.keyboard.press('m')
    await page.getByRole('menuitem', { name: 'Not INFO' }).waitFor()
    const chosen = page.locator('[role=menuitem][data-highlighted]')
    await expect
      .poll(async () => {
        await page.keyboard.press('ArrowDown')
        return (await chosen.count()) === 0 ? '' : chosen.textContent()
      })
      .toBe('Not INFO')
    await page.keyboard.press('Enter')
    await page.waitForURL(/exclude_level=INFO/)
  })

  test('keeps the columns that were chosen and their widths', { tags: ['long'] }, async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs`)
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Column logger' }).click()
    await page.keyboard.press('Escape')
    const head = page.getByRole('columnheader', { name: 'Origin' })
    const width = async () => (await head.boundingBox())?.width ?? 0
    const before = await width()
    await page.getByRole('separator', { name: 'Width of Origin' }).focus()
    for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight')
    await expect.poll(width).toBe(before + 32)
    await page.reload()
    await page.getByRole('columnheader', { name: 'Logger' }).waitFor()
    expect(await width()).toBe(before + 32)
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Reset columns' }).click()
  })

  test('completes filters in the search box by keyboard, with the names that were seen', async () => {
    await call('/api/logs', [{ message: 'sold', source: 'flower shop', extra_data: { sum_total: 3 } }])
    const page = await openPage(context)
    await page.goto(`${url}/logs`)
    await page.getByRole('gridcell', { name: 'sold' }).first().waitFor()
    const box = page.getByRole('searchbox')
    const options = page.getByRole('listbox', { name: 'Completions' }).getByRole('option')
    await box.pressSequentially('sou')
    await expect.poll(() => options.allTextContents()).toEqual(['source:'])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Tab')
    await box.pressSequentially('flo')
    await expect.poll(() => options.allTextContents()).toEqual(['source:"flower shop"'])
    await expect.poll(() => seriousProblems(page)).toEqual([])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await box.pressSequentially('extra_data.sum')
    await options.filter({ hasText: 'extra_data.sum_total:' }).click()
    await box.pressSequentially('3')
    await page.keyboard.press('Enter')
    await page.waitForURL((address) => {
      return address.searchParams.get('q') === 'source:"flower shop" extra_data.sum_total:3'
    })
    await page.getByText('1 line', { exact: true }).waitFor()
    // The first Escape closes the list, the second clears the box.
    await box.pressSequentially(' le')
    await options.first().waitFor()
    await page.keyboard.press('Escape')
    await options.first().waitFor({ state: 'detached' })
    expect(await box.inputValue()).toMatch(/ le$/)
    await page.keyboard.press('Escape')
    expect(await box.inputValue()).toBe('')
  })

  test('shows a value of extra_data as a column, kept until it is removed', { tags: ['long'] }, async () => {
    await call('/api/logs', [
      { message: 'sold', source: 'till', extra_data: { sum: 12.5, item: { name: 'lens' } } },
      { message: 'closed', source: 'till' },
    ])
    const page = await openPage(context)
    await page.goto(`${url}/logs?source=till`)
    await page.getByRole('gridcell', { name: 'sold' }).click()
    const panel = page.getByRole('complementary', { name: /^Line \d+/ })
    await panel.getByRole('treeitem', { name: /sum/ }).click()
    await page.getByRole('menuitem', { name: 'Show sum as a column' }).click()
    await page.getByRole('columnheader', { name: 'sum' }).waitFor()
    await page.reload()
    const row = page.getByRole('row').filter({ hasText: 'sold' })
    await row.getByRole('gridcell', { name: '12.5', exact: true }).waitFor()
    // Beside the open line the others give way to the message.
    await panel.waitFor()
    const message = await row.getByRole('gridcell', { name: 'sold' }).boundingBox()
    expect(message?.width).toBeGreaterThan(100)
    await page.getByRole('button', { name: 'Remove the column sum' }).click()
    await page.getByRole('columnheader', { name: 'sum' }).waitFor({ state: 'detached' })
  })

  test('a search kept under a name comes back with its filters', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs?level=ERROR&q=RTSP`)
    await page.getByRole('button', { name: 'Saved views' }).click()
    await page.getByLabel('Name of the view').fill('Broken streams')
    await page.getByLabel('Share with other users').check()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('link', { name: /^Broken streams/ }).waitFor()
    await page.goto(`${url}/logs`)
    await page.getByRole('button', { name: 'Saved views' }).click()
    await page.getByRole('link', { name: /^Broken streams/ }).click()
    await page.waitForURL(/level=ERROR&q=RTSP/)
  })

  test('goes on after a lost connection, without gap or repeat', { tags: ['long'] }, async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=outage`)
    await page.getByRole('button', { name: /^Live/ }).waitFor()
    await write([{ level: 'INFO', message: 'outage: before' }])
    await row(page, 'outage: before').waitFor()
    program.kill('SIGTERM')
    await program.ended
    await page.getByRole('button', { name: /^Reconnecting/ }).waitFor()
    program = start(new URL(url).port)
    await program.ready
    await write([{ level: 'INFO', message: 'outage: after' }])
    await row(page, 'outage: after').waitFor({ timeout: 40_000 })
    await page.getByRole('button', { name: /^Live/ }).waitFor()
    expect(await row(page, 'outage:').count()).toBe(2)
  })

  test('is used on a phone: filters in a sheet, lines as cards', async () => {
    const page = await openPage(context)
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(`${url}/logs`)
    await page.getByRole('button', { name: 'Filters' }).click()
    const sheet = page.getByRole('dialog', { name: 'Filters' })
    await sheet.getByLabel('Error', { exact: false }).first().check()
    await sheet.getByRole('button', { name: 'Done' }).click()
    await page.waitForURL(/level=ERROR/)
    await row(page, 'RTSP timeout after 30 s').click()
    await page.getByRole('complementary').getByText('camera_3').first().waitFor()
  })
})
