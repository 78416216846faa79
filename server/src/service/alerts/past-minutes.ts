// The counts a rule would have had in the past, from the lines that are stored now.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type pg from 'pg'
import { MAX_KEY, OTHERS } from '../../store/alerts/alert-matches.ts'
import { type PastMinute as MinuteRows, pastMinutes } from '../../store/alerts/alert-preview.ts'
import { MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { isCountable, type LogFilter } from '../../store/filter/log-filter.ts'
import type { SearchNode } from '../../store/filter/search-conditions.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { scanFields } from '../../store/reading/field-scan.ts'
import { countLoggers } from '../../store/reading/logger-counts.ts'
import { AppError } from '../app-error.ts'
import { type Condition, conditionOf } from './alert-condition.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { withGroup } from './delivery/notice-writer.ts'
import { MAX_GROUPS } from './evaluation.ts'
import { type Grouping, groupPath, isDimension } from './grouping.ts'
import { addTallies, NO_TALLY, numbersOf, type Tally } from './judging/tally.ts'
import { countedQuery } from './query-within.ts'

/** Groups that are looked at when each is a search of its own. */
const MAX_SEARCHED_GROUPS = 20

/** How long lines are read for their numbers. */
const READ_MS = 8000

/** Minutes that are worked on before others have a turn. */
const AT_ONCE = 5000

export type PastMinute = { group_key: string; minute: number; tally: Tally }
/** Oldest first; everything from `searched_from` on was looked at. */
export type PastMinutes = { minutes: PastMinute[]; searched_from: number }

export type PastOptions = { pool: pg.Pool; logOperations: LogOperations }

type Range = { start: string; end: string }

export type PastQuestion = Range & {
  definition: AlertDefinition
  /** The filter of a query, as the owner of the rule sees it. */
  read: (query: string) => Promise<LogFilter>
  /** One group alone. */
  group_key?: string | undefined
}

/** @throws {AppError} INVALID_REQUEST when it would have to look at too much */
export async function readPast(
  options: PastOptions,
  { definition, read, group_key, start, end }: PastQuestion,
  signal: AbortSignal,
): Promise<PastMinutes> {
  const condition = conditionOf(definition.condition)
  const deleted_cameras = await options.logOperations.deletedCameras()
  const { group_by } = definition
  const filterFor = async (query: string) => {
    const filter = { ...(await read(query)), deleted_cameras }
    const within = group_key === undefined ? filter : withGroup(filter, group_by, group_key)
    return { ...within, start, end }
  }
  const grouping = group_key === undefined ? group_by : undefined
  const filter = await filterFor(countedQuery(definition))
  const found =
    condition.kind === 'number'
      ? await readNumbers(options, filter, grouping, condition, signal)
      : await readRows(options, filter, grouping, false, signal)
  if (condition.kind === 'share') {
    const whole = await readRows(options, await filterFor(condition.of), grouping, true, signal)
    found.searched_from = Math.max(found.searched_from, whole.searched_from)
    const minutes = await joined([...found.minutes, ...whole.minutes], signal)
    found.minutes = minutes.filter(({ minute }) => minute >= found.searched_from)
  }
  const minutes = found.minutes
    .map((one) => (group_key === undefined ? one : { ...one, group_key }))
    .toSorted((a, b) => a.minute - b.minute)
  return { ...found, minutes }
}

async function joined(minutes: readonly PastMinute[], signal: AbortSignal): Promise<PastMinute[]> {
  const byKey = new Map<string, PastMinute>()
  await forEachInTurns(minutes, signal, (one) => {
    const key = `${one.minute} ${one.group_key}`
    const known = byKey.get(key)
    byKey.set(key, known ? { ...known, tally: addTallies(known.tally, one.tally) } : one)
  })
  return [...byKey.values()]
}

/**
 * Calls `act` for each, as many at a time as take milliseconds: there may be hundreds of thousands, and others have their
 * turn between.
 *
 * @throws the signal's reason when it aborts meanwhile
 */
export async function forEachInTurns<T>(
  items: readonly T[],
  signal: AbortSignal,
  act: (item: T) => void,
): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    for (const item of items.slice(from, from + AT_ONCE)) act(item)
    await nextTurn()
    signal.throwIfAborted()
  }
}

async function readRows(
  { pool, logOperations }: PastOptions,
  filter: LogFilter & Range,
  group_by: Grouping | undefined,
  isWhole: boolean,
  signal: AbortSignal,
): Promise<PastMinutes> {
  const searched_from = toMillis(filter.start)
  const path = groupPath(group_by)
  if (path) return readByField(logOperations, filter, path, isWhole, signal)
  const toMinute = ({ group_key, minute, rows }: MinuteRows) => ({
    ...{ group_key, minute: toMillis(minute) },
    tally: { ...NO_TALLY, [isWhole ? 'whole' : 'rows']: rows },
  })
  if (isCountable(filter) && isDimension(group_by)) {
    const counted = await pastMinutes(pool, filter, group_by ?? null)
    if (counted === undefined) {
      throw new AppError(
        'INVALID_REQUEST',
        'There are too many groups to look at so many days. Take fewer days.',
      )
    }
    const found: PastMinute[] = []
    await forEachInTurns(counted, signal, (one) => found.push(toMinute(one)))
    return { minutes: found, searched_from }
  }
  const groups = group_by === undefined ? [''] : await groupsOf(logOperations, filter, group_by, signal)
  const minutes: PastMinute[] = []
  for (const group_key of groups) {
    const asked = { ...withGroup(filter, group_by, group_key), start: filter.start, end: filter.end }
    const buckets = await logOperations.getHistogram(asked, toMillis(filter.start), MINUTE, signal)
    const rows = new Map<string, number>()
    for (const { bucket, rows: count } of buckets) rows.set(bucket, (rows.get(bucket) ?? 0) + count)
    for (const [minute, count] of rows) minutes.push(toMinute({ group_key, minute, rows: count }))
  }
  return { minutes, searched_from }
}

/** Lines by the value of a field and minute, as far back as there is time for. */
async function readByField(
  logs: LogOperations,
  filter: LogFilter & Range,
  path: readonly string[],
  isWhole: boolean,
  signal: AbortSignal,
): Promise<PastMinutes> {
  const deadline = performance.now() + READ_MS
  const counts = new Map<string, Map<number, number>>()
  let searched_from = toMillis(filter.start)
  for await (const { lines, searched_to } of logs.scan(scanFields, having(filter, path), signal, path)) {
    for (const { timestamp, value } of lines) {
      const named = keyOfValue(value)
      if (named === undefined) continue
      const group_key = counts.has(named) || counts.size < MAX_GROUPS ? named : OTHERS
      const minute = Math.floor(toMillis(timestamp) / MINUTE) * MINUTE
      const ofGroup = counts.get(group_key) ?? new Map<number, number>()
      counts.set(group_key, ofGroup.set(minute, (ofGroup.get(minute) ?? 0) + 1))
    }
    if (performance.now() > deadline && searched_to > filter.start) {
      searched_from = Math.ceil(toMillis(searched_to) / MINUTE) * MINUTE
      break
    }
    await nextTurn()
  }
  const minutes: PastMinute[] = []
  for (const [group_key, ofGroup] of counts) {
    for (const [minute, rows] of ofGroup) {
      if (minute < searched_from) continue
      minutes.push({ group_key, minute, tally: { ...NO_TALLY, [isWhole ? 'whole' : 'rows']: rows } })
    }
  }
  return { minutes, searched_from }
}

/** The name of the group that a value makes, as the evaluation names it. */
function keyOfValue(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  const key = String(value)
  return key.length > MAX_KEY ? OTHERS : key || undefined
}

/** The filter within lines that have the field. */
function having(filter: LogFilter & Range, path: readonly string[]): LogFilter & Range {
  const node: SearchNode = { kind: 'extra_data', path, match: { kind: 'exists' } }
  return { ...filter, q: { kind: 'and', nodes: [...(filter.q ? [filter.q] : []), node] } }
}

async function readNumbers(
  { logOperations }: PastOptions,
  filter: LogFilter & Range,
  group_by: Grouping | undefined,
  { field, measure }: Extract<Condition, { kind: 'number' }>,
  signal: AbortSignal,
): Promise<PastMinutes> {
  const path = field.split('.')
  const measured = having(filter, path)
  const groups = group_by === undefined ? [''] : await groupsOf(logOperations, measured, group_by, signal)
  const deadline = performance.now() + READ_MS
  const minutes: PastMinute[] = []
  let searched_from = toMillis(filter.start)
  for (const [index, group_key] of groups.entries()) {
    // Each group has its share of what is left of the time.
    const until = performance.now() + (deadline - performance.now()) / (groups.length - index)
    const values = new Map<number, number[]>()
    const asked = { ...withGroup(measured, group_by, group_key), start: filter.start, end: filter.end }
    for await (const { lines, searched_to } of logOperations.scan(scanFields, asked, signal, path)) {
      for (const { timestamp, value } of lines) {
        if (typeof value !== 'number' || !Number.isFinite(value)) continue
        const minute = Math.floor(toMillis(timestamp) / MINUTE) * MINUTE
        const known = values.get(minute)
        if (known) known.push(value)
        else values.set(minute, [value])
      }
      if (performance.now() > until && searched_to > filter.start) {
        searched_from = Math.max(searched_from, Math.ceil(toMillis(searched_to) / MINUTE) * MINUTE)
        break
      }
      await nextTurn()
    }
    for (const [minute, of] of values) {
      const tally = { rows: of.length, whole: 0, numbers: numbersOf(of, measure === 'p95') }
      minutes.push({ group_key, minute, tally })
    }
  }
  return { minutes: minutes.filter(({ minute }) => minute >= searched_from), searched_from }
}

async function groupsOf(
  logs: LogOperations,
  filter: LogFilter & Range,
  group_by: Grouping,
  signal: AbortSignal,
): Promise<string[]> {
  const path = groupPath(group_by)
  if (path) {
    const { minutes } = await readByField(logs, filter, path, false, signal)
    const rows = new Map<string, number>()
    for (const { group_key, tally } of minutes) rows.set(group_key, (rows.get(group_key) ?? 0) + tally.rows)
    return mostRows([...rows].map(([value, count]) => ({ value, rows: count })))
  }
  if (group_by === 'logger_name') {
    const { counts } = await logs.read(countLoggers, filter, signal)
    return mostRows(counts.map(({ logger_name, rows }) => ({ value: logger_name, rows })))
  }
  return mostRows(await logs.getFacet(filter, group_by === 'camera' ? 'camera_id' : 'source', signal))
}

function mostRows(counts: readonly { value: string | number | null; rows: number }[]): string[] {
  const named = counts.filter(({ value }) => value !== null).toSorted((a, b) => b.rows - a.rows)
  return [...new Set(named.map(({ value }) => String(value)))].slice(0, MAX_SEARCHED_GROUPS)
}
