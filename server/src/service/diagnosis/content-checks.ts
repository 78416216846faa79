import { LEVELS } from '@timelapser/logger'
import type pg from 'pg'
import type { Camera } from '../../store/cameras/cameras.ts'
import { DAY, fromMillis, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import {
  type Cadence,
  readAssociations,
  readCadences,
  readGaps,
} from '../../store/figures/diagnosis-figures.ts'
import type { LogSummary, SourceList } from '../../store/reading/log-overview.ts'
import { type Check, checkOf, count, listed, span, type Trouble } from './check.ts'

/** Above this share of ERROR and CRITICAL something is wrong with what logs, not with its logging. */
const MANY_ERRORS = 0.2
const FEW_LINES = 100

const CADENCE_DAYS = 7
/** Fewer minutes with lines show no cadence. */
const MIN_ACTIVE_MINUTES = 10
/** No silence shorter than this is worth a word. */
const MIN_SILENCE_MINUTES = 10
/** How much longer than it ever was a silence has to be. */
const MARGIN = 1.5

export function checkLevels(summary: LogSummary): Check {
  const counts = Object.fromEntries(
    LEVELS.map((level) => [level, summary[`${level.toLowerCase()}_count` as keyof LogSummary] as number]),
  )
  const bad = summary.error_count + summary.critical_count
  const share = summary.total_logs === 0 ? 0 : bad / summary.total_logs
  const troubles: Trouble[] = []
  if (summary.total_logs >= FEW_LINES && share > MANY_ERRORS) {
    troubles.push({
      verdict: 'warning',
      cause: `${Math.round(share * 100)} % of the lines are ERROR or CRITICAL.`,
      advice: 'Check them: the page at /logs?level=ERROR, or timelapser-logs query --min-level error.',
    })
  }
  const finding = `${count(summary.total_logs)} in 24 hours: ${LEVELS.map((level) => `${level} ${counts[level]}`).join(', ')}`
  return checkOf('levels', finding, { hours: 24, total: summary.total_logs, ...counts }, troubles)
}

/** Names and figures that a check gives of each kind: more are a count. */
const MAX_DETAILS = 1000

export function checkSources({ sources, total }: SourceList): Check {
  const troubles: Trouble[] = []
  if (sources.length === 0) {
    troubles.push({
      verdict: 'warning',
      cause: 'No line has been stored yet.',
      advice: 'Point a logger at the server (docs/ingest.md), or try timelapser-logs scenarios.',
    })
  }
  const names = sources.map(({ source }) => source)
  const finding = `${count(total, 'source')}: ${listed(names) || 'none'}${total > names.length ? ` and ${total - names.length} others` : ''}`
  return checkOf('sources', finding, { total, sources: sources.slice(0, MAX_DETAILS) }, troubles)
}

/** Whether lines name the camera they are of, and every camera has lines. */
export async function checkCameras(pool: pg.Pool, cameras: readonly Camera[], nowMs: number): Promise<Check> {
  const since = fromMillis(nowMs - CADENCE_DAYS * DAY)
  const associations = await readAssociations(pool, since)
  const ofSource = (source: string) => Number(/^camera_(\d+)$/.exec(source)?.[1] ?? Number.NaN)
  const unnamed = associations.filter(({ camera_id }) => camera_id === null)
  const crossed = associations.filter(({ source, camera_id }) => {
    const id = ofSource(source)
    return camera_id !== null && !Number.isNaN(id) && id !== camera_id
  })
  const seen = new Set(associations.flatMap(({ source, camera_id }) => [camera_id, ofSource(source)]))
  const without = cameras.filter(({ id }) => !seen.has(id))
  const rows = (of: typeof associations) => of.reduce((sum, one) => sum + one.rows, 0)
  const troubles: Trouble[] = []
  if (without.length > 0) {
    troubles.push({
      verdict: 'warning',
      cause: `No line in ${CADENCE_DAYS} days from ${listed(without.map(({ id, name }) => `camera ${id} (${name})`))}.`,
      advice: 'Start the programs that log for them, or delete them: timelapser-logs cameras delete <id>.',
    })
  }
  if (unnamed.length > 0) {
    troubles.push({
      verdict: 'warning',
      cause: `${count(rows(unnamed))} of ${listed(unnamed.map(({ source }) => source))} name no camera.`,
      advice:
        'Send camera_id with the source, or create the camera; views of a camera show these lines by source.',
    })
  }
  if (crossed.length > 0) {
    troubles.push({
      verdict: 'warning',
      cause: `${count(rows(crossed))} have the source of another camera than their camera_id.`,
      advice: 'Send the source camera_<id> with the matching camera_id.',
    })
  }
  const finding = `${count(cameras.length, 'camera')}, ${count(rows(associations))} of cameras in ${CADENCE_DAYS} days`
  const few = <T>(all: readonly T[]) => all.slice(0, MAX_DETAILS)
  const details = {
    cameras: few(cameras),
    without_lines: few(without),
    unnamed: few(unnamed),
    crossed: few(crossed),
  }
  return checkOf('cameras', finding, { total: cameras.length, ...details }, troubles)
}

/** Compares each source with its usual cadence. */
export async function checkTimeRange(pool: pg.Pool, summary: LogSummary, nowMs: number): Promise<Check> {
  const cadences = await readCadences(pool, fromMillis(nowMs - CADENCE_DAYS * DAY))
  const regular = cadences.filter(({ source, active_minutes }) => {
    // Test lines come when somebody tests.
    return active_minutes >= MIN_ACTIVE_MINUTES && source !== 'diagnostic'
  })
  const limits = new Map(regular.map((cadence) => [cadence.source, limitOf(cadence)]))
  const silent = regular
    .map(({ source, last_at }) => ({ source, last_at, minutes: (nowMs - toMillis(last_at)) / MINUTE - 1 }))
    .filter(({ source, minutes }) => minutes > (limits.get(source) ?? 0))
  const gaps = await readGaps(pool, fromMillis(nowMs - DAY), limits)
  const troubles: Trouble[] = isSome(silent) ? [silenceOf(silent, limits)] : []
  if (gaps.length > 0) {
    troubles.push({
      verdict: 'warning',
      cause: `Gaps in the last 24 hours: ${listed(
        gaps.map(({ source, from, until, minutes }) => `${source} ${span(minutes)} (${from} to ${until})`),
      )}.`,
      advice: 'Check the lines before and after each gap; spooled lines have already been delivered.',
    })
  }
  const { first_log_at, last_log_at } = summary
  const range = first_log_at === null ? 'No lines yet' : `From ${first_log_at} to ${last_log_at}`
  const finding = `${range}; ${count(regular.length, 'source')} with a usual cadence, ${silent.length} silent`
  const known = cadences
    .slice(0, MAX_DETAILS)
    .map((cadence) => ({ ...cadence, limit_minutes: limits.get(cadence.source) ?? null }))
  return checkOf(
    'time range',
    finding,
    {
      ...{ first_log_at, last_log_at, sources: known },
      ...{ silent: silent.slice(0, MAX_DETAILS), gaps: gaps.slice(0, MAX_DETAILS) },
    },
    troubles,
  )
}

function isSome<T>(all: T[]): all is [T, ...T[]] {
  return all.length > 0
}

type Silent = { source: string; last_at: string; minutes: number }

/**
 * A single silent source is described in full; for many, as when a whole site lost its power, their names and the time
 * since when.
 */
function silenceOf(silent: readonly [Silent, ...Silent[]], limits: ReadonlyMap<string, number>): Trouble {
  const sinceWhen = ({ last_at, minutes }: Silent) => `since ${last_at} (${span(minutes)})`
  const [first, ...others] = silent
  const look = `is running and reaches the server, and check its last lines: timelapser-logs query --source ${first.source}`
  if (others.length === 0) {
    const usual = span(limits.get(first.source) ?? 0)
    return {
      verdict: 'warning',
      cause: `${first.source} is silent ${sinceWhen(first)}; it usually writes at least every ${usual}.`,
      advice: `Check whether the program that writes as ${first.source} ${look}.`,
    }
  }
  const told = silent.map((one) => `${one.source} ${sinceWhen(one)}`)
  return {
    verdict: 'warning',
    cause: `${silent.length} active sources are silent: ${listed(told, 5)}.`,
    advice: `Check whether the program of each ${look}.`,
  }
}

/** Minutes of silence that are not usual for the source. */
function limitOf({ p95_minutes, third_longest_minutes }: Cadence): number {
  return Math.max(MIN_SILENCE_MINUTES, 3 * p95_minutes, MARGIN * third_longest_minutes)
}
