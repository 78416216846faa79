// Charts and the boards they are pinned to, in one browser against one started program.
import { readFileSync } from 'node:fs'
import type { Page, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousProblems } from '../support/axe.ts'
import { isFocused, openPage } from '../support/browser.ts'
import { hostPage, type PageHost } from '../support/page-host.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let host: PageHost

async function open(path: string, size = { width: 1280, height: 900 }): Promise<Page> {
  const page = await openPage(host.context)
  // Colours that are still changing would be taken for too little contrast.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.setViewportSize(size)
  await page.goto(`${host.url}${path}`)
  return page
}

beforeAll(async () => {
  host = await hostPage('charts')
  await host.call('POST', '/api/cameras', { id: 1, name: 'Front door' })
  await host.call('POST', '/api/cameras', { id: 2, name: 'Barn' })
})

afterAll(() => host.close())

describe('the chart', () => {
  const points = (page: Page) => page.getByRole('slider', { name: /^Points over time/ })

  /** Requests of a night, a minute each; the barn's are slower by the hour. */
  const requestsOfANight = () => {
    const first = Date.now() - 10 * HOUR
    return Array.from({ length: 480 }, (_, index) => ({
      timestamp: new Date(first + index * MINUTE).toISOString(),
      ...{ level: 'INFO', message: 'GET /api/frames', source: 'gateway', camera_id: 1 + (index % 2) },
      extra_data: {
        ...{ duration_ms: index % 2 === 0 ? 10 : 100 + Math.floor(index / 60) * 10, status: 200 },
        note: index % 2 === 0 ? 'a; =1+1' : '＝1+1',
      },
    }))
  }

  beforeAll(() => host.call('POST', '/api/logs', requestsOfANight()))

  test('tells how slow a request was by camera in the night, and leads to the lines of a point', async () => {
    const page = await open('/logs?source=gateway')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Chart' }).click()
    await page.waitForURL('**/chart?source=gateway')
    await page.getByLabel('Measure').selectOption({ label: '95th percentile (p95)' })
    await page.getByRole('heading', { name: 'Which field?' }).waitFor()
    await page.getByLabel('Field').fill('duration_ms')
    await page.getByLabel('Field').press('Enter')
    await page.getByLabel('By', { exact: true }).fill('camera_id')
    await page.getByLabel('By', { exact: true }).press('Enter')
    await page.waitForURL('**/chart?source=gateway&measure=p95&field=duration_ms&by=camera_id')
    const series = page.getByRole('list', { name: 'Series' }).getByRole('button')
    await expect.poll(() => series.allTextContents()).toEqual(['Front door 10 ms', 'Barn 170 ms'])
    await expect.poll(() => seriousProblems(page)).toEqual([])

    await series.first().click()
    expect(await series.first().getAttribute('aria-pressed')).toBe('false')
    await points(page).focus()
    await page.keyboard.press('End')
    for (let back = 0; back < 8; back++) await page.keyboard.press('ArrowLeft')
    expect(await points(page).getAttribute('aria-valuetext')).toMatch(/, Barn: 1\d0 ms$/)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/logs?source=gateway&camera_id=2&q=extra_data.duration_ms%3A*&from=*&to=*')
    await page
      .getByRole('row', { name: /GET \/api\/frames/ })
      .first()
      .waitFor()
  })

  test('is pinned to a board, which is arranged by keyboard, shared by its address, and drawn for its reader', async () => {
    const page = await open('/chart?source=gateway&measure=p95&field=duration_ms&by=camera_id')
    const pin = page.getByRole('button', { name: 'Pin to a board' })
    await pin.click()
    const panel = page.getByRole('dialog', { name: 'Pin to a board' })
    await panel.getByLabel('Title').fill('Slowness')
    await panel.getByLabel('Name of the board').fill('Night')
    await page.keyboard.press('Enter')
    await page.getByText('Pinned to Night').waitFor()
    await page.goto(`${host.url}/chart?source=gateway&by=level&kind=number&range=7d`)
    await pin.click()
    await panel.getByLabel('Keep its own range').check()
    await panel.getByRole('button', { name: 'Pin', exact: true }).click()
    await page.getByRole('button', { name: 'Open' }).click()
    await page.waitForURL('**/boards/*')
    const charts = page.getByRole('list', { name: 'Charts' }).getByRole('region')
    const titles = () => charts.getByRole('heading').allTextContents()
    await expect.poll(titles).toEqual(['Slowness', 'Count of lines by level'])
    const series = charts.first().getByRole('list', { name: 'Series' }).getByRole('button')
    await expect.poll(() => series.allTextContents()).toEqual(['Front door 10 ms', 'Barn 170 ms'])
    await charts.last().getByText('last 7 days').waitFor()

    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    const up = page.getByRole('button', { name: 'Move Count of lines by level up' })
    await up.focus()
    await page.keyboard.press('Enter')
    await isFocused(page, up)
    await page.getByLabel('Width of Slowness').selectOption({ label: 'Full width' })
    await page.getByLabel('Share with other users').check()
    await expect.poll(() => seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(titles).toEqual(['Count of lines by level', 'Slowness'])
    await expect.poll(() => seriousProblems(page)).toEqual([])
    const address = page.url()
    await page.goto(`${host.url}/boards`)
    await page.getByRole('link', { name: 'Night 2 charts shared' }).click()
    await page.waitForURL(address)
    await points(page).waitFor()
    await charts.last().getByRole('link', { name: 'Slowness' }).click()
    await page.waitForURL('**/chart?source=gateway&measure=p95&field=duration_ms&by=camera_id')

    await page.getByRole('button', { name: 'Add a mark at this time' }).click({ position: { x: 1, y: 8 } })
    const form = page.getByRole('dialog', { name: 'Add a mark' })
    // The beginning of the last 24 hours.
    const clicked = await form.getByLabel(/^When/).inputValue()
    await page.keyboard.press('Escape')
    await isFocused(page, points(page))
    // The first key shows where one is.
    await page.keyboard.press('End')
    await page.keyboard.press('Home')
    await page.keyboard.press('m')
    const at = await form.getByLabel(/^When/).inputValue()
    await form.getByLabel('What happened').fill('morning of the night')
    await page.keyboard.press('Enter')
    const mark = page.getByTitle(/^Deploy, .*: morning of the night$/)
    await mark.waitFor()
    await isFocused(page, points(page))
    // The first step of the last 24 hours: the form had its time.
    expect(Math.abs(Date.parse(`${at}Z`) - (Date.now() - 24 * HOUR))).toBeLessThan(15 * HOUR)
    expect(Math.abs(Date.parse(`${clicked}Z`) - Date.parse(`${at}Z`))).toBeLessThan(HOUR)
    await page.getByRole('button', { name: 'Marks' }).click()
    await page.getByRole('button', { name: 'Delete the mark morning of the night' }).click()
    await page.getByText('No marks in this range.').waitFor()
  })

  test('is asked for with two others at most, so that a board of 24 leaves the browser its connections', async () => {
    const charts = Array.from({ length: 24 }, (_, index) => ({
      title: `Chart ${index + 1}`,
      query: `source=gateway&kind=number&range=${index + 1}d`,
      ...{ width: 'third', own_range: true },
    }))
    await host.call('POST', '/api/boards', { name: 'Many charts '.repeat(12), shared: true, charts })
    const page = await open('/boards', { width: 390, height: 700 })
    let asked = 0
    let most = 0
    const isChart = (request: Request) => request.url().includes('/api/logs/chart')
    page.on('request', (request) => {
      if (isChart(request)) most = Math.max(most, ++asked)
    })
    page.on('requestfinished', (request) => {
      if (isChart(request)) asked--
    })
    const link = page.getByRole('link', { name: /^Many charts/ })
    await link.waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    await link.click()
    await expect.poll(() => page.getByText('480', { exact: true }).count()).toBe(24)
    expect(most).toBe(3)
  })

  test('zooms into a span that is drawn, and back; is saved, and handed out as CSV and PNG', {
    tags: ['long'],
  }, async () => {
    const page = await open('/chart?source=gateway&by=note&kind=bars')
    const box = await points(page).boundingBox()
    if (!box) throw new Error('no chart')
    await page.mouse.move(box.x + box.width * 0.65, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.85, box.y + 100, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL('**/chart?source=gateway&from=*&to=*&by=note&kind=bars')
    await page.getByRole('button', { name: 'Back to last 24 hours' }).click()
    await page.waitForURL('**/chart?source=gateway&by=note&kind=bars')

    await page.getByRole('button', { name: 'Saved views' }).click()
    await page.getByLabel('Name of the view').fill('Requests by note')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Requests by note', exact: true }).waitFor()
    await page.goto(`${host.url}/logs`)
    await page.getByRole('button', { name: 'Saved views' }).click()
    await page.getByRole('link', { name: 'Requests by note', exact: true }).click()
    await page.waitForURL('**/chart?source=gateway&by=note&kind=bars')

    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ])
    expect(csv.suggestedFilename()).toBe('count-of-lines-by-note.csv')
    const [head, ...rows] = readFileSync(await csv.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    // No spreadsheet runs them as formulas.
    expect(head).toBe(`time,"a;' =1+1",'＝1+1`)
    const sums = [1, 2].map((at) => rows.reduce((sum, row) => sum + Number(row.split(',')[at]), 0))
    expect(sums).toEqual([240, 240])
    const [png] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'PNG' }).click(),
    ])
    expect(
      readFileSync(await png.path())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })

  test('says how many lines a sample has, and reads all when asked to', async () => {
    const day = Math.floor(Date.now() / HOUR) * HOUR - 72 * HOUR
    const stored = 60_000
    for (let from = 0; from < stored; from += 5000) {
      const batch = Array.from({ length: 5000 }, (_, index) => ({
        timestamp: new Date(day + ((from + index) / stored) * 24 * HOUR).toISOString(),
        ...{ level: 'INFO', message: 'read', source: 'sampled', extra_data: { ms: index % 1000 } },
      }))
      await host.call('POST', '/api/logs', batch)
    }
    const page = await openPage(host.context)
    // Without more time there is no more than a sample of so many lines.
    await page.route('**/api/logs/chart?*', (route) => {
      const url = new URL(route.request().url())
      if (url.searchParams.get('within_ms') !== '60000') url.searchParams.set('within_ms', '50')
      return route.continue({ url: url.href })
    })
    const range = `from=${new Date(day).toISOString()}&to=${new Date(day + 24 * HOUR - 1).toISOString()}`
    await page.goto(`${host.url}/chart?source=sampled&measure=p95&field=ms&${range}`)
    await page.getByText(/^a sample: [\d,]+ of 60,000 lines were read, spread over the range$/).waitFor()
    await points(page).waitFor()
    const telling = `document.querySelector('main p[aria-live]')`
    await page.evaluate(`{
      globalThis.told = [${telling}.textContent]
      const changes = new MutationObserver(() => told.push(${telling}?.textContent))
      changes.observe(document.body, { subtree: true, childList: true, characterData: true })
    }`)
    await page.getByRole('button', { name: 'Read all lines' }).click()
    await page.getByText(/a sample/).waitFor({ state: 'detached' })
    await page.getByText(/^60,000 lines, /).waitFor()
    // Each has as many lines as the one before it, or more.
    const told = await page.evaluate<string[]>('told')
    const lines = told.map((text) => Number(text.match(/^[\d,]+/)?.[0].replaceAll(',', '')))
    expect(lines).toEqual(lines.toSorted((a, b) => a - b))
    expect(lines.at(-1)).toBe(60_000)
    expect(await page.getByRole('button', { name: 'Read all lines' }).count()).toBe(0)
    await page.close()
  })

  test('shows marks, which administrators add and delete, as the bars of the list do', {
    tags: ['long'],
  }, async () => {
    const page = await open('/chart?by=level')
    await page.getByRole('button', { name: 'Marks' }).click()
    const panel = page.getByRole('dialog', { name: 'Marks' })
    await panel.getByText('No marks in this range.').waitFor()
    await panel.getByLabel('What happened').fill('deployed 1.4')
    await page.keyboard.press('Enter')
    const marks = panel.getByRole('list', { name: 'Marks of this range' }).getByRole('listitem')
    await expect
      .poll(() => marks.allTextContents())
      .toEqual([expect.stringMatching(/^Deploy, .*: deployed 1.4 by/)])
    await expect.poll(() => seriousProblems(page)).toEqual([])
    await page.getByTitle(/^Deploy, .*: deployed 1.4$/).waitFor()
    const list = await open('/logs')
    await list.getByTitle(/^Deploy, .*: deployed 1.4$/).waitFor()
    await panel.getByRole('button', { name: 'Delete the mark deployed 1.4' }).click()
    await panel.getByText('No marks in this range.').waitFor()
  })

  test('is read as a table and as numbers, says what it leaves out, and when there is nothing', {
    tags: ['long'],
  }, async () => {
    await host.call('POST', '/api/logs', [
      { level: 'INFO', message: 'm', source: 'odd', extra_data: { took_ms: 'n/a' } },
      { level: 'INFO', message: 'm', source: 'odd', extra_data: { took_ms: '30' } },
      { level: 'INFO', message: 'm', source: 'odd' },
    ])
    const page = await open('/chart?source=odd&measure=max&field=took_ms&by=source&kind=table')
    await page.getByText('1 where took_ms is not a number, such as “n/a”').waitFor()
    await page.getByText('1 without took_ms').waitFor()
    const groups = page.getByRole('table', { name: /^Maximum of took_ms by source/ })
    expect(await groups.getByRole('row').last().textContent()).toBe('odd30 ms1')
    await expect.poll(() => seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Number' }).click()
    await page.waitForURL('**/chart?source=odd&measure=max&field=took_ms&by=source&kind=number')
    const figures = page.getByRole('list', { name: 'Figures' }).getByRole('listitem')
    await expect.poll(() => figures.allTextContents()).toEqual(['30 msodd'])
    await figures.getByRole('link').click()
    await page.getByRole('row', { name: /odd/ }).first().waitFor()
    await page.goto(`${host.url}/chart?q=nothing-like-it`)
    await page.getByRole('heading', { name: 'No lines found' }).waitFor()
    await page.goto(`${host.url}/chart?q=level%3Aloud`)
    await page
      .getByText(/level .*loud/i)
      .first()
      .waitFor()
  })
})
