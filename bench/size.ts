// npm run bench:size [-- --rows 1000000]
// Bytes a row in closed partitions: the heap and each index.
import { parseArgs } from 'node:util'
import pg from 'pg'
import { connectionOf } from './cluster.ts'
import { fill } from './fill.ts'
import { untilIndexed } from './indexed.ts'
import { machine, startSystem } from './system.ts'

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
      select format('%I', name)::regclass as leaf
      from log_partitions
      where indexed_at is not null
    ), counted as (
      select sum(c.reltuples) as rows
      from closed join pg_class c on c.oid = closed.leaf
    )
    select part, sum(bytes) as bytes, (select rows from counted) as rows
    from (
      select 'heap' as part, pg_table_size(leaf) as bytes
      from closed
      union all
      select am.amname || ' ' || pg_get_indexdef(i.indexrelid, 1, true) || case when i.indnatts > 1 then ', …' else '' end,
        pg_relation_size(i.indexrelid)
      from closed
      join pg_index i on i.indrelid = closed.leaf
      join pg_class c on c.oid = i.indexrelid
      join pg_am am on am.oid = c.relam
    ) parts
    group by part
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
