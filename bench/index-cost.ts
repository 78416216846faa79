// npm run bench:index-cost [-- --rows 300000]
// The cost of each index of the open partition for the connection that copies batches of 1,000 rows into it: CPU
// seconds of its backend a million rows, a COMMIT each, nobody else writing. Under load it goes without all but the
// first two.
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { copyLine } from '../server/src/store/database/batch-flight.ts'
import { LOG_COLUMN_LIST } from '../server/src/store/database/table-names.ts'
import { connectionOf } from './cluster.ts'
import { makeRecord, seeded } from './records.ts'
import { machine, startSystem } from './system.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '300000' } } })
const ROWS = Number(values.rows)
const BATCH = 1000
const BODIES = 200

const random = seeded(1)
const now = Date.now()
const batches = Array.from({ length: BODIES }, (_, batch) =>
  Array.from({ length: BATCH }, (_, index) => makeRecord(random, now - (BODIES - batch) * BATCH + index)),
)

const system = await startSystem()
const client = new pg.Client(connectionOf(system))
await client.connect()
try {
  console.log(machine())
  // A partition of a past day has all indexes of the open partition, once it has rows enough.
  await system.request('POST', '/api/logs', makeRecord(random, now - 86_400_000))
  const { rows: indexes } = await client.query<{ definition: string }>(`
    select substring(pg_get_indexdef(indexrelid) from ' USING .*$') as definition
    from pg_index
    where indrelid = (
      select to_regclass(name)
      from log_partitions
      where upper <= now()
    )
    order by indisprimary desc, indexrelid`)
  const bare = await measure([])
  console.log(`CPU seconds per million rows\n${'no index'.padEnd(80)} ${bare.toFixed(1).padStart(5)}`)
  for (const { definition } of indexes) {
    const cost = (await measure([definition])) - bare
    console.log(`${nameOf(definition).padEnd(80)} ${`+${cost.toFixed(1)}`.padStart(5)}`)
  }
  const all = await measure(indexes.map(({ definition }) => definition))
  console.log(`${'with all indexes'.padEnd(80)} ${all.toFixed(1).padStart(5)}`)
} finally {
  await client.end()
  await system.stop()
}

/** Copies all rows into a new table with these indexes. */
async function measure(definitions: readonly string[]): Promise<number> {
  await client.query(
    'create table index_cost (like logs including defaults including constraints including storage)',
  )
  for (const definition of definitions) await client.query(`create index on index_cost${definition}`)
  const before = await cpuSeconds()
  for (let start = 0; start < ROWS; start += BATCH) {
    const batch = batches[(start / BATCH) % BODIES] ?? []
    const text = batch.map((record, index) => copyLine(start + index, record)).join('')
    const copying = client.query(copyFrom(`copy index_cost (${LOG_COLUMN_LIST}) from stdin`))
    await pipeline(Readable.from([Buffer.from(text)]), copying)
  }
  const after = await cpuSeconds()
  await client.query('drop table index_cost')
  return ((after - before) / ROWS) * 1e6
}

function nameOf(definition: string): string {
  return definition.replace(' USING ', '').replace(/ WHERE .*/, ' where …')
}

/** CPU time of the connection's backend, in hundredths. */
async function cpuSeconds(): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const stat = readFileSync(`/proc/${rows[0]?.pid}/stat`, 'utf8').replace(/^.*\) /, '')
  const [user, system] = stat.split(' ').slice(11, 13).map(Number) as [number, number]
  return (user + system) / 100
}
