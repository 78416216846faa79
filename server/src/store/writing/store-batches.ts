// A transaction of the writer: the batches of several callers with their counts and their place in the feed; and the
// parts of a batch that needs several.

import { LEVELS, type LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import type { CountedLines, KeptCounts } from '../alerts/entry-counts.ts'
import {
  arrayText,
  BEGIN,
  COMMIT,
  copyText,
  type FlightStatement,
  sendFlight,
  UnwritableRecord,
} from '../database/batch-flight.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import { isClosingRefusal } from '../partitions/partition-closing.ts'
import { isMissingPartition } from '../partitions/partitions.ts'
import {
  type AddResult,
  claimBatches,
  markOfPart,
  nothing,
  rememberReplies,
  type SenderMark,
} from './senders.ts'

/** Records of one caller, which are answered together. */
export type Batch = {
  records: readonly LogRecord[]
  /** The minutes the records lie in, each as the instant it begins with. */
  minutes: readonly string[]
  sender: SenderMark | undefined
  /** Whether it is imported. The batches of a transaction are all imported, or none is. */
  isImport: boolean
}

export const COPY = `copy logs (${LOG_COLUMN_LIST}) from stdin`

/** Rows that are being stored, with the id of the first; the others follow it. */
export type OnRows = (records: readonly LogRecord[], firstId: number) => void

/**
 * Stores all records or, when PostgreSQL refuses one, none; without senders in a single round trip. When it throws, the
 * transaction is still to be rolled back.
 *
 * @param firstId of as many as there are records
 * @param onRows told of rows that are no imports, on their way; they may still be refused
 * @throws an error that `isDataError` knows when one of the records is at fault
 */
export async function storeAtOnce(
  client: pg.PoolClient,
  batches: readonly Batch[],
  firstId: number,
  onRows?: OnRows,
): Promise<AddResult[]> {
  const hasSenders = batches.some(({ sender }) => sender)
  if (hasSenders) await client.query('begin')
  const repeats = await claimBatches(client, batches)
  const fresh = batches.filter((batch) => !repeats.has(batch))
  const records = fresh.flatMap((batch) => batch.records)
  const written = resultsOf(fresh, firstId, new Map())
  await rememberReplies(client, fresh, written)
  if (records.length > 0) {
    const sent = sendFlight(client, {
      before: hasSenders ? [] : [BEGIN],
      copy: COPY,
      chunks: copyText(records, 0, records.length, firstId),
      after: [feedStatement(fresh, records, firstId), COMMIT],
    })
    try {
      // While PostgreSQL works.
      if (onRows && !batches.some(({ isImport }) => isImport)) onRows(records, firstId)
    } finally {
      await sent
    }
  } else if (hasSenders) await client.query('commit')
  return batches.map((batch) => repeats.get(batch) ?? written.get(batch) ?? nothing())
}

/** The counts of the stored records and the place of their batches in the feed: the last statement before COMMIT. */
export function feedStatement(
  batches: readonly Batch[],
  stored: readonly LogRecord[],
  firstId: number,
  storedMinutes = batches.flatMap((batch) => batch.minutes),
): FlightStatement {
  const { buckets, levels, sources, cameras, rows, entryCounts } = countBatch(stored)
  const ids = batches.reduce((sum, batch) => sum + batch.records.length, 0)
  const minutes = storedMinutes.sort()
  const lastMinute = minutes.at(-1) ?? ''
  return {
    name: 'flight_feed',
    text: 'select append_to_feed($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
    values: [
      `${firstId}`,
      `${firstId + ids - 1}`,
      minutes[0] ?? '',
      `${lastMinute.slice(0, 16)}:59.999999Z`,
      `${stored.length}`,
      ...[buckets, levels, sources, cameras, rows].map(arrayText),
      `${batches.some(({ isImport }) => isImport)}`,
      entryCounts,
    ],
  }
}

export function resultsOf(
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

/** Lines that differ in this of one entry: the counts of an entry with more are not kept, some 60 kB. */
export const MAX_COUNTED_LINES = 2000

/** Rows by minute, level, source and camera, as parallel arrays for `unnest`. */
type BatchCounts = {
  buckets: string[]
  levels: string[]
  sources: string[]
  cameras: (number | null)[]
  rows: number[]
  /** The same with the times of the rows, for the alert rules; null when there are too many to be kept. */
  entryCounts: string | null
}

/** Rows that have all of it in common, and the earliest and latest of them in milliseconds of their minute. */
type Cell = { rows: number; first: number; last: number }

/** Counts a batch by minute, level, source and camera; the system's own lines apart. */
function countBatch(records: readonly LogRecord[]): BatchCounts {
  // Map in map: a text of all four as the key would have to be put together for every record.
  const sources = new Map<string, Map<string, Map<number, Cell>>>()
  let minute = ''
  for (const { timestamp, level, source, camera_id, logger_name } of records) {
    if (minute === '' || !timestamp.startsWith(minute)) minute = timestamp.slice(0, 16)
    const minutes = entry(sources, source, newMap<string, Map<number, Cell>>)
    const groups = entry(minutes, minute, newMap<number, Cell>)
    const own = isOwnLogger(logger_name) ? 1 : 0
    const group = ((camera_id ?? 0) * 2 + own) * LEVELS.length + LEVELS.indexOf(level)
    const at = millisOfMinute(timestamp)
    const cell = groups.get(group)
    if (cell) {
      cell.rows++
      if (at < cell.first) cell.first = at
      if (at > cell.last) cell.last = at
    } else groups.set(group, { rows: 1, first: at, last: at })
  }
  return arraysOf(sources)
}

function arraysOf(all: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<number, Cell>>>): BatchCounts {
  const counts: BatchCounts = {
    ...{ buckets: [], levels: [], sources: [], cameras: [], rows: [], entryCounts: null },
  }
  const lines: CountedLines[] = []
  for (const [source, minutes] of all) {
    for (const [minute, groups] of minutes) {
      const bucket = `${minute}:00Z`
      const began = Date.parse(bucket)
      for (const [group, { rows, first, last }] of groups) {
        // PostgreSQL is about to refuse an invalid level, with its record.
        const level = LEVELS[group % LEVELS.length] ?? ''
        const rest = Math.floor(group / LEVELS.length)
        // Ids of cameras begin at 1.
        const camera_id = Math.floor(rest / 2) || null
        counts.buckets.push(bucket)
        counts.levels.push(level)
        counts.sources.push(source)
        counts.cameras.push(camera_id)
        counts.rows.push(rows)
        const times = { minute: began, first: began + first, last: began + last }
        lines.push({ level, source, camera_id, is_own: rest % 2 === 1, rows, ...times })
      }
    }
  }
  if (lines.length <= MAX_COUNTED_LINES) counts.entryCounts = countsText(lines)
  return counts
}

const ZERO = 48
const POINT = 46

/** Milliseconds since the minute of a timestamp began, digits below dropped. */
function millisOfMinute(timestamp: string): number {
  const digit = (index: number) => timestamp.charCodeAt(index) - ZERO
  let millis = digit(17) * 10_000 + digit(18) * 1000
  if (timestamp.charCodeAt(19) !== POINT) return millis
  for (let index = 20, worth = 100; worth >= 1 && index < timestamp.length - 1; index++, worth /= 10) {
    millis += digit(index) * worth
  }
  return millis
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

/** The lines as the text in `log_feed_counts`. */
function countsText(lines: readonly CountedLines[]): string {
  const sources = new Map<string, number>()
  const levels = new Map<string, number>()
  const place = (of: Map<string, number>, value: string) => {
    const known = of.get(value)
    if (known !== undefined) return known
    of.set(value, of.size)
    return of.size - 1
  }
  const numbers = lines.flatMap(({ level, source, camera_id, is_own, minute, rows, first, last }) => [
    ...[place(sources, source), place(levels, level), camera_id ?? 0, is_own ? 1 : 0],
    ...[minute, rows, first - minute, last - minute],
  ])
  const kept: KeptCounts = { sources: [...sources.keys()], levels: [...levels.keys()], lines: numbers }
  return JSON.stringify(kept)
}

/** `IS_OWN` for a line that is not stored yet. */
function isOwnLogger(name: string | null): boolean {
  return name !== null && (name.startsWith('timelapser_logs.') || name === 'timelapser.diagnose')
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

// A transaction holds a lock on every partition it writes to and on each of its indexes until it ends, and all
// connections of a PostgreSQL with usual settings share some 6,400 of them: a batch that reaches into 600 days would end
// with "out of shared memory". So a batch that reaches into many partitions becomes several transactions.

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
      sender: sender && markOfPart(sender, start, own),
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
