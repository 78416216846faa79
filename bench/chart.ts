// npm run bench:chart [-- --rows 1000000 --runs 5]
// Charts of a field through HTTP, of rows and of packed rows, beside PostgreSQL's own percentile of the same rows: until
// the first answer, the lines that the answer after at most two seconds stands on, and until the answer of all lines.
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
const SOON_MS = 1800

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
  console.log(`\n${how.padEnd(62)} first answer   within 2 s   of lines   whole   a million   ratio`)
  print("percentile_disc(0.95), PostgreSQL's own", [undefined, undefined, undefined, own], own)
  for (const question of QUESTIONS) {
    const first = await timesOf(() => ask(system, question, 300))
    let share = 0
    const soon = await timesOf(async () => {
      const { lines, left_out, sample } = await ask(system, question, SOON_MS)
      share = sample?.share ?? (lines + left_out.without_field + left_out.not_numbers) / ROWS
    })
    const whole = await timesOf(() => ask(system, question, 60_000))
    print(question, [first, soon, share, whole], own)
  }
}

function print(name: string, [first, soon, share, whole = 0]: (number | undefined)[], own: number): void {
  const columns = [
    first?.toFixed(0).padStart(12),
    soon?.toFixed(0).padStart(13),
    share === undefined ? undefined : `${(Math.min(1, share) * 100).toFixed(0)} %`.padStart(11),
    whole.toFixed(0).padStart(8),
    ((whole / ROWS) * 1_000_000).toFixed(0).padStart(12),
    (whole / own).toFixed(2).padStart(8),
  ]
  const widths = [12, 13, 11, 8, 12, 8]
  console.log(name.padEnd(62) + columns.map((text, index) => text ?? ' '.repeat(widths[index] ?? 0)).join(''))
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

function ask(target: BenchSystem, question: string, withinMs: number): Promise<Chart> {
  const { start, end } = range()
  return target.request<Chart>(
    'GET',
    `/api/logs/chart?${question}&buckets=90&limit=12&start_date=${start}&end_date=${end}&within_ms=${withinMs}`,
  )
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
