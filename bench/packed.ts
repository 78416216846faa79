// npm run bench:packed [-- --rows 600000 --runs 10]
// The same lines as rows and packed, in the same run: bytes a line, and milliseconds a question through HTTP, p50.
import { parseArgs } from 'node:util'
import pg from 'pg'
import { connectionOf, cpuSeconds } from './cluster.ts'
import { fill } from './fill.ts'
import { untilIndexed } from './indexed.ts'
import { pack } from './pack.ts'
import { makeRecord, makeRequestRecord, type RecordMaker, seeded } from './records.ts'
import { type BenchSystem, machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '600000' },
    runs: { type: 'string', default: '10' },
    kinds: { type: 'string', default: 'jobs,requests' },
    only: { type: 'string', default: '' },
  },
})
const [ROWS, RUNS] = [Number(values.rows), Number(values.runs)]
const DAY_MS = 86_400_000
const DAYS = 3
const KINDS: Readonly<Record<string, RecordMaker>> = { jobs: makeRecord, requests: makeRequestRecord }

console.log(machine())
for (const kind of values.kinds.split(',')) await measureKind(kind, KINDS[kind] as RecordMaker)

async function measureKind(kind: string, make: RecordMaker): Promise<void> {
  const system = await startSystem()
  const client = new pg.Client(connectionOf(system))
  try {
    const { rareTokens } = await fill(system, { rows: ROWS, days: DAYS, today: 0, make })
    await untilIndexed(system)
    await client.connect()
    const before = await measureAll(system, client, rareTokens)
    const rowBytes = await bytesALine(client)
    const cpu = cpuSeconds(system)
    const seconds = await pack(system, client)
    const used = cpuSeconds(system)
    const packedBytes = await bytesALine(client)
    const after = await measureAll(system, client, rareTokens)
    console.log(
      `\n${ROWS.toLocaleString('en')} lines of the kind "${kind}" over ${DAYS} days; ${RUNS} runs each`,
    )
    console.log(
      `packed in ${seconds} s; CPU seconds a million: Node ${perMillion(used.server - cpu.server)}, PostgreSQL ${perMillion(used.postgres - cpu.postgres)}`,
    )
    console.log(`${''.padEnd(58)} ${'rows'.padStart(9)} ${'packed'.padStart(9)} ${'ratio'.padStart(7)}`)
    print('bytes a line, with indexes', rowBytes, packedBytes)
    for (const [name, millis] of before) print(name, millis, after.get(name) ?? Number.NaN)
  } finally {
    await client.end()
    await system.stop()
  }
}

function print(name: string, rows: number, packed: number): void {
  const ratio = (packed / rows).toFixed(2)
  console.log(
    `${name.padEnd(58)} ${rows.toFixed(1).padStart(9)} ${packed.toFixed(1).padStart(9)} ${ratio.padStart(7)}`,
  )
}

function perMillion(seconds: number): string {
  return ((seconds / ROWS) * 1_000_000).toFixed(1)
}

async function bytesALine(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(`
    select sum(pg_total_relation_size(to_regclass(name))
        + coalesce(pg_total_relation_size(to_regclass('timelapser_rows.' || name || '_b')), 0))
      / (select sum(rows) from log_counts_minute where bucket < (select max(upper) from log_partitions where upper < now() - interval '1 day'))
      as bytes
    from log_partitions
    where upper < now() - interval '1 day'`)
  return Number(rows[0]?.bytes)
}

type Question = { name: string; ask: () => Promise<unknown> }

async function measureAll(
  system: BenchSystem,
  client: pg.Client,
  rareTokens: readonly string[],
): Promise<Map<string, number>> {
  const answers = new Map<string, number>()
  for (const { name, ask } of questions(system, client, rareTokens)) {
    if (!name.includes(values.only)) continue
    const millis: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now()
      await ask()
      millis.push(performance.now() - start)
    }
    answers.set(name, Number(percentiles(millis).p50))
  }
  return answers
}

function questions(system: BenchSystem, client: pg.Client, rareTokens: readonly string[]): Question[] {
  const random = seeded(7)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const between = (from: number, to: number) => {
    const at = (days: number) => new Date(Date.now() - days * DAY_MS - random() * 600_000).toISOString()
    return `start_date=${at(from)}&end_date=${at(to)}`
  }
  const past = () => between(3.4, 1.6)
  const day = () => between(2.9, 1.9)
  const word = () =>
    pick(['capture', 'stream', 'timeout', 'connection', 'frame', 'upload', 'retry', 'thumbnail'])
  const hex = () => Array.from({ length: 8 }, () => pick([...'0123456789abcdef'])).join('')
  const get = (path: () => string) => () => system.request('GET', path())
  const q = (text: string) => encodeURIComponent(text)
  const ago = (days: number) => new Date(Date.now() - days * DAY_MS - random() * 60_000).toISOString()
  return [
    { name: 'newest 100', ask: get(() => `/api/logs?${past()}`) },
    {
      name: 'level and source, newest 100',
      ask: get(() => `/api/logs?${past()}&level=ERROR&source=camera_${pick([1, 2, 3, 4])}`),
    },
    { name: 'common word, newest 100', ask: get(() => `/api/logs?${past()}&search=${word()}`) },
    { name: 'rare text', ask: get(() => `/api/logs?${past()}&search=${pick(rareTokens)}`) },
    {
      name: 'part of a rare text, six characters',
      ask: get(() => `/api/logs?${past()}&search=${pick(rareTokens).slice(1, 7)}`),
    },
    { name: 'absent text', ask: get(() => `/api/logs?${past()}&search=${hex()}`) },
    {
      name: 'absent text of four characters',
      ask: get(() => `/api/logs?${past()}&search=${pick(['zqxj', 'qqzx', 'jjzq'])}`),
    },
    {
      name: 'regular expression, common',
      ask: get(() => `/api/logs?${past()}&q=${q(`/${word()} .*${word()}/`)}`),
    },
    {
      name: 'regular expression, rare',
      ask: get(
        () =>
          `/api/logs?${past()}&q=${q(`/${pick(rareTokens).slice(0, 4)}[0-9a-f]${pick(rareTokens).slice(5, 8)}/`)}`,
      ),
    },
    {
      name: 'regular expression, absent: /q.*z[0-9]/',
      ask: get(() => `/api/logs?${past()}&q=${q(`/q${pick([...'qxj'])}.*z[0-9]/`)}`),
    },
    { name: 'counts by level of a day', ask: get(() => `/api/logs/stats?${day()}`) },
    { name: 'counts of a word over a day', ask: get(() => `/api/logs/stats?${day()}&search=${word()}`) },
    {
      name: 'histogram of a word over a day',
      ask: get(() => `/api/logs/histogram?${day()}&buckets=100&search=${word()}`),
    },
    { name: 'facets of a day, level and source', ask: get(() => `/api/logs/facets?${day()}&level=ERROR`) },
    {
      name: 'page 500 by number',
      ask: get(() => `/api/logs?${past()}&page=500&limit=${90 + Math.floor(random() * 20)}`),
    },
    { name: 'psql: newest 100 of an hour, logs_between or logs', ask: () => psql(client, ago(2.2), true) },
    { name: 'psql: newest 100 of an hour, select from logs', ask: () => psql(client, ago(2.2), false) },
  ]
}

async function psql(client: pg.Client, from: string, mayUseFunction: boolean): Promise<void> {
  const to = new Date(Date.parse(from) + 3_600_000).toISOString()
  const { rows } = await client.query<{ is_there: boolean }>(
    `select to_regproc('logs_between') is not null as is_there`,
  )
  const relation = mayUseFunction && rows[0]?.is_there ? `logs_between('${from}', '${to}')` : 'logs'
  await client.query(
    `select * from ${relation} l where timestamp between '${from}' and '${to}' order by timestamp desc limit 100`,
  )
}
