// npm run bench:chart [-- --rows 1000000 --runs 5]
// Charts of a field through HTTP, of rows and of packed rows, beside PostgreSQL's own percentile of the same rows: until
// the first answer, and until the whole one.
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { Chart } from '../server/src/http/schemas/chart.ts'
import { connectionOf } from './cluster.ts'
import { fill } from './fill.ts'
import { untilIndexed } from './indexed.ts'
import { pack } from './pack.ts'
import { type BenchSystem, machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '5' } },
})
const [ROWS, RUNS] = [Number(values.rows), Number(values.runs)]
const DAYS = 3
const DAY_MS = 86_400_000

const QUESTIONS = [
  'measure=p95&field=duration_ms',
  'measure=p95&field=duration_ms&by=source',
  'measure=p95&field=retry_count&by=camera_id',
  'measure=avg&field=duration_ms&by=level',
  'measure=count&by=retry_count',
  'measure=distinct&field=duration_ms',
  'measure=p95&field=duration_ms&by=source&search=timeout',
]

const system = await startSystem()
const client = new pg.Client(connectionOf(system))
try {
  await fill(system, { rows: ROWS, days: DAYS, today: 0 })
  await untilIndexed(system)
  await client.connect()
  console.log(machine())
  console.log(`${ROWS.toLocaleString('en')} rows over ${DAYS} days, 90 steps; ms, p50 of ${RUNS} runs`)
  await measure('rows')
  await pack(system, client)
  await measure('packed')
} finally {
  await client.end()
  await system.stop()
}

async function measure(how: string): Promise<void> {
  const own = await timesOf(() => percentile(client))
  console.log(`\n${how.padEnd(62)} first answer   whole   a million   ratio`)
  print("percentile_disc(0.95), PostgreSQL's own", Number.NaN, own, own)
  for (const question of QUESTIONS) {
    const first = await timesOf(() => ask(system, question, 300))
    const whole = await timesOf(() => ask(system, question, undefined))
    print(question, first, whole, own)
  }
}

function print(name: string, first: number, whole: number, own: number): void {
  const numbers = [first, whole, (whole / ROWS) * 1_000_000].map((value) =>
    Number.isNaN(value) ? '' : value.toFixed(0),
  )
  const [one, two, three] = numbers.map((text, index) => text.padStart([12, 8, 12][index] ?? 0))
  console.log(`${name.padEnd(62)}${one}${two}${three}${(whole / own).toFixed(2).padStart(8)}`)
}

async function timesOf(work: () => Promise<unknown>): Promise<number> {
  const millis: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now()
    await work()
    millis.push(performance.now() - began)
  }
  return Number(percentiles(millis).p50)
}

/** Another range each time: an answer that is kept would cost nothing. */
function range(): { start: string; end: string } {
  const at = (days: number) => new Date(Date.now() - days * DAY_MS - Math.random() * 1000).toISOString()
  return { start: at(DAYS + 1), end: at(0) }
}

/** The whole answer comes in parts where five seconds are not enough. */
async function ask(target: BenchSystem, question: string, withinMs: number | undefined): Promise<void> {
  const { start, end } = range()
  let to = end
  for (;;) {
    const within = withinMs === undefined ? '' : `&within_ms=${withinMs}`
    const { searched_to: edge } = await target.request<Chart>(
      'GET',
      `/api/logs/chart?${question}&buckets=90&limit=12&start_date=${start}&end_date=${to}${within}`,
    )
    if (edge === null || withinMs !== undefined) return
    to = edge
  }
}

async function percentile(connection: pg.Client): Promise<void> {
  const { start, end } = range()
  await connection.query(
    `select percentile_disc(0.95) within group (order by (extra_data ->> 'duration_ms')::double precision)
    from ${(await hasFunction(connection)) ? `logs_between('${start}', '${end}') l` : 'logs'}
    where timestamp between '${start}' and '${end}'`,
  )
}

async function hasFunction(connection: pg.Client): Promise<boolean> {
  const { rows } = await connection.query<{ is_there: boolean }>(
    `select to_regproc('logs_between') is not null as is_there`,
  )
  return rows[0]?.is_there ?? false
}
