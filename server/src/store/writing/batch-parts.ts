// A transaction holds a lock on every partition it writes to and on each of its indexes until it ends, and all
// connections of a PostgreSQL with usual settings share some 6,400 of them: a batch that reaches into 600 days would end
// with "out of shared memory". So a batch that reaches into many partitions becomes several transactions.
import { createHash } from 'node:crypto'
import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import type { AddResult } from './add-result.ts'
import { findReply, PART_OF_A_BATCH, rememberBatch, type SenderMark } from './senders.ts'
import { type Batch, minutesOf } from './store-batches.ts'

/**
 * Partitions that batches which share a transaction go to, and days that a batch of its own may reach into. With ten
 * indexes each, three transactions at once hold a third of those locks.
 */
const MAX_PLACES = 64

/**
 * `2026-11-20`: the common part of timestamps of the same day. Days and not partitions decide where a batch is cut:
 * they are the same when it comes again, even if partitions changed meanwhile. Past days have a partition each.
 */
const DAY_LENGTH = 10

/** The common part of timestamps of the same partition. */
export type PlaceOf = (timestamp: string) => string

/** A batch that fits into one transaction, and the partitions its rows go to. */
export type Part = Batch & { places: ReadonlySet<string> }

/**
 * The batch in as few parts as can be stored in a transaction each: one for nearly every batch.
 *
 * Each of several has a sender's mark of its own, made of what is in it. A batch that was stored in part and is sent
 * again is cut in the same places, and only the parts that were not stored are; a part that is another by now, as the
 * level of a logger was changed meanwhile, is stored whole: twice rather than never.
 */
export function partsOf(
  records: readonly LogRecord[],
  { sender, isImport }: Pick<Batch, 'sender' | 'isImport'>,
  placeOf: PlaceOf,
): Part[] {
  const minutes = minutesOf(records)
  const isWhole = new Set(minutes.map(dayOf)).size <= MAX_PLACES
  if (isWhole) return [{ records, sender, isImport, minutes, places: new Set(minutes.map(placeOf)) }]
  const parts: Part[] = []
  const days = new Set<string>()
  let start = 0
  const cut = (end: number) => {
    const own = records.slice(start, end)
    const minutes = minutesOf(own)
    parts.push({
      records: own,
      sender: sender && markOf(sender, start, own),
      isImport,
      minutes,
      places: new Set(minutes.map(placeOf)),
    })
    start = end
    days.clear()
  }
  for (const [index, { timestamp }] of records.entries()) {
    const day = dayOf(timestamp)
    if (!days.has(day) && days.size === MAX_PLACES) cut(index)
    days.add(day)
  }
  cut(records.length)
  return parts
}

const dayOf: PlaceOf = (timestamp) => timestamp.slice(0, DAY_LENGTH)

/** Whether batches that go to these partitions fit in a transaction with the others, which it adds them to then. */
export function joinPlaces(all: Set<string>, own: ReadonlySet<string>): boolean {
  let added = 0
  for (const place of own) if (!all.has(place)) added++
  if (all.size > 0 && all.size + added > MAX_PLACES) return false
  for (const place of own) all.add(place)
  return true
}

/** The database failed in the middle of a batch of several transactions: only its first records are stored. */
export class PartlyStored extends Error {
  override name = 'PartlyStored'
  /** How many of its records, from the first on, need not be sent again. */
  readonly records: number

  constructor(records: number, options: { cause: unknown }) {
    super(`the first ${records} records are stored, the others are not`, options)
    this.records = records
  }
}

/**
 * Stores the parts of a batch. With a sender's mark they go side by side, and the mark shows whether all of it was
 * stored before. Without a mark they go one after the other, so that the caller learns where to continue.
 *
 * @param store stores a part, in a transaction of its own or with others
 */
export async function storeInParts(
  pool: pg.Pool,
  parts: readonly Part[],
  sender: SenderMark | undefined,
  store: (part: Part) => Promise<AddResult>,
): Promise<AddResult> {
  if (!sender) return joinResults(parts, await storeInOrder(parts, store))
  const known = await findReply(pool, sender)
  if (known) return known
  const result = joinResults(parts, await Promise.all(parts.map(store)))
  await rememberBatch(pool, sender, result)
  return result
}

/** @throws {PartlyStored} when a part after the first fails */
async function storeInOrder(
  parts: readonly Part[],
  store: (part: Part) => Promise<AddResult>,
): Promise<AddResult[]> {
  const results: AddResult[] = []
  let stored = 0
  for (const part of parts) {
    try {
      results.push(await store(part))
    } catch (cause) {
      throw stored === 0 ? cause : new PartlyStored(stored, { cause })
    }
    stored += part.records.length
  }
  return results
}

/** The outcome of a batch, from the outcomes of its parts. Between its first and its last id may be others' rows. */
function joinResults(parts: readonly Part[], results: readonly AddResult[]): AddResult {
  let offset = 0
  const rejected = results.flatMap((result, part) => {
    const before = offset
    offset += parts[part]?.records.length ?? 0
    return result.rejected.map(({ index, reason }) => ({ index: before + index, reason }))
  })
  const ids = results.flatMap(({ first_id, last_id }) => [first_id, last_id]).filter((id) => id !== null)
  return {
    accepted: results.reduce((sum, { accepted }) => sum + accepted, 0),
    rejected,
    first_id: ids.length > 0 ? ids.reduce((a, b) => Math.min(a, b)) : null,
    last_id: ids.length > 0 ? ids.reduce((a, b) => Math.max(a, b)) : null,
    repeated: results.every(({ repeated }) => repeated),
  }
}

function markOf({ sender, batch }: SenderMark, start: number, records: readonly LogRecord[]): SenderMark {
  const digest = createHash('sha256')
    .update(JSON.stringify([sender, batch, start, records]))
    .digest('hex')
  return { sender: digest.slice(0, 32), batch: PART_OF_A_BATCH }
}
