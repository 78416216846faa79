// A transaction of the writer: the batches of several callers with their counts and their place in the feed.
import { LEVELS, type LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import {
  arrayText,
  BEGIN,
  COMMIT,
  copyLine,
  type FlightStatement,
  sendFlight,
} from '../database/batch-flight.ts'
import { LOG_COLUMN_LIST } from '../database/log-columns.ts'
import { isClosingRefusal } from '../partitions/partition-closing.ts'
import { isMissingPartition } from '../partitions/partitions.ts'
import type { AddResult } from './add-result.ts'
import { claimBatches, rememberReplies, type SenderMark } from './senders.ts'

/** Records of one caller, which are answered together. */
export type Batch = {
  records: readonly LogRecord[]
  /** The minutes the records lie in, each as the instant it begins with. */
  minutes: readonly string[]
  sender: SenderMark | undefined
  /** Whether it is imported. The batches of a transaction are all imported, or none is. */
  isImport: boolean
}

const COPY = `copy logs (${LOG_COLUMN_LIST}) from stdin`

/** Characters of COPY text given to the socket at once. V8 takes longer text for a large object, which outlives its batch. */
const CHUNK_CHARACTERS = 32 * 1024

/**
 * Stores all records or, when PostgreSQL refuses one, none; without senders in a single round trip. When it throws, the
 * transaction is still to be rolled back.
 *
 * @param firstId of as many as there are records
 * @throws an error that `isDataError` knows when one of the records is at fault
 */
export async function storeAtOnce(
  client: pg.PoolClient,
  batches: readonly Batch[],
  firstId: number,
): Promise<AddResult[]> {
  const hasSenders = batches.some(({ sender }) => sender)
  if (hasSenders) await client.query('begin')
  const repeats = await claimBatches(client, batches)
  const fresh = batches.filter((batch) => !repeats.has(batch))
  const records = fresh.flatMap((batch) => batch.records)
  const written = resultsOf(fresh, firstId, new Map())
  await rememberReplies(client, fresh, written)
  if (records.length > 0) {
    await sendFlight(client, {
      before: hasSenders ? [] : [BEGIN],
      copy: COPY,
      chunks: copyText(records, 0, records.length, firstId),
      after: [feedStatement(fresh, records, firstId), COMMIT],
    })
  } else if (hasSenders) await client.query('commit')
  return batches.map((batch) => repeats.get(batch) ?? written.get(batch) ?? nothing())
}

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

function* copyText(
  records: readonly LogRecord[],
  start: number,
  end: number,
  firstId: number,
): Generator<string> {
  let text = ''
  for (let index = start; index < end; index++) {
    text += lineOf(firstId + index, records[index] as LogRecord)
    if (text.length < CHUNK_CHARACTERS) continue
    yield text
    text = ''
  }
  if (text) yield text
}

/** A record that cannot be serialised, for example because its fields contain themselves. */
class UnwritableRecord extends Error {
  override name = 'UnwritableRecord'
}

function lineOf(id: number, record: LogRecord): string {
  try {
    return copyLine(id, record)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)
    throw new UnwritableRecord(`the record cannot be written as JSON: ${said}`, { cause })
  }
}

/** The counts of the stored records and the place of their batches in the feed: the last statement before COMMIT. */
function feedStatement(
  batches: readonly Batch[],
  stored: readonly LogRecord[],
  firstId: number,
  storedMinutes = batches.flatMap((batch) => batch.minutes),
): FlightStatement {
  const { buckets, levels, sources, cameras, rows } = countBatch(stored)
  const ids = batches.reduce((sum, batch) => sum + batch.records.length, 0)
  const minutes = storedMinutes.sort()
  const lastMinute = minutes.at(-1) ?? ''
  return {
    name: 'flight_feed',
    text: 'select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
    values: [
      `${firstId}`,
      `${firstId + ids - 1}`,
      minutes[0] ?? '',
      `${lastMinute.slice(0, 16)}:59.999999Z`,
      `${stored.length}`,
      ...[buckets, levels, sources, cameras, rows].map(arrayText),
      `${batches.some(({ isImport }) => isImport)}`,
    ],
  }
}

function resultsOf(
  fresh: readonly Batch[],
  firstId: number,
  refused: ReadonlyMap<number, string>,
): Map<Batch, AddResult> {
  const results = new Map<Batch, AddResult>()
  let offset = 0
  for (const batch of fresh) {
    results.set(batch, resultOf(batch.records.length, offset, firstId, refused))
    offset += batch.records.length
  }
  return results
}

function resultOf(
  count: number,
  offset: number,
  firstId: number,
  refused: ReadonlyMap<number, string>,
): AddResult {
  const rejected: AddResult['rejected'] = []
  if (refused.size > 0) {
    for (let index = 0; index < count; index++) {
      const reason = refused.get(offset + index)
      if (reason !== undefined) rejected.push({ index, reason })
    }
  }
  const accepted = count - rejected.length
  const first_id = accepted > 0 ? firstId + offset : null
  const last_id = accepted > 0 ? firstId + offset + count - 1 : null
  return { accepted, rejected, first_id, last_id, repeated: false }
}

/** The answer to a batch without records. */
export function nothing(): AddResult {
  return { accepted: 0, rejected: [], first_id: null, last_id: null, repeated: false }
}

/** Classes 22 (data exception) and 23 (integrity): the record's fault. 54: a value over PostgreSQL's own limits. */
export function isDataError(error: unknown): error is Error {
  const code = (error as { code?: unknown }).code
  if (error instanceof UnwritableRecord) return true
  return (
    typeof code === 'string' &&
    /^(2[23]|54)/.test(code) &&
    !isMissingPartition(error) &&
    !isClosingRefusal(error)
  )
}

function reasonOf(error: Error): string {
  if (error instanceof UnwritableRecord) return error.message.slice(0, 200)
  return `PostgreSQL refused the record: ${error.message.slice(0, 200)}`
}

/** Rows by minute, level, source and camera, as parallel arrays for `unnest`. */
type BatchCounts = {
  buckets: string[]
  levels: string[]
  sources: string[]
  cameras: (number | null)[]
  rows: number[]
}

/** Counts a batch by minute, level, source and camera. */
function countBatch(records: readonly LogRecord[]): BatchCounts {
  // Map in map: a text of all four as the key would have to be put together for every record.
  const sources = new Map<string, Map<string, Map<number, number>>>()
  let minute = ''
  for (const { timestamp, level, source, camera_id } of records) {
    if (minute === '' || !timestamp.startsWith(minute)) minute = timestamp.slice(0, 16)
    const minutes = entry(sources, source, newMap<string, Map<number, number>>)
    const groups = entry(minutes, minute, newMap<number, number>)
    const group = (camera_id ?? 0) * LEVELS.length + LEVELS.indexOf(level)
    groups.set(group, (groups.get(group) ?? 0) + 1)
  }
  const counts: BatchCounts = { buckets: [], levels: [], sources: [], cameras: [], rows: [] }
  for (const [source, minutes] of sources) {
    for (const [minute, groups] of minutes) {
      for (const [group, rows] of groups) {
        counts.buckets.push(`${minute}:00Z`)
        // PostgreSQL is about to refuse an invalid level, with its record.
        counts.levels.push(LEVELS[group % LEVELS.length] ?? '')
        counts.sources.push(source)
        // Ids of cameras begin at 1.
        counts.cameras.push(Math.floor(group / LEVELS.length) || null)
        counts.rows.push(rows)
      }
    }
  }
  return counts
}

function newMap<K, V>(): Map<K, V> {
  return new Map()
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

/** The minutes of the records, as the instants they begin with. Bounds of partitions and counts are whole minutes. */
export function minutesOf(records: readonly LogRecord[]): string[] {
  const minutes = new Set<string>()
  let minute = ''
  for (const { timestamp } of records) {
    // Most of a batch has the same minute.
    if (minute !== '' && timestamp.startsWith(minute)) continue
    minute = timestamp.slice(0, 16)
    minutes.add(`${minute}:00Z`)
  }
  return [...minutes]
}
