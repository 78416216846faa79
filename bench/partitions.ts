// npm run bench:partitions [-- --rate 20000 --seconds 240]
// Writes at a steady rate while partitions are made, ended early, closed and indexed in the background; prints how long
// batches took, what became of each partition, CPU seconds idle and under load, and bytes a row of each index.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { connectionOf, cpuSeconds } from './cluster.ts'
import { inLanes, Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '240' },
    'idle-seconds': { type: 'string', default: '60' },
  },
})
const RATE = Number(values.rate)
const SECONDS = Number(values.seconds)
const IDLE_SECONDS = Number(values['idle-seconds'])
const BATCH = 1000
const CLIENTS = 4
/** Bodies made beforehand; their times are set when they are sent. */
const BODIES = 50

const system = await startSystem()
const database = new pg.Client(connectionOf(system))
await database.connect()
try {
  await system.request('PUT', '/api/settings', { log_level: 'DEBUG' })
  const { rows } = await database.query<{ server_version: string }>('show server_version')
  console.log(`${machine()}, PostgreSQL ${rows[0]?.server_version}`)
  const idle = await cpuDuring(() => sleep(IDLE_SECONDS * 1000))
  console.log(`idle for ${IDLE_SECONDS} s: CPU seconds ${idle.cpu}`)
  const { result, cpu } = await cpuDuring(write)
  const { p50, p95, max } = percentiles(result)
  console.log(`${RATE.toLocaleString('en')} rows/s for ${SECONDS} s: CPU seconds ${cpu}`)
  console.log(`a batch of ${BATCH} took ${p50} ms, p95 ${p95}, max ${max}`)
  await printPartitions('at the end of the writing')
  const rest = await cpuDuring(untilIndexed)
  console.log(`indexing what was left took ${rest.seconds.toFixed(0)} s: CPU seconds ${rest.cpu}`)
  await printPartitions('when all that is closed was indexed')
  await printSizes()
} finally {
  await database.end()
  await system.stop()
}

/** Sends batches at the rate, even if replies are slow; returns how long each took. */
async function write(): Promise<number[]> {
  const random = seeded(1)
  const bodies = Array.from({ length: BODIES }, () =>
    Array.from({ length: BATCH }, () => {
      const { timestamp: _, ...record } = makeRecord(random, 0)
      return JSON.stringify(record).slice(1)
    }),
  )
  const headers = { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/x-ndjson' }
  const poster = new Poster({ url: `${system.url}/api/logs`, connections: CLIENTS, headers })
  const began = Date.now()
  const times: number[] = []
  await inLanes(CLIENTS, (RATE * SECONDS) / BATCH, async (batch) => {
    const due = began + (batch * BATCH * 1000) / RATE
    await sleep(Math.max(0, due - Date.now()))
    const stamp = `{"timestamp":"${new Date().toISOString()}",`
    const body = bodies[batch % BODIES]?.map((rest) => stamp + rest).join('\n') ?? ''
    const sent = performance.now()
    await poster.post(body)
    times.push(performance.now() - sent)
  })
  poster.close()
  return times
}

async function cpuDuring<T>(work: () => Promise<T>): Promise<{ result: T; cpu: string; seconds: number }> {
  const before = cpuSeconds(system)
  const began = performance.now()
  const result = await work()
  const after = cpuSeconds(system)
  const cpu = `server ${(after.server - before.server).toFixed(2)}, PostgreSQL ${(after.postgres - before.postgres).toFixed(2)}`
  return { result, cpu, seconds: (performance.now() - began) / 1000 }
}

/** Until the last partition that was written to, but the open one, has its indexes. */
async function untilIndexed(): Promise<void> {
  for (;;) {
    const { rows } = await database.query(
      `select from log_partitions where indexed_at is null and (closed_at is not null or upper <= now())`,
    )
    if (rows.length === 0) return
    await sleep(500)
  }
}

async function printPartitions(when: string): Promise<void> {
  const { rows } = await database.query<Record<string, string>>(`
    select to_char(lower, 'HH24:MI') as from, to_char(upper, 'HH24:MI') as to,
      (
        select coalesce(sum(rows), 0)::bigint
        from log_counts_minute c
        where c.bucket >= p.lower and c.bucket < p.upper
      ) as rows,
      round(extract(epoch from closed_at - upper)) as closed_after_s,
      round(extract(epoch from indexed_at - closed_at)) as indexed_after_s
    from log_partitions p
    where lower <= now()
    order by lower`)
  console.log(when)
  console.table(rows)
}

async function printSizes(): Promise<void> {
  const { rows } = await database.query<Record<string, string>>(`
    with indexed as (
      select p.name, (
          select sum(rows) from log_counts_minute c where c.bucket >= p.lower and c.bucket < p.upper
        ) as rows
      from log_partitions p
      where indexed_at is not null
    ), parts as (
      select 'heap' as part, pg_table_size(to_regclass(name)) as bytes
      from indexed
      union all
      select 'blocks', pg_total_relation_size(to_regclass(name || '_b'))
      from indexed
      where to_regclass(name || '_b') is not null
      union all
      select regexp_replace(i.indexrelid::regclass::text, '^logs_\\d+_\\d+_', ''), pg_relation_size(i.indexrelid)
      from indexed
      join pg_index i on i.indrelid = to_regclass(name)
    )
    select coalesce(part, 'together') as part,
      round(sum(bytes) / (select sum(rows) from indexed), 1) as bytes_a_row
    from parts
    group by rollup (part)
    order by 2`)
  console.table(rows)
}
