// npm run bench:chart [-- --rows 1000000 --runs 5 --days 3 --data FOLDER --stages fill,rows,pack,packed --only p95]
// Charts of a field through HTTP, of rows and of packed rows, beside PostgreSQL's own percentile of the same rows: until
// the first answer, the lines that the answer after at most two seconds stands on, and until the answer of all lines.
// With --data the folder is kept, so that stages can be run one by one: millions of rows take long to be filled in.
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { Chart } from '../server/src/http/schemas/chart.ts'
import { connectionOf } from './cluster.ts'
import { fill } from './fill.ts'
import { untilIndexed } from './indexed.ts'
import { pack, packRest } from './pack.ts'
import { type BenchSystem, machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    days: { type: 'string', default: '3' },
    data: { type: 'string' },
    stages: { type: 'string', default: 'fill,rows,pack,packed' },
    only: { type: 'string', default: '' },
  },
})
const [ROWS, RUNS, DAYS] = [Number(values.rows), Number(values.runs), Number(values.days)]
const STAGES = values.stages.split(',')
const DAY_MS = 86_400_000
const SOON_MS = 1800

const QUESTIONS = [
  'measure=p95&field=duration_ms',
  'measure=p95&field=duration_ms&by=camera_id',
  'measure=p95&field=duration_ms&by=source',
  'measure=p95&field=retry_count&by=camera_id',
  'measure=avg&field=duration_ms&by=level',
  'measure=count&by=retry_count',
  'measure=distinct&field=duration_ms',
  'measure=p95&field=duration_ms&by=source&search=timeout',
]

const system = await startSystem({}, values.data)
const client = new pg.Client(connectionOf(system))
try {
  if (STAGES.includes('fill')) {
    await fill(system, { rows: ROWS, days: DAYS, today: 0 })
    await untilIndexed(system)
  }
  await client.connect()
  console.log(machine())
  console.log(`${ROWS.toLocaleString('en')} rows over ${DAYS} days, 90 steps; ms, p50 of ${RUNS} runs`)
  if (STAGES.includes('rows')) await measure('rows')
  if (STAGES.includes('pack')) {
    console.log(`\npacked in ${await pack(system, client)} s`)
    await packRest(system)
  }
  if (STAGES.includes('packed')) {
    await measure('packed')
    await printBytes()
  }
} finally {
  await client.end()
  await system.stop()
}

/** The bytes that packed rows take, and the part of their columns of numbers. */
async function printBytes(): Promise<void> {
  const { rows } = await client.query<{ rows: string; bytes: string; codes: string; fields: string }>(`
    select sum(rows) as rows, sum(number_ends[1]) as codes, sum(octet_length(numbers) - number_ends[1]) as fields,
      (select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'log_blocks'::regclass) as bytes
    from log_blocks`)
  const { rows: packed = 0, bytes = 0, codes = 0, fields = 0 } = rows[0] ?? {}
  const perRow = (all: string | number) => (Number(all) / Number(packed)).toFixed(2)
  console.log(
    `\n${Number(packed).toLocaleString('en')} packed rows, ${perRow(bytes)} bytes a row; numbers of two fields ${perRow(fields)}, of combinations ${perRow(codes)}`,
  )
}

async function measure(how: string): Promise<void> {
  const own = await timesOf(() => percentile(client))
  console.log(`\n${how.padEnd(62)} first answer   within 2 s   of lines   whole   a million   ratio`)
  print("percentile_disc(0.95), PostgreSQL's own", [undefined, undefined, undefined, own], own)
  for (const question of QUESTIONS) {
    if (!question.includes(values.only)) continue
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
