import type { LogRecord } from '@timelapser/logger'
import { inTransaction, withMaintenance } from '../database/exclusive-access.ts'
import type { Partition } from '../partitions/partitions.ts'
import type { LogRow } from '../reading/log-row.ts'
import type { Store } from '../reading/store.ts'

/** Rows read and changed in one transaction. */
const BATCH_ROWS = 2000

/** Examples that a reply carries. */
const MAX_EXAMPLES = 10

export type ScrubOptions = {
  /** What a row becomes; the same object when it stays. Only message, logger name and `extra_data` are written. */
  change: (record: LogRecord) => LogRecord
  /** Changes nothing. */
  isDryRun: boolean
  /** Ends it after the batch under way; what is changed by then stays so. */
  signal?: AbortSignal | undefined
  /** Told after every batch. */
  onProgress?: ((progress: ScrubProgress) => void) | undefined
}

export type ScrubProgress = { scanned_rows: number; matched_rows: number }

export type ScrubResult = {
  scanned_rows: number
  matched_rows: number
  /** Some of the messages as they are now, or would be. */
  examples: { id: number; message: string }[]
}

type Place = { timestamp: string; id: number }

/** Goes through all stored rows, newest partition first, and rewrites those that the change changes. */
export function scrubRows(store: Store, options: ScrubOptions): Promise<ScrubResult> {
  const work = async () => {
    const result: ScrubResult = { scanned_rows: 0, matched_rows: 0, examples: [] }
    store.partitions.reload()
    for (const partition of await store.partitions.list()) {
      let place: Place | undefined = { timestamp: partition.upper, id: 0 }
      while (place && !options.signal?.aborted) {
        place = await scrubBatch(store, partition, place, options, result)
        options.onProgress?.({ scanned_rows: result.scanned_rows, matched_rows: result.matched_rows })
      }
    }
    return result
  }
  // Nobody deletes or rewrites meanwhile; a dry run disturbs nobody.
  return options.isDryRun ? work() : withMaintenance(store.pool, work, options.signal)
}

async function scrubBatch(
  { pool }: Store,
  { lower, upper }: Partition,
  place: Place,
  { change, isDryRun }: ScrubOptions,
  result: ScrubResult,
): Promise<Place | undefined> {
  return inTransaction(pool, async (client) => {
    // Neither is prepared: after a few times their plans would be for any range and lock every partition there is.
    const { rows } = await client.query<Omit<LogRow, 'camera_name'>>({
      text: `
        /* read_rows_to_scrub */
        select id, timestamp, level, message, source, logger_name, camera_id, extra_data
        from logs
        where timestamp >= $1::timestamptz and timestamp <= $2::timestamptz
          and (timestamp, id) < ($2::timestamptz, $3::bigint)
        order by timestamp desc, id desc
        limit ${BATCH_ROWS}`,
      values: [lower, place.timestamp, place.id],
    })
    const changed = rows.flatMap((row) => {
      const record = row as LogRecord & { id: number }
      const after = change(record)
      return after === record ? [] : [{ ...after, id: row.id }]
    })
    result.scanned_rows += rows.length
    result.matched_rows += changed.length
    for (const { id, message } of changed.slice(0, MAX_EXAMPLES - result.examples.length)) {
      result.examples.push({ id, message: message.slice(0, 500) })
    }
    if (changed.length > 0 && !isDryRun) {
      await client.query({
        text: `
          /* write_scrubbed_rows */
          update logs l
          set message = c.message, logger_name = c.logger_name, extra_data = c.extra_data
          from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[])
            as c (id, timestamp, message, logger_name, extra_data)
          where l.id = c.id and l.timestamp = c.timestamp
            and l.timestamp >= $6::timestamptz and l.timestamp < $7::timestamptz`,
        values: [
          changed.map(({ id }) => id),
          changed.map(({ timestamp }) => timestamp),
          changed.map(({ message }) => message),
          changed.map(({ logger_name }) => logger_name),
          changed.map(({ extra_data }) => (extra_data === null ? null : JSON.stringify(extra_data))),
          lower,
          upper,
        ],
      })
    }
    return rows.length < BATCH_ROWS ? undefined : rows.at(-1)
  })
}
