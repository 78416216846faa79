// When a rule would have fired: the same judgement, over the lines of the last days.
import type pg from 'pg'
import { type PastMinute, pastMinutes } from '../../store/alerts/alert-preview.ts'
import { DAY, endOfMinute, fromMillis, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { isCountable, type LogFilter } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { AppError } from '../app-error.ts'
import { activeHours } from './active-hours.ts'
import { type AlertDefinition, conditionOf, type Grouping } from './alert-rule.ts'
import { withGroup } from './delivery/notice-writer.ts'
import { Group, type JudgedRule, newState, type Sighting } from './judging/group.ts'
import { judge } from './judging/judge.ts'

/** Groups that are looked at when each is a search of its own. */
const MAX_SEARCHED_GROUPS = 20
/** Incidents that are listed. */
const MAX_INCIDENTS = 200

type PastIncident = {
  group_key: string
  start: string
  /** Null while it lasts. */
  end: string | null
  value: number | null
}

export type Preview = {
  start: string
  end: string
  /** The newest ones, oldest first. */
  incidents: PastIncident[]
  total: number
  groups: number
}

export type PreviewOptions = { pool: pg.Pool; logOperations: LogOperations }

/**
 * Runs a rule over the last days, as if each line had come at its own time.
 *
 * @throws {AppError} INVALID_REQUEST when it would have to look at too much
 */
export async function previewRule(
  { pool, logOperations }: PreviewOptions,
  {
    definition,
    filter,
    days,
    until,
  }: { definition: AlertDefinition; filter: LogFilter; days: number; until: number },
  signal: AbortSignal,
): Promise<Preview> {
  const end = Math.floor(until / MINUTE) * MINUTE
  const start = end - days * DAY
  const range = { ...filter, start: fromMillis(start), end: endOfMinute(fromMillis(end - MINUTE)) }
  const deleted_cameras = await logOperations.deletedCameras()
  const minutes = await readMinutes(
    pool,
    logOperations,
    { ...range, deleted_cameras },
    definition.group_by,
    signal,
  )
  const rule: JudgedRule = {
    condition: conditionOf(definition.condition),
    hours: activeHours(definition.active_hours),
    isGrouped: definition.group_by !== undefined,
  }
  const byGroup = Map.groupBy(minutes, ({ group_key }) => group_key)
  if (!rule.isGrouped && byGroup.size === 0) byGroup.set('', [])
  const incidents: PastIncident[] = []
  for (const [group_key, of] of byGroup) {
    const state = newState(start)
    if (!rule.isGrouped) Object.assign(state, { judged_from: start, due_at: start })
    const group = new Group(rule, state)
    judge(group, of.map(toSighting), end)
    for (const { kind, at, value } of group.transitions) {
      if (kind === 'firing') incidents.push({ group_key, start: fromMillis(at), end: null, value })
      else Object.assign(incidents.at(-1) ?? {}, { end: fromMillis(at) })
    }
  }
  incidents.sort((a, b) => toMillis(a.start) - toMillis(b.start))
  return {
    ...{ start: fromMillis(start), end: fromMillis(end), groups: byGroup.size, total: incidents.length },
    incidents: incidents.slice(-MAX_INCIDENTS),
  }
}

async function readMinutes(
  pool: pg.Pool,
  logs: LogOperations,
  filter: LogFilter & { start: string; end: string },
  group_by: Grouping | undefined,
  signal: AbortSignal,
): Promise<PastMinute[]> {
  if (isCountable(filter) && group_by !== 'logger_name') {
    const minutes = await pastMinutes(pool, filter, group_by ?? null)
    if (minutes) return minutes
    throw new AppError(
      'INVALID_REQUEST',
      'There are too many groups to look at so many days. Take fewer days.',
    )
  }
  const groups = group_by === undefined ? [''] : await groupsOf(logs, filter, group_by, signal)
  const minutes: PastMinute[] = []
  for (const group_key of groups) {
    const asked = { ...withGroup(filter, group_by, group_key), start: filter.start, end: filter.end }
    const buckets = await logs.getHistogram(asked, toMillis(filter.start), MINUTE, signal)
    const rows = new Map<string, number>()
    for (const { bucket, rows: count } of buckets) rows.set(bucket, (rows.get(bucket) ?? 0) + count)
    for (const [minute, count] of rows) minutes.push({ group_key, minute, rows: count })
  }
  return minutes.sort((a, b) => toMillis(a.minute) - toMillis(b.minute))
}

async function groupsOf(
  logs: LogOperations,
  filter: LogFilter,
  group_by: Grouping,
  signal: AbortSignal,
): Promise<string[]> {
  if (group_by === 'logger_name') {
    const { counts } = await logs.countLoggers(filter, signal)
    return mostRows(counts.map(({ logger_name, rows }) => ({ value: logger_name, rows })))
  }
  return mostRows(await logs.getFacet(filter, group_by === 'camera' ? 'camera_id' : 'source', signal))
}

function mostRows(counts: readonly { value: string | number | null; rows: number }[]): string[] {
  const named = counts.filter(({ value }) => value !== null).toSorted((a, b) => b.rows - a.rows)
  return [...new Set(named.map(({ value }) => String(value)))].slice(0, MAX_SEARCHED_GROUPS)
}

function toSighting({ minute, rows }: PastMinute): Sighting {
  const first = toMillis(minute)
  const last = first + MINUTE - 1
  return { feed_id: first, at: last, rows, first, last, minutes: new Map([[first, rows]]) }
}
