import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import { packedRows } from '../blocks/every-row.ts'
import { type RowTables, unpackHolding } from '../blocks/unpack-blocks.ts'
import { jsonOf } from '../database/batch-flight.ts'
import type { LogRow } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import type { ScrubPlace, ScrubStretch } from './scrub-stretch.ts'

/** Rows read and changed in one transaction, and bytes after which it ends where they are long. */
const BATCH_ROWS = 2000
const BATCH_BYTES = 8 * 1024 * 1024

/** How long rows are changed before others have their turn: a pattern can take a second with the longest row. */
const SLICE_MS = 20

/** Characters of an example. */
const EXAMPLE_CHARACTERS = 500

/** Characters of an example before the first difference. */
const LEAD_CHARACTERS = 80

/** Returns the changed row; the same object when it stays. Only message, logger name and `extra_data` are written. */
export type ScrubChange = (record: LogRecord) => LogRecord

export type ScrubExample = {
  id: number
  /** The message as it is now, or would be. */
  message: string
  /** Where something is masked first. */
  field: 'message' | 'logger_name' | 'extra_data'
  /** Around the first difference; null once it is masked. */
  before: string | null
  after: string
}

export type ScrubBatch = {
  scanned: number
  matched: number
  /** The start of the next batch. */
  next: ScrubPlace
  examples: ScrubExample[]
}

/** A row, which of the tables it is in, and how many were found, this batch's and maybe more. */
type StoredRow = Omit<LogRow, 'camera_name'> & { place: number; found: number }

/** Goes through the newest rows of a stretch, and rewrites those that the change changes. */
export async function scrubBatch(
  client: pg.PoolClient,
  stretch: ScrubStretch,
  { change, isDryRun, maxExamples }: { change: ScrubChange; isDryRun: boolean; maxExamples: number },
): Promise<ScrubBatch> {
  const rows = await readRows(client, stretch)
  const examples: ScrubExample[] = []
  const changed: (LogRecord & { id: number; place: number })[] = []
  let began = performance.now()
  for (const row of rows) {
    if (performance.now() - began > SLICE_MS) {
      await nextTurn()
      began = performance.now()
    }
    const record = row as LogRecord & { id: number }
    const after = change(record)
    if (after === record) continue
    if (examples.length < maxExamples) examples.push(exampleOf(row.id, record, after, isDryRun))
    changed.push({ ...after, id: row.id, place: row.place })
  }
  if (!isDryRun) {
    for (const [index, table] of stretch.tables.entries()) {
      const own = changed.filter(({ place }) => place === index)
      if (own.length > 0) await writeRows(client, table, stretch, own)
    }
  }
  const last = rows.at(-1)
  const isMore = last !== undefined && (last.found > rows.length || last.found === BATCH_ROWS)
  const next = isMore ? { timestamp: last.timestamp, id: last.id } : { timestamp: stretch.lower, id: 0 }
  return { scanned: rows.length, matched: changed.length, next, examples }
}

/** The newest rows of all tables. Not prepared: after a few times the plan would be for any range and lock every partition. */
async function readRows(client: pg.PoolClient, { lower, from, tables }: ScrubStretch): Promise<StoredRow[]> {
  const inOrder = `order by timestamp desc, id desc
      limit ${BATCH_ROWS}`
  const parameters = new SqlParameters()
  const [least, most, id] = [lower, from.timestamp, from.id].map((value) => parameters.add(value))
  const where = `timestamp >= ${least}::timestamptz and timestamp <= ${most}::timestamptz
        and (timestamp, id) < (${most}::timestamptz, ${id}::bigint)`
  const choice = { select: LOG_COLUMN_LIST, where, within: { from: lower, to: from.timestamp } }
  const ofTables = tables.flatMap(({ rows, blocks }, index) => [
    `(
      select ${LOG_COLUMN_LIST}, ${index} as place
      from ${rows}
      where ${where}
      ${inOrder}
    )`,
    ...(blocks === undefined
      ? []
      : [
          `(
      select *, ${index} as place
      from ${packedRows(choice, parameters, { order: 'newest', limit: `${BATCH_ROWS}`, blocks })} packed
    )`,
        ]),
  ])
  const { rows } = await client.query<StoredRow>({
    text: `
      /* read_rows_to_scrub */
      select *
      from (
        select *, count(*) over () as found,
          sum(octet_length(message) + coalesce(pg_column_size(extra_data), 0)) over (
            order by timestamp desc, id desc rows between unbounded preceding and 1 preceding
          ) as bytes_before
        from (
          select *
          from (${ofTables.join(' union all ')}) r
          ${inOrder}
        ) newest
      ) measured
      where coalesce(bytes_before, 0) < ${BATCH_BYTES}
      order by timestamp desc, id desc`,
    values: parameters.values,
  })
  return rows
}

async function writeRows(
  client: pg.PoolClient,
  tables: RowTables,
  { lower, from }: ScrubStretch,
  changed: readonly (LogRecord & { id: number })[],
): Promise<void> {
  await unpackHolding(client, tables, changed, lower)
  await client.query({
    text: `
      /* write_scrubbed_rows */
      update ${tables.rows} l
      set message = c.message, logger_name = c.logger_name, extra_data = c.extra_data
      from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[])
        as c (id, timestamp, message, logger_name, extra_data)
      where l.id = c.id and l.timestamp = c.timestamp
        and l.timestamp >= $6::timestamptz and l.timestamp <= $7::timestamptz`,
    values: [
      changed.map(({ id }) => id),
      changed.map(({ timestamp }) => timestamp),
      changed.map(({ message }) => message),
      changed.map(({ logger_name }) => logger_name),
      changed.map(({ extra_data }) => (extra_data === null ? null : jsonOf(extra_data))),
      lower,
      from.timestamp,
    ],
  })
}

function exampleOf(id: number, row: LogRecord, changed: LogRecord, isDryRun: boolean): ScrubExample {
  const field =
    row.message !== changed.message
      ? 'message'
      : row.logger_name !== changed.logger_name
        ? 'logger_name'
        : 'extra_data'
  const [before, after] = [textOf(row[field]), textOf(changed[field])]
  let same = 0
  while (same < after.length && before[same] === after[same]) same++
  const from = after.length > EXAMPLE_CHARACTERS ? Math.max(0, same - LEAD_CHARACTERS) : 0
  const excerpt = (text: string) => (from > 0 ? '…' : '') + text.slice(from, from + EXAMPLE_CHARACTERS)
  const message = changed.message.slice(0, EXAMPLE_CHARACTERS)
  return { id, message, field, before: isDryRun ? excerpt(before) : null, after: excerpt(after) }
}

function textOf(value: LogRecord['message' | 'logger_name' | 'extra_data']): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
