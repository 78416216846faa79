// npm run bench:query [-- --rows 1000000 --days 10 --daily --runs 20 --writing 20000]
// Milliseconds a query through HTTP, connection kept alive, other words and ranges each run, no caches.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeDays } from './daily.ts'
import { fill } from './fill.ts'
import { untilIndexed } from './indexed.ts'
import { inLanes, Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '10' },
    daily: { type: 'boolean', default: false },
    today: { type: 'string', default: '0' },
    runs: { type: 'string', default: '20' },
    writing: { type: 'string', default: '0' },
  },
})
const [ROWS, DAYS, TODAY, RUNS, WRITING] = [
  values.rows,
  values.days,
  values.today,
  values.runs,
  values.writing,
].map(Number) as [number, number, number, number, number]

const DAY_MS = 86_400_000
const random = seeded(2)
const system = await startSystem()
try {
  if (values.daily) await makeDays(system, DAYS + 2)
  const filled = await fill(system, { rows: ROWS, days: DAYS, today: TODAY })
  const waited = await untilIndexed(system)
  console.log(machine())
  console.log(
    `${(ROWS + TODAY).toLocaleString('en')} rows: ${ROWS.toLocaleString('en')} over ${DAYS} days, ${TODAY.toLocaleString('en')} today; ${RUNS} runs each`,
  )
  // Some were built while rows still came: the rate is a lower bound.
  const indexed = Math.round(ROWS / Math.max(1, waited)).toLocaleString('en')
  console.log(
    `indexes of closed partitions were complete ${waited} s after the last row: over ${indexed} rows/s`,
  )
  await measureAll('idle', filled.rareTokens)
  if (WRITING > 0) await measureWhileWriting(filled.rareTokens)
} finally {
  await system.stop()
}

/** `isKept`: the server keeps the answer until something changes. */
type Query = { name: string; path: () => string; isKept?: boolean }

function queries(rareTokens: readonly string[]): Query[] {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const camera = () => 1 + Math.floor(random() * 20)
  const word = () =>
    pick(['capture', 'stream', 'timeout', 'connection', 'frame', 'upload', 'retry', 'thumbnail'])
  const ago = (days: number) => new Date(Date.now() - days * DAY_MS - random() * 3_600_000).toISOString()
  return [
    { name: 'newest 100, no filter', path: () => `/api/logs?limit=${90 + Math.floor(random() * 20)}` },
    { name: 'level and camera, newest 100', path: () => `/api/logs?level=ERROR&camera_id=${camera()}` },
    {
      name: 'the same, sparse: CRITICAL of a camera silent for a week',
      path: () => '/api/logs?level=CRITICAL&camera_id=99',
    },
    { name: 'common substring, newest 100', path: () => `/api/logs?search=${word()}` },
    { name: 'rare substring over all', path: () => `/api/logs?search=${pick(rareTokens)}` },
    { name: 'stats 24 h', path: () => `/api/logs/stats?start_date=${ago(1)}` },
    {
      name: 'histogram 7 d',
      path: () => `/api/logs/histogram?start_date=${ago(7)}&buckets=${160 + Math.floor(random() * 20)}`,
    },
    { name: 'chart: lines by source 7 d', path: () => `/api/logs/chart?by=source&start_date=${ago(7)}` },
    {
      name: 'chart: p95 of a field by camera, over all',
      path: () => `/api/logs/chart?measure=p95&field=duration_ms&by=camera_id&start_date=${ago(DAYS)}`,
    },
    { name: 'facets 24 h', path: () => `/api/logs/facets?start_date=${ago(1)}` },
    { name: 'sources', path: () => '/api/logs/sources', isKept: true },
    {
      name: 'page 10,000 by number',
      path: () =>
        `/api/logs?page=${Math.min(10_000, Math.floor(ROWS / 110))}&limit=${95 + Math.floor(random() * 10)}`,
    },
  ]
}

async function measureAll(title: string, rareTokens: readonly string[]): Promise<void> {
  console.log(`\n${title.padEnd(60)} ${'p50'.padStart(8)} ${'p95'.padStart(8)} ${'max'.padStart(8)}   ms`)
  for (const query of queries(rareTokens)) {
    const millis: number[] = []
    for (let run = 0; run < RUNS; run++) {
      // An answer that is kept until the next change is requested after a change.
      if (query.isKept) await system.request('POST', '/api/logs', { message: `change ${run}` })
      millis.push(await timed(query.path()))
    }
    row(query.name, millis)
  }
  row('page 10,000 by cursor', await timedByCursor())
}

/** The page after a row in the middle of all, by the cursor that a reply gave out. */
async function timedByCursor(): Promise<number[]> {
  const millis: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const page = Math.max(1, Math.min(10_000, Math.floor(ROWS / 110)) - run)
    const { pagination } = await system.request<{ pagination: { next_cursor: string } }>(
      'GET',
      `/api/logs?page=${page}&limit=100`,
    )
    millis.push(await timed(`/api/logs?limit=100&cursor=${pagination.next_cursor}`))
  }
  return millis
}

async function measureWhileWriting(rareTokens: readonly string[]): Promise<void> {
  const writing = startWriting(system, WRITING)
  await sleep(3000)
  await measureAll(`while ${WRITING.toLocaleString('en')} rows/s are written`, rareTokens)
  console.log(`written concurrently: ${Math.round(await writing.stop()).toLocaleString('en')} rows/s`)
}

/** Posts batches of 1,000 at a steady rate until stopped; resolves with the rate that was reached. */
function startWriting(target: BenchSystem, rowsASecond: number): { stop: () => Promise<number> } {
  const headers = { authorization: `Bearer ${target.apiKey}`, 'content-type': 'application/x-ndjson' }
  const poster = new Poster({ url: `${target.url}/api/logs`, connections: 4, headers })
  const start = Date.now()
  let stopped = false
  let sent = 0
  const loop = inLanes(4, Number.MAX_SAFE_INTEGER, async () => {
    if (stopped) throw new Error('stopped')
    const due = start + (sent / rowsASecond) * 1000
    sent += 1000
    if (due > Date.now()) await sleep(due - Date.now())
    await poster.post(
      Array.from({ length: 1000 }, () => JSON.stringify(makeRecord(random, Date.now()))).join('\n'),
    )
  }).catch(() => undefined)
  return {
    stop: async () => {
      stopped = true
      await loop
      poster.close()
      return sent / ((Date.now() - start) / 1000)
    },
  }
}

async function timed(path: string): Promise<number> {
  const start = performance.now()
  await system.request('GET', path)
  return performance.now() - start
}

function row(name: string, millis: readonly number[]): void {
  const { p50, p95, max } = percentiles(millis)
  console.log(`${name.padEnd(60)} ${p50.padStart(8)} ${p95.padStart(8)} ${max.padStart(8)}`)
}
