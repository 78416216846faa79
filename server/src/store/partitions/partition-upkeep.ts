import type pg from 'pg'
import { DAY, fromMillis, HOUR, MINUTE, toMillis } from '../database/timestamp.ts'
import type { Partition } from './partition.ts'
import { endEarly, UPKEEP_LOCK } from './partition-closing.ts'
import { type Load, readLoad, rowsIn } from './partition-load.ts'
import { earlyEnd } from './partition-width.ts'
import type { Partitions } from './partitions.ts'

/** How long a partition of past days must have been left alone before it counts as complete: imports come in bulk. */
const QUIET_SECONDS = 30

export type UpkeepStore = { pool: pg.Pool; partitions: Partitions }

/** Makes partitions for now and later, ends the open partition when it gets too full, and notes complete partitions. */
export async function tendPartitions({ pool, partitions }: UpkeepStore, now = Date.now()): Promise<void> {
  await ensureAhead(partitions, now)
  const open = await partitions.holding(fromMillis(now))
  if (open) await endWhenFull(pool, partitions, open, await readLoad(pool, now), now)
  await closePassed(pool, now)
}

/** There is always a partition for now and a next one, which begins two minutes from now at the latest. */
async function ensureAhead(partitions: Partitions, now: number): Promise<void> {
  let instant = now
  for (let count = 0; count < 2 || instant < now + 2 * MINUTE; count++) {
    await partitions.ensure([fromMillis(instant)])
    const partition = await partitions.holding(fromMillis(instant))
    if (!partition) return
    instant = toMillis(partition.upper)
  }
}

async function endWhenFull(
  pool: pg.Pool,
  partitions: Partitions,
  open: Partition,
  { recent }: Load,
  now: number,
): Promise<void> {
  const lower = toMillis(open.lower)
  const upper = toMillis(open.upper)
  // The rows it holds are worth counting only when they could be too many.
  if (earlyEnd({ lower, upper, rows: Number.MAX_SAFE_INTEGER }, now, now, recent) === undefined) return
  const span = { lower, upper, rows: await rowsIn(pool, open) }
  if (earlyEnd(span, now, now, recent) === undefined) return
  const end = earlyEnd(span, await newestIn(pool, open), now, recent)
  if (end === undefined) return
  await endEarly(pool, open, fromMillis(end))
  partitions.reload()
  await partitions.ensure([fromMillis(end)])
}

async function newestIn(pool: pg.Pool, { name }: Partition): Promise<number> {
  const { rows } = await pool.query<{ newest: string | null }>(`select max(timestamp) as newest from ${name}`)
  return rows[0]?.newest ? toMillis(rows[0].newest) : 0
}

/**
 * Takes note of the partitions that are complete; their indexes are due then. Rows come late by a tenth of the width,
 * between ten seconds and an hour; a row that comes later still only costs more.
 */
async function closePassed(pool: pg.Pool, now: number): Promise<void> {
  await pool.query({
    name: 'close_partitions',
    text: `
      update log_partitions p
      set closed_at = now()
      where p.closed_at is null and p.detached_at is null
        and p.upper + least(greatest((p.upper - p.lower) / 10, interval '10 seconds'), interval '1 hour')
          <= $1::timestamptz
        and (
          p.upper > $2::timestamptz
          or p.created_at < $3::timestamptz
          or not exists (
            select
            from (select * from log_feed order by id desc limit 3000) f
            where f.created_at > now() - $4::integer * interval '1 second'
              and f.first_timestamp < p.upper and f.last_timestamp >= p.lower
          )
        )`,
    values: [fromMillis(now), fromMillis(now - DAY), fromMillis(now - 2 * HOUR), QUIET_SECONDS],
  })
}

/** Whether this connection now holds the lock of the server that tends the partitions; it ends with the connection. */
export async function holdUpkeep(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    UPKEEP_LOCK,
  ])
  return rows[0]?.locked === true
}

/** Lets statements take minutes, on one core, however many there are: readers and writers get the others. */
export async function prepareForBuilds(client: pg.Client): Promise<void> {
  await client.query('set statement_timeout = 0')
  await client.query('set max_parallel_maintenance_workers = 0')
}

/** Ends the statement that the connection runs, if any. */
export async function cancelStatement(pool: pg.Pool, client: pg.Client): Promise<void> {
  const { processID } = client as pg.Client & { processID?: number | null }
  if (processID) await pool.query('select pg_cancel_backend($1)', [processID]).catch(() => undefined)
}
