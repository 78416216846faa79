import type pg from 'pg'
import { freeTableName } from '../database/table-names.ts'
import { comparable } from '../database/timestamp.ts'

type Range = { lower: string; upper: string }

/** Partitions attached in one transaction: each takes a dozen locks. */
const ATTACHED_AT_ONCE = 16

/**
 * Gives a cleared table some of the partitions that `logs` has by now and it has not, so that the rows of `logs` can be
 * copied to it.
 *
 * @returns whether there may be more to attach, in another transaction
 */
export async function attachMissing(client: pg.PoolClient, table: string, clearId: number): Promise<boolean> {
  const { rows } = await client.query<Range & { clear_id: number | null }>(
    `select lower, upper, clear_id
    from log_partitions
    where clear_id = $1 or detached_at is null
    order by lower`,
    [clearId],
  )
  const live = rows.filter((range) => range.clear_id === null)
  const cleared = rows.filter((range) => range.clear_id !== null)
  const missing = live.flatMap((wanted) => without(wanted, cleared)).slice(0, ATTACHED_AT_ONCE)
  for (const range of missing) {
    const name = await freeTableName(client, `${table}_${range.lower.replace(/\D/g, '')}`)
    await client.query(`create table ${name} (like ${table} including all)`)
    await client.query(
      `alter table ${table} attach partition ${name} for values from ('${range.lower}') to ('${range.upper}')`,
    )
    await client.query(
      'insert into log_partitions (name, lower, upper, detached_at, clear_id) values ($1, $2, $3, now(), $4)',
      [name, range.lower, range.upper, clearId],
    )
  }
  return missing.length === ATTACHED_AT_ONCE
}

/** The rest of a range without the others, which are in order and do not overlap. */
function without(range: Range, others: readonly Range[]): Range[] {
  const left: Range[] = []
  let { lower } = range
  for (const other of others) {
    if (comparable(other.upper) <= comparable(lower)) continue
    if (comparable(other.lower) >= comparable(range.upper)) break
    if (comparable(other.lower) > comparable(lower)) left.push({ lower, upper: other.lower })
    lower = other.upper
  }
  if (comparable(lower) < comparable(range.upper)) left.push({ lower, upper: range.upper })
  return left
}
