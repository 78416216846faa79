import { isEnabled, LEVELS, type Level } from '@timelapser/logger'
import type pg from 'pg'
import { readAlertFigures } from '../../../store/alerts/alert-deliveries.ts'
import type { DigestPeriod } from '../../../store/alerts/alert-digests.ts'
import { listRules } from '../../../store/alerts/alert-rules.ts'
import { countStates } from '../../../store/alerts/alert-states.ts'
import { countFirings } from '../../../store/alerts/alert-transitions.ts'
import { countByCameras } from '../../../store/counts/camera-counts.ts'
import { DAY, endOfMinute, fromMillis, HOUR, MINUTE, toMillis } from '../../../store/database/timestamp.ts'
import type { LogFilter } from '../../../store/filter/log-filter.ts'
import type { LogOperations } from '../../../store/log-operations.ts'
import type { ScannedMessage } from '../../../store/reading/message-scan.ts'
import { scanMessages } from '../../../store/reading/message-scan.ts'
import { newestByCamera } from '../../../store/reading/newest-by-camera.ts'
import type { CameraService } from '../../administration/camera-service.ts'
import { messageShape } from '../../insights/message-shape.ts'
import type { AlertDefinition } from '../alert-rule.ts'
import { kindOf, MAX_KINDS } from '../kinds.ts'
import type { Sight } from '../owner-sight.ts'
import type { Digest, DigestKind } from './digest.ts'

/** How long lines are read for their kinds, and how many days kinds and cameras are compared with. */
const READ_MS = 8000
const COMPARED_DAYS = 7

/** Kinds, cameras and rules that a digest names; more are counted. */
const MAX_NAMED = 10
const MAX_CAMERAS = 50
const MAX_RULES = 50

export type GatherOptions = {
  pool: pg.Pool
  cameras: CameraService
  logOperations: LogOperations
}

/** The digest of a period, of the lines and rules that its owner may see. Some ten statements, and up to eight seconds. */
export async function gatherDigest(
  options: GatherOptions,
  { owner, timezone, before, start, end }: DigestPeriod,
  { visibility, isAdmin }: Sight,
  signal?: AbortSignal,
): Promise<Digest> {
  const filter: LogFilter = { visibility }
  const [levels, kinds, silent_cameras, alerts, dead_notices] = await Promise.all([
    countLevels(options, filter, { before, start, end }, signal),
    findKinds(options, filter, { start, end }, signal),
    findSilent(options, filter, { start, end }),
    countAlerts(options, isAdmin ? null : owner, { start, end }),
    isAdmin ? readAlertFigures(options.pool).then(({ dead }) => dead) : null,
  ])
  const { own, ...new_kinds } = kinds
  return {
    ...{ timezone, before, start, end, levels, new_kinds, silent_cameras, alerts, dead_notices },
    // Own lines have no camera: an owner who sees some cameras alone sees none of them.
    own: visibility.cameras === null ? own : null,
  }
}

async function countLevels(
  { logOperations }: GatherOptions,
  filter: LogFilter,
  { before, start, end }: Pick<DigestPeriod, 'before' | 'start' | 'end'>,
  signal: AbortSignal | undefined,
): Promise<Digest['levels']> {
  const count = async (from: string, to: string) => {
    const range = { ...filter, start: from, end: lastOf(to) }
    const buckets = await logOperations.getHistogram(
      range,
      toMillis(from),
      toMillis(to) - toMillis(from),
      signal,
    )
    return new Map(buckets.map(({ level, rows }) => [level, rows]))
  }
  const [rows, rowsBefore] = [await count(start, end), await count(before, start)]
  return LEVELS.toReversed()
    .filter((level) => isEnabled(level, filter.visibility.min_level ?? 'DEBUG'))
    .map((level) => ({ level, rows: rows.get(level) ?? 0, rows_before: rowsBefore.get(level) ?? 0 }))
}

type Kinds = Digest['new_kinds'] & { own: { total: number; most: DigestKind[] } }

/** Reads lines from the newest on: first those of the period, then the days before, in which some of its kinds are found. */
async function findKinds(
  { logOperations }: GatherOptions,
  filter: LogFilter,
  { start, end }: Pick<DigestPeriod, 'start' | 'end'>,
  signal: AbortSignal | undefined,
): Promise<Kinds> {
  const fresh = new Map<string, DigestKind>()
  const own = new Map<string, DigestKind>()
  const earliest = fromMillis(toMillis(start) - COMPARED_DAYS * DAY)
  const deadline = performance.now() + READ_MS
  const first = toMillis(start)
  let searched_to = end
  const levels = LEVELS.filter((level) => isEnabled(level, 'WARNING'))
  const scan = logOperations.scan(
    scanMessages,
    { ...filter, levels, start: earliest, end: lastOf(end) },
    signal,
  )
  for await (const found of scan) {
    for (const message of found.messages) {
      const isOfPeriod = toMillis(message.timestamp) >= first
      const kind = kindOf(message.level, message.message)
      if (isOwn(message)) {
        if (isOfPeriod) note(own, kind, message)
      } else if (isOfPeriod) note(fresh, kind, message)
      else fresh.delete(kind)
    }
    searched_to = found.searched_to
    // Without a kind that could still be new there is nothing to compare.
    if (performance.now() > deadline || (toMillis(searched_to) < first && fresh.size === 0)) break
  }
  if (performance.now() <= deadline) searched_to = earliest
  const isPartial = toMillis(searched_to) > first
  return {
    ...{ total: fresh.size, most: mostOf(fresh) },
    searched_from: isPartial ? searched_to : start,
    compared_from: isPartial ? null : searched_to,
    own: { total: [...own.values()].reduce((sum, { rows }) => sum + rows, 0), most: mostOf(own) },
  }
}

function isOwn({ logger_name }: ScannedMessage): boolean {
  return logger_name?.startsWith('timelapser_logs.') || logger_name === 'timelapser.diagnose'
}

function note(
  kinds: Map<string, DigestKind>,
  kind: string,
  { level, message, timestamp }: ScannedMessage,
): void {
  const known = kinds.get(kind)
  if (known) {
    known.rows++
    known.first_at = timestamp
  } else if (kinds.size < MAX_KINDS) {
    kinds.set(kind, { level, text: messageShape(message), rows: 1, first_at: timestamp })
  }
}

/** The worst kinds first, and among them those with most lines. */
function mostOf(kinds: ReadonlyMap<string, DigestKind>): DigestKind[] {
  const rank = (level: Level) => LEVELS.indexOf(level)
  return [...kinds.values()]
    .toSorted((a, b) => rank(b.level) - rank(a.level) || b.rows - a.rows)
    .slice(0, MAX_NAMED)
}

async function findSilent(
  { cameras, logOperations }: GatherOptions,
  filter: LogFilter,
  { start, end }: Pick<DigestPeriod, 'start' | 'end'>,
): Promise<Digest['silent_cameras']> {
  const all = await cameras.list(filter.visibility)
  const ids = all.map(({ id }) => id)
  const heardIn = async (from: number, to: number) => {
    const range = { ...filter, start: fromMillis(from), end: lastOf(fromMillis(to)) }
    // Steps of whole hours are counted from the hours; how many there are is of no matter.
    const origin = Math.floor(from / HOUR) * HOUR
    const buckets = await logOperations.read(
      countByCameras,
      range,
      undefined,
      ids,
      origin,
      (COMPARED_DAYS + 1) * DAY,
    )
    return new Set(buckets.map(({ camera_id }) => camera_id))
  }
  const [first, last] = [toMillis(start), toMillis(end)]
  const before = await heardIn(first - COMPARED_DAYS * DAY, first)
  const heard = await heardIn(first, last)
  const silent = all.filter(({ id }) => before.has(id) && !heard.has(id))
  const listed = silent.slice(0, MAX_CAMERAS)
  const lines = await logOperations.read(
    newestByCamera,
    { ...filter, end: lastOf(end) },
    undefined,
    listed.map(({ id }) => id),
  )
  return {
    total: silent.length,
    listed: listed.map(({ id, name }) => ({ id, name, last_at: lines.get(id)?.timestamp ?? null })),
  }
}

/** @param owner whose rules; null for those of everybody */
async function countAlerts(
  { pool }: GatherOptions,
  owner: string | null,
  { start, end }: Pick<DigestPeriod, 'start' | 'end'>,
): Promise<Digest['alerts']> {
  const rules = await listRules(pool, owner)
  const ids = rules.map(({ id }) => id)
  const [fired, states] = await Promise.all([
    countFirings(pool, { rules: ids, start, end }),
    countStates(pool, ids),
  ])
  return rules
    .map(({ id, name, rule, enabled, problem }) => ({
      ...{ rule_id: id, name, severity: (rule as AlertDefinition).severity ?? 'warning' },
      ...(fired.get(id) ?? { fired: 0, groups: 0 }),
      is_firing: (states.get(id)?.firing ?? 0) > 0,
      problem: enabled ? problem : null,
    }))
    .filter((one) => one.fired > 0 || one.is_firing || one.problem !== null)
    .toSorted((a, b) => Number(b.is_firing) - Number(a.is_firing) || b.fired - a.fired)
    .slice(0, MAX_RULES)
}

/** The last microsecond before a whole minute. */
function lastOf(end: string): string {
  return endOfMinute(fromMillis(toMillis(end) - MINUTE))
}
