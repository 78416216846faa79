// npm run bench:size [-- --rows 1000000]
// Bytes per row in closed partitions, the heap and each index, and then of the same rows packed, column by column.
import { parseArgs } from 'node:util'
import pg from 'pg'
import { connectionOf } from './cluster.ts'
import { fill } from './fill.ts'
import { untilIndexed } from './indexed.ts'
import { pack } from './pack.ts'
import { machine, startSystem } from './system.ts'

/** The columns of a block, by what they hold of a row. */
const PACKED = {
  message: ['messages'],
  extra_data: ['extra'],
  id: ['ids', 'wide_ids'],
  timestamp: ['times', 'wide_times'],
  'level, source, camera_id, logger_name': ['codes', 'levels', 'sources', 'cameras', 'loggers'],
  'signature for searches': ['signature'],
}

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
  console.log(machine())
  const counted = Number(sizes[0]?.rows)
  console.log(`${Math.round(counted).toLocaleString('en')} rows in closed partitions; bytes per row`)
  for (const { part, bytes } of sizes)
    console.log(`${part.padEnd(60)} ${(Number(bytes) / counted).toFixed(1).padStart(8)}`)
  const total = sizes.reduce((sum, { bytes }) => sum + Number(bytes), 0)
  console.log(`${'together'.padEnd(60)} ${(total / counted).toFixed(1).padStart(8)}`)
  await pack(system, client)
  await printPacked(client)
  await client.end()
} finally {
  await system.stop()
}

async function printPacked(client: pg.Client): Promise<void> {
  const sums = Object.entries(PACKED).map(([name, columns]) => {
    const ofColumns = columns.map((column) => `coalesce(pg_column_size(${column}), 0)`)
    return `sum(${ofColumns.join(' + ')}) as "${name}"`
  })
  const { rows: found } = await client.query<Record<string, string>>(`
    select sum(rows) as rows,
      (
        select sum(pg_total_relation_size(to_regclass(name))
          + pg_total_relation_size(to_regclass('timelapser_rows.' || name || '_b')))
        from log_partitions
        where to_regclass('timelapser_rows.' || name || '_b') is not null
      ) as together,
      ${sums.join(',\n      ')}
    from log_blocks`)
  const { rows: packed, together, ...parts } = found[0] ?? {}
  const print = (part: string, bytes: number) =>
    console.log(`${part.padEnd(60)} ${(bytes / Number(packed)).toFixed(1).padStart(8)}`)
  console.log(`\n${Number(packed).toLocaleString('en')} of them packed; bytes per row`)
  let known = 0
  for (const [part, bytes] of Object.entries(parts)) {
    print(part, Number(bytes))
    known += Number(bytes)
  }
  print('pages, TOAST, keys, rows that are left', Number(together) - known)
  print('together', Number(together))
}
