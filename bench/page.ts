// npm run bench:page [-- --loads 10 --seconds 20 --rate 1000 --rows 120000]
// The built page in Chromium, headless and without a GPU: the first load, frames while lines arrive, memory.
// npm run bench:page -- --hour 100
// The memory alone, over the lines of an hour at this many a second, sent as fast as the page takes them.
import { parseArgs } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromiumPath, openBrowser } from '../test/support/browser.ts'
import { fill } from './fill.ts'
import { framesWhile, heapBytes, heldByPage, scrollUpAndDown } from './page-measures.ts'
import { Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '1000' },
    rows: { type: 'string', default: '120000' },
    hour: { type: 'string' },
  },
})
const [loads, seconds, rate, rows] = [values.loads, values.seconds, values.rate, values.rows].map(Number) as [
  number,
  number,
  number,
  number,
]
const VIEWPORT = { width: 1440, height: 900 }
/** Faster than an hour passes, and no faster than the page draws all of it: it skips what comes quicker. */
const HOUR_RATE = 5000

if (!chromiumPath) throw new Error('There is no Chromium on this machine; CHROMIUM names one.')
const system = await startSystem()
const browser = await openBrowser()
try {
  await fill(system, { rows: 0, days: 1, today: 50_000 })
  const signedIn = await signIn(browser, system)
  console.log(`${machine()}, Chromium ${browser.version()}`)
  if (values.hour === undefined) await firstLoads(signedIn)
  const page = await openLogs(await browser.newContext({ viewport: VIEWPORT, storageState: signedIn }))
  if (values.hour === undefined) {
    await atRest(page)
    await untilShown(page)
    await whileLinesArrive(page)
    await manyLines(page)
  } else await anHour(page, Number(values.hour))
} finally {
  await browser.close()
  await system.stop()
}

/** One of the lines that fill the screen. */
function shownRow(page: Page) {
  return page.getByRole('grid', { name: 'Log lines' }).getByRole('row').nth(10)
}

type SignedIn = Awaited<ReturnType<BrowserContext['storageState']>>

async function signIn(browser: Browser, { signInLink, url }: BenchSystem): Promise<SignedIn> {
  const context = await browser.newContext()
  const page = await context.newPage()
  // The session is for one name of the machine alone.
  await page.goto(signInLink.replace(new URL(signInLink).origin, url))
  await page.getByLabel('Name').fill('bench')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/logs*')
  const state = await context.storageState()
  await context.close()
  return state
}

async function openLogs(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${system.url}/logs`)
  await shownRow(page).waitFor()
  return page
}

/** With an empty cache each time, on loopback: what the server, the network stack and the browser cost, not a line. */
async function firstLoads(signedIn: SignedIn): Promise<void> {
  const paints: number[] = []
  const lists: number[] = []
  let bytes = 0
  for (let load = 0; load < loads; load++) {
    const context = await browser.newContext({ viewport: VIEWPORT, storageState: signedIn })
    const page = await context.newPage()
    const network = await context.newCDPSession(page)
    await network.send('Network.enable')
    const answers = new Map<string, string>()
    bytes = 0
    network.on('Network.responseReceived', ({ requestId, response }) => answers.set(requestId, response.url))
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (!answers.get(requestId)?.includes('/api/')) bytes += encodedDataLength
    })
    await page.goto(`${system.url}/logs`)
    await shownRow(page).waitFor()
    lists.push(await page.evaluate(() => performance.now()))
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    )
    paints.push(paint)
    await context.close()
  }
  console.log(`\nFirst load, ${loads} times with an empty cache`)
  print('first contentful paint, ms', paints)
  print('rows on the screen, ms', lists)
  console.log(`files of the page as sent, head and body: ${(bytes / 1000).toFixed(0)} kB`)
}

async function atRest(page: Page): Promise<void> {
  console.log('\nMilliseconds between frames while the list is scrolled')
  print('one page of the list', await framesWhile(page, () => scrollUpAndDown(page, 5_000)))
}

/** Live on and at its top: every line is drawn, moves the list and counts in the cards and bars. */
async function whileLinesArrive(page: Page): Promise<void> {
  await backToTheTop(page)
  const frames = await framesWhile(page, () => send(rate * seconds, rate))
  print(`${rate.toLocaleString('en')} lines/s arriving`, frames)
  print(
    'the same, scrolled away',
    await framesWhile(page, () =>
      Promise.all([send(rate * seconds, rate), scrollUpAndDown(page, seconds * 1000)]),
    ),
  )
}

/** Lines one by one, each from its sending to its row in the list. */
async function untilShown(page: Page): Promise<void> {
  await backToTheTop(page)
  const millis: number[] = []
  for (let line = 0; line < 20; line++) {
    const message = `line ${line} of the time to the screen`
    const shown = page.getByRole('row').filter({ hasText: message }).waitFor()
    const began = performance.now()
    await system.request('POST', '/api/logs', { message, source: 'bench' })
    await shown
    millis.push(performance.now() - began)
  }
  print('a line, from its sending to the screen, ms', millis)
}

/** Where the list follows, with the pointer off it. */
async function backToTheTop(page: Page): Promise<void> {
  await page.mouse.move(5, 5)
  await page.keyboard.press('Home')
  await page.mouse.wheel(0, -1e7)
  await page.getByRole('button', { name: /^Live/ }).waitFor()
}

/** As many lines as an hour brings at 28 a second; the heap after a collection, between them. */
async function manyLines(page: Page): Promise<void> {
  await backToTheTop(page)
  const heaps = [await heapBytes(page)]
  for (let part = 0; part < 4; part++) {
    await send(rows / 4, 10_000)
    heaps.push(await heapBytes(page))
  }
  const shown = await rowsListed(page)
  const scrolled = await framesWhile(page, () => scrollUpAndDown(page, 5_000))
  print(`${shown.toLocaleString('en')} rows, after ${rows.toLocaleString('en')} lines more`, scrolled)
  await backToTheTop(page)
  print(
    `${rate.toLocaleString('en')} lines/s arriving on top of them`,
    await framesWhile(page, () => send(rate * seconds, rate)),
  )
  const megabytes = heaps.map((heap) => (heap / 1e6).toFixed(1)).join(', ')
  console.log(`\nHeap of the page before and after each quarter of those lines, MB: ${megabytes}`)
}

/** Every five minutes' worth of lines what the page holds; once the list is full it should hold no more. */
async function anHour(page: Page, perSecond: number): Promise<void> {
  await backToTheTop(page)
  console.log(
    `\nAn hour of ${perSecond.toLocaleString('en')} lines/s, sent at ${HOUR_RATE.toLocaleString('en')} lines/s`,
  )
  console.log('lines sent   rows listed   skipped   heap MB   DOM nodes   listeners')
  for (let part = 0; part <= 12; part++) {
    if (part > 0) await send(perSecond * 300, HOUR_RATE)
    const { heap, nodes, listeners } = await heldByPage(page)
    const skipped = (await page.getByRole('button', { name: /skipped/ }).allTextContents()).join() || '0'
    const columns = [
      (part * perSecond * 300).toLocaleString('en').padStart(10),
      (await rowsListed(page)).toLocaleString('en').padStart(14),
      (/[\d,]+/.exec(skipped)?.[0] ?? '').padStart(10),
      (heap / 1e6).toFixed(1).padStart(10),
      String(nodes).padStart(12),
      String(listeners).padStart(12),
    ]
    console.log(columns.join(''))
  }
}

async function rowsListed(page: Page): Promise<number> {
  return Number(await page.getByRole('grid', { name: 'Log lines' }).getAttribute('aria-rowcount')) - 1
}

/** Sends that many lines at that rate, in bodies of a tenth of a second. */
async function send(count: number, perSecond: number): Promise<void> {
  const poster = new Poster({
    url: `${system.url}/api/logs`,
    connections: 1,
    headers: { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/x-ndjson' },
  })
  const random = seeded(7)
  const began = performance.now()
  const batch = perSecond / 10
  for (let sent = 0; sent < count; sent += batch) {
    const lines = Array.from({ length: Math.min(batch, count - sent) }, () =>
      JSON.stringify(makeRecord(random, Date.now())),
    )
    await poster.post(lines.join('\n'))
    const dueMs = began + ((sent + batch) / perSecond) * 1000
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
  }
  poster.close()
}

function print(name: string, millis: number[]): void {
  const { p50, p95, max } = percentiles(millis)
  console.log(
    `${name.padEnd(44)} p50 ${p50.padStart(7)}   p95 ${p95.padStart(7)}   max ${max.padStart(7)}   (${millis.length})`,
  )
}
