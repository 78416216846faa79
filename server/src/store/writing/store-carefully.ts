// A transaction of the writer that PostgreSQL refused: the records at fault are found, and all others stored.
import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import { copyText, sendFlight, UnwritableRecord } from '../database/batch-flight.ts'
import { isMissingPartition } from '../partitions/partitions.ts'
import { type AddResult, claimBatches, nothing, rememberReplies } from './senders.ts'
import { type Batch, COPY, feedStatement, isDataError, minutesOf, resultsOf } from './store-batches.ts'

/**
 * Stores every record PostgreSQL takes and finds the others out. When it throws, roll back.
 *
 * @param isOutside whether a record that no partition takes is refused as well: its partition was made and made again
 */
export async function storeCarefully(
  client: pg.PoolClient,
  batches: readonly Batch[],
  firstId: number,
  isOutside: boolean,
): Promise<AddResult[]> {
  await client.query('begin')
  const repeats = await claimBatches(client, batches)
  const fresh = batches.filter((batch) => !repeats.has(batch))
  const records = fresh.flatMap((batch) => batch.records)
  const refused = await copyAround(client, records, firstId, isOutside)
  const stored = refused.size === 0 ? records : records.filter((_, index) => !refused.has(index))
  if (stored.length > 0) {
    const { text, values } = feedStatement(fresh, stored, firstId, minutesOf(stored))
    await client.query({ name: 'append_to_feed', text, values: [...values] })
  }
  const written = resultsOf(fresh, firstId, refused)
  await rememberReplies(client, fresh, written)
  await client.query('commit')
  return batches.map((batch) => repeats.get(batch) ?? written.get(batch) ?? nothing())
}

/** Copies all records it can. A refused COPY is halved until the bad record is alone; returns those, by index. */
async function copyAround(
  client: pg.PoolClient,
  records: readonly LogRecord[],
  firstId: number,
  isOutside: boolean,
): Promise<Map<number, string>> {
  const refused = new Map<number, string>()
  const copyRange = async (start: number, end: number): Promise<void> => {
    if (start === end) return
    await client.query('savepoint records')
    try {
      const chunks = copyText(records, start, end, firstId)
      await sendFlight(client, { before: [], copy: COPY, chunks, after: [] })
      await client.query('release savepoint records')
    } catch (error) {
      const isRefused = isDataError(error) || (isOutside && isMissingPartition(error))
      if (!isRefused) throw error
      await client.query('rollback to savepoint records')
      if (end - start === 1) {
        refused.set(start, reasonOf(error as Error))
        return
      }
      const middle = (start + end) >> 1
      await copyRange(start, middle)
      await copyRange(middle, end)
    }
  }
  await copyRange(0, records.length)
  return refused
}

function reasonOf(error: Error): string {
  if (error instanceof UnwritableRecord) return error.message.slice(0, 200)
  return `PostgreSQL refused the record: ${error.message.slice(0, 200)}`
}
