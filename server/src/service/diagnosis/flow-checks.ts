import type pg from 'pg'
import { fromMillis, HOUR } from '../../store/database/timestamp.ts'
import { readNotStored } from '../../store/figures/diagnosis-figures.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { StoredRules } from '../../store/settings/level-overrides.ts'
import { MAX_WAITING_ROWS } from '../../store/writing/log-writer.ts'
import type { Health } from '../health.ts'
import { type Check, checkOf, count, listed, type Trouble } from './check.ts'

const NOT_STORED_DAYS = 2
/** Seconds after which a live view is late. */
const LATE_SECONDS = 5
const QUEUE_SHARE = 0.5

/** The reasons as people see them, with the remedy. */
const REASONS: Readonly<Record<string, string>> = {
  rate_limited: 'Raise max_lines_per_minute of the override, or clear it: timelapser-logs levels.',
  dropped_by_rule:
    'None needed if this is intended: timelapser-logs parse-rules list shows how much each rule drops.',
  rejected: 'Fix the sender: the reply to each of its requests reports which record was refused, and why.',
  refused_by_database: 'Fix the sender: the reply to each of its requests reports which record was refused.',
  stored_at_arrival: 'Set the clock of the sender; the original time is in extra_data.',
}

export function checkLevelInForce({ log_level, overrides }: StoredRules): Check {
  const troubles: Trouble[] = []
  if (log_level === 'ERROR' || log_level === 'CRITICAL') {
    troubles.push({
      verdict: 'warning',
      cause: `Lines below ${log_level} are not stored.`,
      advice: 'Lower it: timelapser-logs levels set info.',
    })
  }
  const lasting = overrides.filter(({ expires_at, level }) => expires_at === null && level === 'DEBUG')
  if (lasting.length > 0) {
    troubles.push({
      verdict: 'warning',
      cause: `DEBUG without expiry for ${listed(lasting.map(({ scope, target }) => `${scope} ${target}`))}.`,
      advice: 'Set an expiry, or clear it: timelapser-logs levels.',
    })
  }
  const finding = `${log_level} everywhere, ${count(overrides.length, 'override')}`
  return checkOf('level in force', finding, { log_level, overrides }, troubles)
}

export type BufferSources = {
  pool: pg.Pool
  logOperations: LogOperations
  health: Health
  subscribers: () => number
  ownLog: () => { queuedRows: number; spooledRows: number; dropped: number }
  isListening: () => boolean
}

/** Checks lines that wait, came late or were lost, here and at the senders. */
export async function checkBuffers(sources: BufferSources, nowMs: number): Promise<Check> {
  const { pool, logOperations, health } = sources
  const [notStored, feedLag, losses] = await Promise.all([
    readNotStored(pool, NOT_STORED_DAYS),
    health.feedLagSeconds(),
    logOperations.countLogs({
      visibility: { cameras: null },
      logger_names: ['timelapser.logger'],
      levels: ['WARNING'],
      start: fromMillis(nowMs - NOT_STORED_DAYS * 24 * HOUR),
    }),
  ])
  const waiting = logOperations.waitingRows
  const own = sources.ownLog()
  const isLate = !sources.isListening() || feedLag > LATE_SECONDS
  const troubles = bufferTroubles({ waiting, isLate, notStored, own, losses: losses.total })
  const details = {
    write_queue_rows: waiting,
    own_log: own,
    feed_lag_seconds: feedLag,
    stream_subscribers: sources.subscribers(),
    not_stored: notStored,
    loss_reports: losses.total,
  }
  const finding = `${count(waiting, 'row')} waiting, ${count(own.spooledRows)} on disk, ${count(sources.subscribers(), 'live view')}, feed ${feedLag.toFixed(1)} s behind; not stored in ${NOT_STORED_DAYS} days: ${
    listed(notStored.map(({ reason, rows }) => `${rows.toLocaleString('en-US')} ${reason}`)) || 'nothing'
  }`
  return checkOf('buffers', finding, details, troubles)
}

function bufferTroubles({
  waiting,
  isLate,
  notStored,
  own,
  losses,
}: {
  waiting: number
  isLate: boolean
  notStored: Awaited<ReturnType<typeof readNotStored>>
  own: ReturnType<BufferSources['ownLog']>
  losses: number
}): Trouble[] {
  const troubles: Trouble[] = []
  if (waiting > MAX_WAITING_ROWS * QUEUE_SHARE) {
    troubles.push({
      verdict: 'warning',
      cause: `${count(waiting, 'row')} wait to be written.`,
      advice: 'Lines arrive faster than the database stores them; check its disk, or send less.',
    })
  }
  if (isLate) {
    troubles.push({
      verdict: 'warning',
      cause: 'Notices of the database do not arrive; live views poll every two seconds.',
      advice: 'The server reconnects automatically; a pooler in front of PostgreSQL must support LISTEN.',
    })
  }
  for (const { reason, rows } of notStored) {
    const advice = REASONS[reason]
    if (advice === undefined || rows === 0) continue
    troubles.push({
      verdict: 'warning',
      cause: `${count(rows, 'row')} ${reason.replaceAll('_', ' ')}.`,
      advice,
    })
  }
  if (own.spooledRows > 0) {
    troubles.push({
      verdict: 'warning',
      cause: `${count(own.spooledRows)} of the server itself wait on disk.`,
      advice:
        'They are stored as soon as the database accepts lines again; if they remain, see the retention check.',
    })
  }
  if (own.dropped > 0 || losses > 0) {
    troubles.push({
      verdict: 'warning',
      cause: `Lines were lost by senders: ${count(losses, 'report')} in ${NOT_STORED_DAYS} days, ${count(own.dropped)} of the server itself.`,
      advice:
        'timelapser-logs query --logger timelapser.logger shows the senders and the reasons; give them a larger spool.',
    })
  }
  return troubles
}
