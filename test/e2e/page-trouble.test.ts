// The page when something is not as it should be: slow searches, lost lines, wrong clocks, a failing server, ended sessions.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page, WebSocket } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { closeContexts, openBrowser, openPage, PATIENCE_MS } from '../support/browser.ts'
import { comeIn } from '../support/come-in.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const PASSWORD = 'correct horse battery'

let folder: string
let program: Program
let url: string
let browser: Browser
let context: BrowserContext

type Line = { message: string; level?: string; source?: string; camera_id?: number; timestamp?: string }

/** Asks as the administrator of the first start. */
async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const key = readFileSync(join(folder, 'data/admin-api-key'), 'utf8').trim()
  return fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function write(...lines: Line[]): Promise<void> {
  const records = lines.map((line) => ({ level: 'INFO', source: 'trouble', ...line }))
  expect((await call('POST', '/api/logs', records)).status).toBe(200)
}

async function idOf(message: string): Promise<number> {
  const reply = await call('GET', `/api/logs?q=${encodeURIComponent(`"${message}"`)}`)
  const { data } = (await reply.json()) as { data: { logs: { id: number }[] } }
  return data.logs[0]?.id ?? 0
}

const at = (msAgo: number) => new Date(Date.now() - msAgo).toISOString()
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

function start(env: Record<string, string> = {}): Program {
  return launchProgram({ env: { DATA_DIR: join(folder, 'data'), ...env } })
}

async function newContext(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  const made = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  made.setDefaultTimeout(PATIENCE_MS)
  return made
}

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
  folder = makeFolder('trouble')
  program = start()
  url = await program.ready
  browser = await openBrowser()
  context = await newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  url = await comeIn(context, program)
})

afterAll(async () => {
  await closeContexts(browser)
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

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
        const goOn = button(page, 'Go on').first()
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
}, 120_000)

test('of seven tabs only the visible one streams, and each catches up when it is shown', async () => {
  const seven = await newContext({ storageState: await context.storageState() })
  onTestFinished(() => seven.close())
  // Headless Chromium calls every tab visible, even one behind another: what browsers do is done here by hand.
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

test('a list that loads slowly and a stream that opens slowly are said to be connecting, then live', async () => {
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

test('a link to a line that retention removed says so and leads on', async () => {
  await write({ message: 'kept too long', timestamp: at(25 * DAY_MS) })
  const id = await idOf('kept too long')
  await call('PUT', '/api/settings', { retention_days: 20 })
  await call('POST', '/api/logs/retention')
  await call('PUT', '/api/settings', { retention_days: 30 })
  const page = await openPage(context)
  await page.goto(`${url}/logs?log=${id}`)
  const panel = page.getByRole('complementary', { name: `Line ${id}` })
  await panel.getByText('Retention or a cleanup has removed it').waitFor()
  await panel.getByRole('button', { name: 'To the newest lines' }).click()
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
    await panel.getByText('a camera you may not see').waitFor()
    texts.push(
      String(await panel.textContent())
        .replace(String(line), 'N')
        .replace(/Request \S+/, ''),
    )
    await panel.getByRole('button', { name: 'To the newest lines' }).waitFor()
  }
  expect(texts[0]).toBe(texts[1])
})

test.each([
  ['ahead of', 10],
  ['behind', -10],
] as const)(
  'a clock ten minutes %s the server’s is noticed, and ranges go by the server’s',
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

test('a page past the last one leads back', async () => {
  await write({ message: 'on the only page', source: 'pages' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=pages&page=7`)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  expect(await page.getByText(/ of 0/).count()).toBe(0)
  await button(page, 'To the last page').click()
  await row(page, 'on the only page').waitFor()
  expect(new URL(page.url()).search).toBe('?source=pages')
})

test('pills turn their filter round and remove it; "Clear all" is there only for something to clear', async () => {
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

test('a relative range is copied as fixed time', async () => {
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

test('a session that ends while lines arrive leads to sign-in, and back to the same screen', async () => {
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
    await dialog.getByText(`${rows.toLocaleString()} lines under the filters`).waitFor()
    await dialog.getByText('NDJSON').click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Export' }).click(),
    ])
    await dialog.getByText('The browser saves it as it comes').waitFor()
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
  program.kill('SIGKILL')
  await program.ended
  expect(await (await broken).failure()).not.toBeNull()
  program = start({ PORT: new URL(url).port })
  await program.ready
})

test('a page that was open while the server became another version loads itself anew', async () => {
  const page = await openPage(context)
  await page.goto(`${url}/logs`)
  let missing = 0
  await page.route(/assets\/cameras-page/, (route) => {
    missing++
    return missing === 1 ? route.fulfill({ status: 404, body: '' }) : route.continue()
  })
  await page.evaluate(`window.isOld = true`)
  const loaded = page.waitForEvent('load')
  await page.getByRole('link', { name: 'Cameras' }).first().click()
  await loaded
  await page.getByRole('heading', { name: 'Cameras', level: 1 }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/cameras')
  expect(await page.evaluate('window.isOld')).toBeUndefined()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('an address that nobody has leads on', async () => {
  const page = await openPage(context)
  const response = await page.goto(`${url}/lgos`)
  expect(response?.status()).toBe(404)
  await page.getByRole('heading', { name: 'Page not found' }).waitFor()
})

test('what a failing server answered last stays, marked as old, with the request to ask about and another try', async () => {
  await write({ message: 'the last good line', source: 'failing' })
  const page = await openPage(context)
  await page.goto(`${url}/logs?source=failing&live=0`)
  await row(page, 'the last good line').waitFor()
  // A defect of the server cannot be had on demand: its answer is put in the place of the real one.
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
  program.kill('SIGTERM')
  await program.ended
  await page.keyboard.press('r')
  const stale = page.getByRole('alert')
  await stale.filter({ hasText: 'The server cannot be reached.' }).waitFor()
  await row(page, 'seen before the outage').waitFor()

  program = start({ PORT: new URL(url).port, RATE_LIMITS: 'query=15' })
  await program.ready
  await stale.getByRole('button', { name: 'Try again' }).click()
  await stale.first().waitFor({ state: 'detached' })
  await page.evaluate(`Promise.all(Array.from({ length: 15 }, () => fetch('/api/session')))`)
  await page.keyboard.press('r')
  await stale.filter({ hasText: /Try again in \d+ s/ }).waitFor()
  await row(page, 'seen before the outage').waitFor()
})
