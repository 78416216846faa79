// npm run bench:size [-- --rows 1000000]
// Bytes a row in closed partitions: each column of the blocks, and the rows that are not packed.
import { parseArgs } from 'node:util'
import pg from 'pg'
import { connectionOf } from './cluster.ts'
import { fill } from './fill.ts'
import { untilIndexed } from './indexed.ts'
import { machine, startSystem } from './system.ts'

/** The columns of \`log_blocks\` that hold rows, and what tells blocks apart. */
const COLUMNS = [
  ...['levels', 'sources', 'cameras', 'loggers', 'codes', 'ids', 'wide_ids', 'times', 'wide_times'],
  ...['messages', 'extra', 'signature'],
]

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const rows = Number(values.rows)

const system = await startSystem()
try {
  await fill(system, { rows, days: 3, today: 0 })
  await untilIndexed(system)
  const client = new pg.Client(connectionOf(system))
  await client.connect()
  const { rows: sizes } = await client.query<{ part: string; bytes: string; rows: string }>(`
    with closed as (
      select to_regclass(name) as leaf, to_regclass(name || '_b') as blocks, lower, upper
      from log_partitions
      where indexed_at is not null
    ), counted as (
      select coalesce(sum(c.rows), 0) as rows
      from closed join log_counts_minute c on c.bucket >= closed.lower and c.bucket < closed.upper
    ), packed as (
      select c.part, sum(c.bytes) as bytes
      from closed
      join log_blocks b on b.first_timestamp >= closed.lower and b.first_timestamp < closed.upper
      cross join lateral (values ${COLUMNS.map((name) => `('${name}', pg_column_size(b.${name}))`).join(', ')})
        as c (part, bytes)
      group by 1
    )
    select part, bytes, (select rows from counted) as rows
    from (
      select 'rows that are not packed, with their indexes' as part, sum(pg_total_relation_size(leaf)) as bytes
      from closed
      union all
      select 'blocks: ' || part, bytes
      from packed
      union all
      select 'blocks: all else', sum(pg_total_relation_size(blocks)) - (select sum(bytes) from packed)
      from closed
    ) parts
    where bytes is not null
    order by 2 desc`)
  await client.end()
  console.log(machine())
  const counted = Number(sizes[0]?.rows)
  console.log(`${Math.round(counted).toLocaleString('en')} rows in closed partitions; bytes a row`)
  for (const { part, bytes } of sizes)
    console.log(`${part.padEnd(60)} ${(Number(bytes) / counted).toFixed(1).padStart(8)}`)
  const total = sizes.reduce((sum, { bytes }) => sum + Number(bytes), 0)
  console.log(`${'together'.padEnd(60)} ${(total / counted).toFixed(1).padStart(8)}`)
} finally {
  await system.stop()
}
