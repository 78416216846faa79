// The page when something is not as it should be: lost lines, wrong clocks, a failing server, ended sessions.
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { hostPage, type PageHost } from '../support/page-host.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const PASSWORD = 'correct horse battery'

let host: PageHost
let url: string
let context: BrowserContext

const call: PageHost['call'] = (...request) => host.call(...request)
const write: PageHost['write'] = (...lines) => host.write(...lines)
const newContext: PageHost['newContext'] = (options) => host.newContext(options)

async function idOf(message: string): Promise<number> {
  const reply = await call('GET', `/api/logs?q=${encodeURIComponent(`"${message}"`)}`)
  const { data } = (await reply.json()) as { data: { logs: { id: number }[] } }
  return data.logs[0]?.id ?? 0
}

const at = (msAgo: number) => new Date(Date.now() - msAgo).toISOString()
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

async function signIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
}

/** Somebody who sees these cameras, or all logs, and has just signed in for the first time. */
async function arrive(name: string, cameras: number[] | null): Promise<Page> {
  const invited = await call('POST', '/api/users/link', { username: name, role: 'viewer', cameras })
  const { data } = (await invited.json()) as { data: { url: string } }
  const own = await newContext()
  onTestFinished(() => own.close())
  const page = await openPage(own)
  const link = new URL(data.url)
  await page.goto(`${url}${link.pathname}${link.hash}`)
  await signIn(page, name)
  return page
}

beforeAll(async () => {
  host = await hostPage('trouble')
  ;({ url, context } = host)
})

afterAll(() => host?.close())

test('where no WebSockets come through, streams come as replies', async () => {
  const old = await newContext({ storageState: await context.storageState() })
  onTestFinished(() => old.close())
  // As a proxy that does not pass the upgrade on: the server answers, and not as a WebSocket.
  await old.addInitScript(`{
    const Real = WebSocket
    globalThis.WebSocket = class extends Real {
      constructor(address) {
        super(String(address).replace('/api/', '/healthz/'))
      }
    }
  }`)
  const page = await openPage(old)
  const isReply = page.waitForResponse(
    (response) => /\/api\/logs\/stream/.test(response.url()) && response.request().resourceType() === 'fetch',
  )
  await page.goto(`${url}/logs?source=replies`)
  await isReply
  await button(page, /^Live/).waitFor()
  await write({ message: 'came as a reply', source: 'replies' })
  await row(page, 'came as a reply').waitFor()
})

test('a list that loads slowly and a stream that opens slowly are said to be connecting, then live', {
  tags: ['long'],
}, async () => {
  const slow = await newContext({ storageState: await context.storageState() })
  onTestFinished(() => slow.close())
  await slow.addInitScript('globalThis.WebSocket = undefined')
  const page = await openPage(slow)
  let open = () => {}
  let load = () => {}
  const mayOpen = new Promise<void>((resolve) => {
    open = resolve
  })
  const mayLoad = new Promise<void>((resolve) => {
    load = resolve
  })
  await page.route(/\/api\/logs\/stream/, async (route) => {
    await mayOpen
    await route.continue()
  })
  await page.route(/\/api\/logs\?/, async (route) => {
    await mayLoad
    await route.continue()
  })
  await page.goto(`${url}/logs?source=slow-stream`)
  await button(page, /^Connecting/).waitFor()
  load()
  await page.getByText('Nothing matches these filters').waitFor()
  await button(page, /^Connecting/).waitFor()
  open()
  await button(page, /^Live/).waitFor()
  await write({ message: 'came after it had opened', source: 'slow-stream' })
  await row(page, 'came after it had opened').waitFor()
})

test('a link to a line that retention removed says so and leads on', { tags: ['long'] }, async () => {
  await write({ message: 'kept too long', timestamp: at(25 * DAY_MS) })
  const id = await idOf('kept too long')
  await call('PUT', '/api/settings', { retention_days: 20 })
  await call('POST', '/api/logs/retention')
  await call('PUT', '/api/settings', { retention_days: 30 })
  const page = await openPage(context)
  await page.goto(`${url}/logs?log=${id}`)
  const panel = page.getByRole('complementary', { name: `Line ${id}` })
  await panel.getByText('Retention or a cleanup has removed it').waitFor()
  await panel.getByRole('button', { name: 'Go to the newest lines' }).click()
  await panel.first().waitFor({ state: 'detached' })
  expect(new URL(page.url()).search).toBe('')
})

test('a link to a line of a camera that is not granted tells no more than one to no line at all', async () => {
  await write({ message: 'granted', camera_id: 1 }, { message: 'not granted', camera_id: 2 })
  const id = await idOf('not granted')
  const page = await arrive('vic', [1])
  const texts: string[] = []
  for (const line of [id, 987_654_321]) {
    await page.goto(`${url}/logs?log=${line}`)
    const panel = page.getByRole('complementary', { name: `Line ${line}` })
    await panel.getByText('a camera that you may not see').waitFor()
    texts.push(
      String(await panel.textContent())
        .replace(String(line), 'N')
        .replace(/Request \S+/, ''),
    )
    await panel.getByRole('button', { name: 'Go to the newest lines' }).waitFor()
  }
  expect(texts[0]).toBe(texts[1])
})

test.each([
  ['ahead of', 10],
  ['behind', -10],
] as const)(
  'a clock ten minutes %s the server’s is noticed, and ranges go by the server’s',
  { tags: ['long'] },
  async (words, minutes) => {
    const source = `clock ${minutes}`
    await write(
      { message: 'of this minute', source, timestamp: at(MINUTE_MS) },
      { message: 'of eight minutes ago', source, timestamp: at(8 * MINUTE_MS) },
    )
    const shifted = await newContext({ storageState: await context.storageState() })
    onTestFinished(() => shifted.close())
    await shifted.addInitScript(`{
    const Real = Date
    const now = () => Real.now() + ${minutes * MINUTE_MS}
    globalThis.Date = class extends Real {
      constructor(...parts) {
        super(...(parts.length === 0 ? [now()] : parts))
      }
      static now = now
    }
  }`)
    const page = await openPage(shifted)
    await page.goto(`${url}/logs?range=5m&live=0&source=${encodeURIComponent(source)}`)
    await page.getByText(new RegExp(`this device’s clock is (59\\d|60\\d) s ${words} the server’s`)).waitFor()
    await row(page, 'of this minute').waitFor()
    await expect.poll(() => row(page, 'of eight minutes ago').count()).toBe(0)
    const card = page.getByRole('group', { name: /by level/ }).getByRole('button', { name: 'Info' })
    await expect.poll(() => card.textContent()).toMatch(/Info1/)
  },
)

test('a page past the last one leads back', { tags: ['long'] }, async () => {
  await write({ message: 'on the only page', source: 'pages' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=pages&page=7`)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  expect(await page.getByText(/ of 0/).count()).toBe(0)
  await button(page, 'Go to the last page').click()
  await row(page, 'on the only page').waitFor()
  expect(new URL(page.url()).search).toBe('?source=pages')
})

test('pills turn their filter round and remove it; "Clear all" is there only for something to clear', {
  tags: ['long'],
}, async () => {
  await write({ message: 'pill one', source: 'pills' }, { message: 'pill two', source: 'others' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=pills&min_level=INFO&q=pill`)
  const pills = page.getByRole('list', { name: 'Active filters' })
  await row(page, 'pill one').waitFor()
  await pills.getByRole('button', { name: 'source: pills', exact: true }).click()
  await page.waitForURL(/exclude_source=pills/)
  await row(page, 'pill two').waitFor()
  await row(page, 'pill one').first().waitFor({ state: 'detached' })
  await button(page, 'Remove the filter source: not pills').click()
  await row(page, 'pill one').waitFor()
  await pills.getByRole('button', { name: 'Clear all' }).click()
  await pills.first().waitFor({ state: 'detached' })
  expect(await button(page, 'Clear all').count()).toBe(0)
  expect(new URL(page.url()).search).toBe('')
})

test('a relative range is copied as fixed time', { tags: ['long'] }, async () => {
  await write({ message: 'in the fixed time', source: 'fixed' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?range=15m&source=fixed`)
  await row(page, 'in the fixed time').waitFor()
  await button(page, /^Last 15 minutes/i).click()
  await button(page, 'Copy as fixed time').click()
  await page.getByText('Copied a link to exactly this span').waitFor()
  const link = new URL(String(await page.evaluate('navigator.clipboard.readText()')))
  const [from, to] = ['from', 'to'].map((name) => Date.parse(link.searchParams.get(name) ?? '')) as [
    number,
    number,
  ]
  expect(to - from).toBe(15 * MINUTE_MS)
  await write({ message: 'after the fixed time', source: 'fixed' })
  await page.goto(link.href)
  await row(page, 'in the fixed time').waitFor()
  expect(await row(page, 'after the fixed time').count()).toBe(0)
})

test('a session that ends while lines arrive leads to sign-in, and back to the same screen', {
  tags: ['long'],
}, async () => {
  const page = await arrive('ben', null)
  await page.goto(`${url}/logs?level=INFO&source=trouble`)
  await button(page, /^Live/).waitFor()
  const users = (await (await call('GET', '/api/users')).json()) as {
    data: { users: { id: string; name: string }[] }
  }
  const ben = users.data.users.find(({ name }) => name === 'ben')
  expect((await call('DELETE', `/api/users/${ben?.id}/sessions`)).status).toBe(200)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await signIn(page, 'ben')
  await page.waitForURL(`${url}/logs?level=INFO&source=trouble`)
  await button(page, /^Live/).waitFor()
})

test('a page that was open while the server became another version loads itself anew', {
  tags: ['long'],
}, async () => {
  const page = await openPage(context)
  await page.goto(`${url}/logs`)
  let isOld = true
  page.on('request', (request) => {
    if (request.isNavigationRequest()) isOld = false
  })
  await page.route(/assets\/cameras-page/, (route) =>
    isOld ? route.fulfill({ status: 404, body: '' }) : route.continue(),
  )
  await page.evaluate(`window.isOld = true`)
  const loaded = page.waitForEvent('load')
  await page.getByRole('link', { name: 'Cameras' }).first().click()
  await loaded
  await page.getByRole('heading', { name: 'Cameras', level: 1 }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/cameras')
  expect(await page.evaluate('window.isOld')).toBeUndefined()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('an address that nobody has leads on', { tags: ['long'] }, async () => {
  const page = await openPage(context)
  const response = await page.goto(`${url}/lgos`)
  expect(response?.status()).toBe(404)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
})

test('what a failing server answered last stays, marked as old, with the request to ask about and another try', {
  tags: ['long'],
}, async () => {
  await write({ message: 'the last good line', source: 'failing' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=failing&live=0`)
  await row(page, 'the last good line').waitFor()
  await page.getByRole('slider', { name: /^Bars over time/ }).waitFor()
  // A defect of the server cannot be had on demand: the test replaces the real reply.
  await page.route(/\/api\/logs\?/, (route) =>
    route.fulfill({
      status: 500,
      json: {
        success: false,
        code: 'INTERNAL',
        message: 'The server ran into a defect.',
        request_id: 'req-500',
      },
    }),
  )
  await page.keyboard.press('r')
  const stale = page.getByRole('alert').filter({ hasText: 'The server ran into a defect.' })
  await stale.getByText('req-500').waitFor()
  await row(page, 'the last good line').waitFor()
  const asked = page.waitForRequest(/\/api\/logs\?/)
  await stale.getByRole('button', { name: 'Try again' }).click()
  await asked
  // From here on a try that the page makes by itself is as good.
  await page.unroute(/\/api\/logs\?/)
  await page.keyboard.press('r')
  await stale.first().waitFor({ state: 'detached' })
  await row(page, 'the last good line').waitFor()
})

test('a server that is away, and one that is asked too much, are waited for with the last lines on the screen', async () => {
  await write({ message: 'seen before the outage', source: 'outage' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=outage`)
  await row(page, 'seen before the outage').waitFor()
  await host.stop('SIGTERM')
  await page.keyboard.press('r')
  const stale = page.getByRole('alert')
  await stale.filter({ hasText: 'The server cannot be reached.' }).waitFor()
  await row(page, 'seen before the outage').waitFor()
  // A screen that was not opened yet is there once the server is.
  await page.getByRole('link', { name: 'Cameras' }).first().click()
  await page.waitForURL('**/cameras')
  await page.goBack()
  await row(page, 'seen before the outage').waitFor()
  await page.getByRole('link', { name: 'Audit' }).first().click()

  await host.start({ RATE_LIMITS: 'query=15' })
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor()
  await page.goBack()
  await stale.getByRole('button', { name: 'Try again' }).click()
  await stale.first().waitFor({ state: 'detached' })
  await page.evaluate(`Promise.all(Array.from({ length: 15 }, () => fetch('/api/session')))`)
  await page.keyboard.press('r')
  await stale.filter({ hasText: /Try again in \d+ s/ }).waitFor()
  await row(page, 'seen before the outage').waitFor()
})
