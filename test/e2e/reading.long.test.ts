// How one line is read in the explorer: its data as a tree, what stands around it, what is left out, what is read aloud.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonTermOf } from '../../web/src/logs/json/json-filter.ts'
import type { JsonPath } from '../../web/src/logs/json/json-path.ts'
import { entriesOf, sizeOf } from '../../web/src/logs/json/json-rows.ts'
import { setTerm } from '../../web/src/logs/search/search-terms.ts'
import { seriousProblems } from '../support/axe.ts'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from '../support/browser.ts'
import { comeIn } from '../support/come-in.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

let folder: string
let program: Program
let url: string
let browser: Browser
let context: BrowserContext

type Line = {
  level: string
  message: string
  source?: string
  camera_id?: number
  logger_name?: string
  timestamp?: string
  extra_data?: object
}

/** Asks the API with the key of the first start. */
async function call(method: 'POST' | 'PUT', path: string, body: unknown): Promise<void> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
  expect(reply.status, await reply.text()).toBeLessThan(300)
}

const write = (lines: Line[]) =>
  call(
    'POST',
    '/api/logs',
    lines.map((line) => ({ source: 'api', ...line })),
  )

const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const panel = (page: Page) => page.getByRole('complementary', { name: /^Line \d+/ })
const pills = (page: Page) => page.getByRole('list', { name: 'Active filters' })

/** Opens the one line with this text. */
async function openLine(page: Page, text: string, q = `"${text}"`): Promise<void> {
  await page.goto(`${url}/logs?q=${encodeURIComponent(q)}`)
  await row(page, text).click()
  await panel(page).waitFor()
}

beforeAll(async () => {
  folder = makeFolder('reading')
  program = launchProgram({ env: { DATA_DIR: join(folder, 'data') } })
  url = await program.ready
  browser = await openBrowser()
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(PATIENCE_MS)
  url = await comeIn(context, program)
})

afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

describe('loggers and requests', () => {
  test('are left out from the panel, as a pill that can be turned round', async () => {
    await write([
      { level: 'INFO', message: 'poll chatter one', logger_name: 'app.chatter' },
      {
        level: 'INFO',
        message: 'poll result',
        logger_name: 'app.result',
        extra_data: { request_id: 'poll 7' },
      },
    ])
    const page = await openPage(context)
    await openLine(page, 'poll chatter one', 'poll')
    await panel(page).getByRole('button', { name: 'Not app.chatter' }).click()
    await row(page, 'poll chatter one').waitFor({ state: 'detached' })
    await row(page, 'poll result').waitFor()
    expect(await page.getByRole('searchbox').inputValue()).toBe('poll -logger:app.chatter')
    await pills(page).getByRole('button', { name: 'logger: not app.chatter', exact: true }).click()
    await row(page, 'poll result').waitFor({ state: 'detached' })
    await row(page, 'poll chatter one').waitFor()
    await pills(page).getByRole('button', { name: 'Remove the filter logger: app.chatter' }).click()
    await row(page, 'poll result').click()
    await panel(page).getByRole('button', { name: 'Not poll 7' }).click()
    await row(page, 'poll result').waitFor({ state: 'detached' })
    expect(await pills(page).textContent()).toContain('request: not poll 7')
  })

  test('are left out from the menu of a line', async () => {
    await write([
      { level: 'INFO', message: 'menu line', logger_name: 'app.menu', extra_data: { request_id: 'menu-1' } },
      { level: 'INFO', message: 'menu line kept' },
    ])
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=menu`)
    await row(page, 'menu line').last().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Exclude this request' }).click()
    await expect.poll(() => row(page, 'menu line').count()).toBe(1)
    await pills(page).getByRole('button', { name: 'Remove the filter request: not menu-1' }).click()
    await expect.poll(() => row(page, 'menu line').count()).toBe(2)
    await row(page, 'menu line').last().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Not logger app.menu' }).click()
    await page.waitForURL(/q=menu\+-logger%3Aapp\.menu/)
    await expect.poll(() => row(page, 'menu line').count()).toBe(1)
  })
})

describe('extra_data', () => {
  const tree = (page: Page) => page.getByRole('tree', { name: 'extra_data' })
  const item = (page: Page, name: string | RegExp) => tree(page).getByRole('treeitem', { name })
  const focused = (page: Page) => page.locator('[role=treeitem]:focus')
  const clipboard = (page: Page) => page.evaluate('navigator.clipboard.readText()')

  test('is gone through, opened and closed by keyboard as a tree', async () => {
    await write([
      {
        level: 'ERROR',
        message: 'tree of a capture',
        extra_data: {
          cam: { url: 'rtsp://10.0.0.7/main', retry: { count: 3, last: null } },
          steps: ['open', { read: { frames: { lost: [4, 8] } } }],
          'odd key': true,
        },
      },
      { level: 'ERROR', message: 'tree of another capture', extra_data: { cam: { url: 'rtsp://x' } } },
    ])
    const page = await openPage(context)
    await openLine(page, 'tree of a capture')
    await page.keyboard.press('e')
    expect(await focused(page).textContent()).toContain('cam')
    await item(page, 'odd key').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Copy path' }).click()
    await expect.poll(() => clipboard(page)).toBe('["odd key"]')
    await focused(page).waitFor()
    await page.keyboard.press('Home')
    expect(await focused(page).getAttribute('aria-expanded')).toBe('true')
    expect(await focused(page).getAttribute('aria-level')).toBe('1')
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key)
    expect(await focused(page).textContent()).toContain('count')
    await page.keyboard.press('ArrowLeft')
    expect(await focused(page).textContent()).toContain('retry')
    await page.keyboard.press('ArrowLeft')
    expect(await focused(page).getAttribute('aria-expanded')).toBe('false')
    await item(page, /^count/).waitFor({ state: 'detached' })
    await page.keyboard.press('s')
    expect(await focused(page).textContent()).toContain('steps')
    await page.keyboard.press('End')
    expect(await focused(page).getAttribute('aria-posinset')).toBe('3')
    // The keys of the list are the tree's while it has the focus.
    expect(await panel(page).getByRole('heading', { level: 2 }).textContent()).toBe(
      await panel(page).getAttribute('aria-label'),
    )
    await page.getByRole('button', { name: 'Expand all' }).click()
    await item(page, /^1 ?8/).waitFor()
    await expect.poll(() => seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Collapse all' }).click()
    await expect.poll(() => tree(page).getByRole('treeitem').count()).toBe(3)
  })

  test('is filtered for and out, leaf by leaf', async () => {
    const page = await openPage(context)
    await openLine(page, 'tree of a capture', 'tree')
    await page.keyboard.press('Escape')
    await row(page, 'tree of a capture').click()
    await item(page, /^url/).press('Enter')
    await page.getByRole('menuitem', { name: 'Only rtsp://10.0.0.7/main' }).press('Enter')
    await row(page, 'another capture').waitFor({ state: 'detached' })
    expect(await page.getByRole('searchbox').inputValue()).toBe(
      'tree extra_data.cam.url:"rtsp://10.0.0.7/main"',
    )
    await pills(page)
      .getByRole('button', { name: /^cam.url: rtsp/ })
      .click()
    await row(page, 'another capture').waitFor()
    await row(page, 'tree of a capture').waitFor({ state: 'detached' })
  })

  test('finds the line by each of its values, and all others by its opposite', async () => {
    const values = {
      text: 'plain',
      quoted: 'say "hi" \\ or (not)\nnext line',
      glob: 'a*b',
      'like-number': '5',
      empty: '',
      count: 5,
      ratio: 0.0025,
      tiny: 1e-9,
      on: true,
      off: null,
      list: ['first', { deeper: 'second' }],
      7: 'a key of digits',
    }
    await write([
      { level: 'INFO', message: 'valued line', extra_data: values },
      { level: 'INFO', message: 'valued others' },
    ])
    const leaves = (value: unknown, path: JsonPath): [JsonPath, unknown][] =>
      typeof value === 'object' && value !== null
        ? entriesOf(value).flatMap(([key, entry]) => leaves(entry, [...path, key]))
        : [[path, value]]
    const found = async (term: string) => {
      const query = new URLSearchParams({ q: setTerm('valued', term, 'in') })
      const reply = await context.request.get(`${url}/api/logs?${query}`)
      const { data } = (await reply.json()) as { data: { logs: { message: string }[] } }
      return data.logs.map(({ message }) => message)
    }
    const all = [...leaves(values, []), [['list'], values.list] as const]
    expect(all).toHaveLength(14)
    for (const [path, value] of all) {
      const { term } = jsonTermOf({ path, value, size: sizeOf(value) }, '')
      expect(await found(term ?? ''), term).toEqual(['valued line'])
      expect(await found(`-${term}`), term).toEqual(['valued others'])
    }
  })

  test('is searched in its keys and values; what was found is opened, counted and gone through', async () => {
    const page = await openPage(context)
    await openLine(page, 'tree of a capture')
    const search = page.getByRole('textbox', { name: 'Search in extra_data' })
    await search.fill('LOST')
    await item(page, /^lost/).waitFor()
    expect(await tree(page).locator('mark').allTextContents()).toEqual(['lost'])
    await search.fill('r')
    await panel(page).getByText('5 hits').waitFor()
    await search.press('Enter')
    await panel(page).getByText('1 of 5').waitFor()
    await search.press('Shift+Enter')
    await panel(page).getByText('5 of 5').waitFor()
    await search.press('ArrowDown')
    expect(await focused(page).textContent()).toContain('odd key')
    await search.press('Escape')
    await item(page, /^lost/).waitFor({ state: 'detached' })
    await search.fill('nowhere in it')
    await panel(page).getByText('no match').waitFor()
  })

  test('of thousands of values shows the first, what is asked for, and what is found', async () => {
    let deep: object = { bottom: 'the sixteenth' }
    for (let depth = 14; depth > 0; depth--) deep = { [`level${depth}`]: deep }
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, index]))
    const list = Array.from({ length: 5000 }, (_, index) => index)
    await write([{ level: 'INFO', message: 'large data', extra_data: { deep, list, many } }])
    const page = await openPage(context)
    await openLine(page, 'large data')
    await page.getByRole('button', { name: 'Expand all' }).click()
    await item(page, /bottom/).waitFor()
    expect(await tree(page).getByRole('treeitem').count()).toBe(3 + 15 + 2 * 101)
    await item(page, '+4,900 more').click()
    await item(page, '+4,400 more').waitFor()
    expect(await focused(page).getAttribute('aria-posinset')).toBe('101')
    await page.getByRole('textbox', { name: 'Search in extra_data' }).fill('key987')
    await item(page, /^key987/).waitFor()
    await item(page, '+887 more').waitFor()
    await item(page, '+12 more').waitFor()
  })
})

describe('surroundings', () => {
  const around = (page: Page) => page.getByRole('list', { name: 'Lines around this one, newest first' })
  const own = (page: Page) => around(page).locator('[aria-current]')
  const count = (page: Page) => around(page).getByRole('listitem').count()

  test('are as many lines as were chosen, more on demand, and stay so', async () => {
    const begin = Date.now() - 3_600_000
    await write(
      Array.from({ length: 101 }, (_, index) => ({
        level: 'INFO',
        message: `around ${index}`,
        source: 'around',
        logger_name: index % 2 === 0 ? 'even' : 'odd',
        timestamp: new Date(begin + index * 1000).toISOString(),
      })),
    )
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=${encodeURIComponent('message:"around 50"')}`)
    await row(page, 'around 50').click()
    await panel(page).getByRole('tab', { name: 'Context' }).click()
    // The choice outlives the page: another test may have made one.
    await panel(page).getByLabel('Lines before and after').selectOption('10')
    await expect.poll(() => count(page)).toBe(21)
    expect(await own(page).textContent()).toContain('around 50')
    await panel(page).getByLabel('Lines before and after').selectOption('20')
    await expect.poll(() => count(page)).toBe(41)
    const inView = async () => {
      const [line, whole] = await Promise.all([own(page).boundingBox(), panel(page).boundingBox()])
      if (!line || !whole) return false
      return line.y > whole.y && line.y + line.height < whole.y + whole.height
    }
    await expect.poll(inView).toBe(true)
    await page.getByRole('button', { name: 'More newer lines' }).click()
    await around(page).getByText('around 90', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'More older lines' }).click()
    await expect.poll(() => count(page)).toBe(81)
    await page.getByRole('button', { name: 'Only logger even' }).click()
    await expect.poll(() => count(page)).toBe(41)
    await around(page).getByText('around 30', { exact: true }).click()
    await expect.poll(() => own(page).textContent()).toContain('around 30')
    await expect.poll(inView).toBe(true)
    await page.reload()
    await panel(page).getByRole('tab', { name: 'Context' }).click()
    expect(await panel(page).getByLabel('Lines before and after').inputValue()).toBe('20')
    await panel(page).getByLabel('Lines before and after').selectOption('50')
    await panel(page).getByText('No older lines').waitFor()
    await expect.poll(() => seriousProblems(page)).toEqual([])
  })

  test('keep the line where it is while lines come above it', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=${encodeURIComponent('message:"around 50"')}`)
    await row(page, 'around 50').click()
    await panel(page).getByRole('tab', { name: 'Context' }).click()
    await panel(page).getByLabel('Lines before and after').selectOption('20')
    await expect.poll(() => count(page)).toBe(41)
    const more = page.getByRole('button', { name: 'More newer lines' })
    await more.scrollIntoViewIfNeeded()
    const before = await own(page).boundingBox()
    const { promise: released, resolve: letGo } = Promise.withResolvers<void>()
    await page.route(/\/api\/logs\/\d+\/context/, async (route) => {
      await released
      await route.continue()
    })
    await more.press('Enter')
    await page.locator('[aria-busy="true"]', { has: around(page) }).waitFor()
    await expect.poll(() => seriousProblems(page)).toEqual([])
    letGo()
    await around(page).getByText('around 90', { exact: true }).waitFor()
    expect((await own(page).boundingBox())?.y).toBeCloseTo(before?.y ?? 0, 0)
  })
})

describe('arriving lines', () => {
  /** Every announcement with its time, as a screen reader would get it. */
  const listen = (page: Page) =>
    page.evaluate(`
      globalThis.heard = []
      new MutationObserver(() => {
        const text = document.querySelector('[role=status]').textContent
        heard.push({ text, at: performance.now() })
      }).observe(document.querySelector('[role=status]'), { childList: true, subtree: true })`)
  const heard = (page: Page) => page.evaluate('heard') as Promise<{ text: string; at: number }[]>
  const heardTexts = async (page: Page) => (await heard(page)).map(({ text }) => text)

  test('are read out together, at most every five seconds, and not while live is off', async () => {
    const page = await openPage(context)
    await page.goto(`${url}/logs?q=spoken`)
    // Lines stored before the stream is open come with an answer, and are no arrivals.
    await page.locator('button[aria-busy="false"][aria-label^="Live"]').waitFor()
    await listen(page)
    await write([
      { level: 'INFO', message: 'spoken one' },
      { level: 'ERROR', message: 'spoken two' },
    ])
    const first = '2 new lines, newest: ERROR, api, spoken two'
    await expect.poll(() => heardTexts(page)).toEqual([first])
    // The reader brings up held lines by turning live on.
    await page.keyboard.press('l')
    await page.getByRole('button', { name: /^Paused/ }).waitFor()
    await write([{ level: 'INFO', message: 'spoken while it is off' }])
    await page.getByRole('button', { name: '1 new line – show' }).waitFor()
    await page.keyboard.press('l')
    await row(page, 'spoken while it is off').waitFor()
    await write([{ level: 'WARNING', message: 'spoken again' }])
    const second = '1 new line, newest: WARNING, api, spoken again'
    await expect.poll(() => heardTexts(page)).toEqual([first, second])
    const [one, two] = (await heard(page)).map(({ at }) => at)
    expect((two ?? 0) - (one ?? 0)).toBeGreaterThan(4900)
    // Another search is an answer, not an arrival.
    await page.getByRole('searchbox').fill('around')
    await row(page, 'around').first().waitFor()
    expect(await heardTexts(page)).toEqual([first, second])
  })
})

describe('times', () => {
  const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d/

  test.each([
    ['diagnostics', 'Details'],
    ['audit', 'levels'],
  ])('of the %s screen are in the zone of the page, whole on hover', async (screen, summary) => {
    await call('PUT', '/api/levels', { scope: 'source', target: screen, level: 'DEBUG', minutes: 15 })
    const page = await openPage(context)
    await page.goto(`${url}/${screen}`)
    const folded = page.locator('details').filter({ hasText: summary }).first()
    await folded.locator('summary').click()
    const time = folded.locator('time').last()
    await time.waitFor()
    expect(await time.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* UTC$/)
    expect(await time.textContent()).toMatch(/\d\d:\d\d(:\d\d)?$/)
    expect(await page.getByRole('main').textContent()).not.toMatch(ISO)
  })
})

test('a line leads to the application by links that an administrator wrote', async () => {
  const page = await openPage(context)
  await page.goto(`${url}/settings#links`)
  const add = async (name: string, address: string) => {
    await page.getByLabel('Name of a new link').fill(name)
    await page.getByLabel('Address of a new link').fill(address)
    await page.getByRole('button', { name: 'Add the link' }).click()
  }
  const save = () => page.getByRole('button', { name: 'Save' }).click()
  await add('Camera', 'ftp://app.example/{camera_id}')
  await save()
  await page.getByRole('alert').getByText('line_links.Camera must begin with http:// or https://').waitFor()
  await page.getByLabel('Address of Camera').fill('https://app.example/cameras/{camera_id}?at={timestamp}')
  await add('Order', 'https://app.example/orders/{extra_data.order}')
  await save()
  await page.getByText('Settings saved').waitFor()
  expect(await seriousProblems(page)).toEqual([])

  // Zeros at its end are not kept.
  const timestamp = new Date().toISOString().replace(/\d{3}Z$/, '123Z')
  await write([
    { level: 'ERROR', message: 'link me', camera_id: 3, timestamp, extra_data: { order: 'a/b c' } },
  ])
  await write([{ level: 'ERROR', message: 'no order', camera_id: 3 }])
  await openLine(page, 'link me')
  const links = panel(page).getByRole('list', { name: 'Links of this line' }).getByRole('link')
  await links.first().waitFor()
  const hrefs = await links.evaluateAll((all) =>
    all.map((link) => [link.getAttribute('href'), link.getAttribute('rel')]),
  )
  expect(hrefs).toEqual([
    [`https://app.example/cameras/3?at=${encodeURIComponent(timestamp)}`, 'noopener noreferrer'],
    ['https://app.example/orders/a%2Fb%20c', 'noopener noreferrer'],
  ])
  await openLine(page, 'no order')
  await links.first().waitFor()
  expect(await links.allTextContents()).toEqual(['Camera'])
  await call('PUT', '/api/settings', { line_links: {} })
})
