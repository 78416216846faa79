import { everyRow } from '../blocks/every-row.ts'
import { LOG_COLUMN_LIST } from '../database/log-columns.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'

/** Ids of an entry whose rows are to be read. */
export type IdRange = { feedId: number; entryFirstId: number; firstId: number; lastId: number }

/** @param after index of a row of the first entry; those up to it are passed over */
export function rangesOf(
  entries: readonly { id: number; first_id: number; last_id: number }[],
  after = -1,
): IdRange[] {
  return entries.map(({ id, first_id, last_id }, index) => ({
    ...{ feedId: id, entryFirstId: first_id, lastId: last_id },
    firstId: index === 0 ? first_id + after + 1 : first_id,
  }))
}

/**
 * The part after `from` in a statement about the rows `r` of entries `e (feed_id, entry_first_id, first_id, last_id)`.
 *
 * @param stretch half-open; at most sixteen partitions
 * @param conditions on the columns of `logs`
 */
export function entryRows(
  ranges: readonly IdRange[],
  { lower, upper }: { lower: string; upper: string },
  conditions: readonly string[],
  parameters: SqlParameters,
  columns = LOG_COLUMN_LIST,
): string {
  const all = [
    `timestamp >= ${parameters.add(lower)}::timestamptz`,
    `timestamp < ${parameters.add(upper)}::timestamptz`,
    ...conditions,
    'id between e.first_id and e.last_id',
  ]
  const choice = {
    select: columns,
    where: all.join(' and '),
    within: { from: lower, to: upper },
    blocks: ['b.first_id <= e.last_id', 'b.last_id >= e.first_id'],
  }
  const feedIds = parameters.add(ranges.map(({ feedId }) => feedId))
  const entryFirstIds = parameters.add(ranges.map(({ entryFirstId }) => entryFirstId))
  const firstIds = parameters.add(ranges.map(({ firstId }) => firstId))
  const lastIds = parameters.add(ranges.map(({ lastId }) => lastId))
  // Lateral with a range on the primary key's first column: one index range an entry, for any size of the table.
  return `unnest(${feedIds}::bigint[], ${entryFirstIds}::bigint[], ${firstIds}::bigint[], ${lastIds}::bigint[])
        as e (feed_id, entry_first_id, first_id, last_id)
      cross join lateral (
        select *
        from ${everyRow(choice, parameters)} every
        offset 0
      ) r`
}
