import {
  compileRules,
  findOverride,
  isEnabled,
  type Level,
  type LevelOverride,
  type LevelRules,
  type LinePlace,
  redactRecord,
} from '@timelapser/logger'
import { fromMillis } from '../../store/database/timestamp.ts'
import { cutoffFor, cutoffsOf } from '../../store/removal/retention-policy.ts'
import type { RedactionPatterns } from '../../store/settings/redaction-patterns.ts'
import type { Settings } from '../../store/settings/settings-schema.ts'

/** A line somebody misses. */
export type QuestionedLine = LinePlace & {
  level: Level
  message: string | undefined
  timestamp: string | undefined
}

export type ExplainState = {
  rules: LevelRules
  /** Those people set; the built-in masks come before them. */
  patterns: RedactionPatterns
  settings: Pick<Settings, 'retention_days' | 'retention_by_level' | 'retention_by_source'>
  nowMs: number
  /** When the cap of an override lets lines through again; undefined when it does. */
  cappedUntilMs: (override: LevelOverride) => number | undefined
  /** The parse rule that drops the line; undefined when none does. */
  droppedBy?: string | undefined
  /** Nothing is stored at all, for want of room on the disk. */
  isDiskFull: boolean
}

export type Explanation = {
  verdict: 'stored' | 'dropped' | 'held_back' | 'rate_limited' | 'past_retention' | 'disk_full'
  /** In force at the line's place. */
  level: Level
  /** The override that sets that level; null when the global level does. */
  override: LevelOverride | null
  /** Until when the verdict holds by what is set now; null when that is not known. */
  until: string | null
  /** Whether something in the message would be hidden. */
  is_masked: boolean
  /** The message as it would be stored; null when none was asked about. */
  stored_message: string | null
  sentence: string
}

/** Explains the verdict on a line; pure. */
export function explainLine(line: QuestionedLine, state: ExplainState): Explanation {
  const { rules, nowMs } = state
  const inForce = findOverride(compileRules(rules), line, nowMs) ?? null
  const level = inForce?.level ?? rules.log_level
  const setBy = inForce ? `the override of ${inForce.scope} ${inForce.target}` : 'the global level'
  const stored_message = line.message === undefined ? null : storedMessage(line.message, state.patterns)
  const masked = line.message !== undefined && stored_message !== line.message
  const known = { level, override: inForce, is_masked: masked, stored_message }
  const until = inForce?.expires_at ?? null
  const lasting = until === null ? '' : ` until ${until}`
  if (state.droppedBy !== undefined) {
    const sentence = `Dropped: the parse rule ${state.droppedBy} drops lines like this one.`
    return { ...known, verdict: 'dropped', until: null, sentence }
  }
  if (!isEnabled(line.level, level)) {
    const sentence = `Held back: ${line.level} is below ${level}, set by ${setBy}${lasting}. A logger with a flight recorder still sends it when an error follows in its request or camera.`
    return { ...known, verdict: 'held_back', until, sentence }
  }
  const cappedUntil =
    inForce && !isEnabled(line.level, rules.log_level) ? state.cappedUntilMs(inForce) : undefined
  if (inForce && cappedUntil !== undefined) {
    const at = fromMillis(cappedUntil)
    const sentence = `Rate-limited: ${setBy} lets ${inForce.max_lines_per_minute} lines per minute through; the limit is used up until ${at}.`
    return { ...known, verdict: 'rate_limited', until: at, sentence }
  }
  const cutoff = cutoffFor(cutoffsOf(state.settings, nowMs), line)
  if (line.timestamp !== undefined && cutoff !== null && Date.parse(line.timestamp) < Date.parse(cutoff)) {
    const sentence = `Past retention: lines of ${line.source} at ${line.level} before ${cutoff} are deleted; a line that arrives this late is stored with its time of arrival.`
    return { ...known, verdict: 'past_retention', until: null, sentence }
  }
  if (state.isDiskFull) {
    const sentence =
      'Refused: free disk space of the database is below the reserve. Senders receive 507 and must keep the line; free disk space, or lower retention_days, retention_max_bytes or disk_reserve_bytes.'
    return { ...known, verdict: 'disk_full', until: null, sentence }
  }
  const hidden = masked ? ` Parts of its message are redacted, so search for: ${stored_message}` : ''
  const sentence = `Stored: ${line.level} reaches ${level}, set by ${setBy}${lasting}.${hidden}`
  return { ...known, verdict: 'stored', until, sentence }
}

/** By the same function that records coming in go through. */
function storedMessage(message: string, patterns: RedactionPatterns): string {
  const nowhere = { timestamp: '', level: 'INFO', source: '', logger_name: null, camera_id: null } as const
  return patterns.mask(redactRecord({ ...nowhere, message, extra_data: null })).message
}
