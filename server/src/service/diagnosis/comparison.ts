import { LEVELS } from '@timelapser/logger'
import type { LogSummary, SourceSummary } from '../../store/reading/log-overview.ts'
import { type Check, checkOf, listed, type Trouble, type Verdict } from './check.ts'

/** The compared figures: the summary of 24 hours, the lines of cameras in them, and the sources. */
export type Snapshot = { summary: LogSummary; camera_logs: number; sources: SourceSummary[] }

/** The lines of the specification, each with its verdict. */
export type Comparison = { check: Check; lines: { verdict: Verdict; text: string }[] }

/** Holds what the summaries say against the test lines sent in between. */
export function compare(before: Snapshot, after: Snapshot, hasCameras: boolean): Comparison {
  const rowsOf = ({ summary }: Snapshot, level: string) =>
    summary[`${level.toLowerCase()}_count` as 'info_count']
  const missing = LEVELS.filter((level) => rowsOf(after, level) <= rowsOf(before, level))
  const total = { before: before.summary.total_logs, after: after.summary.total_logs }
  const isCounted = total.after >= total.before + LEVELS.length
  const counts = LEVELS.map((level) => `${level}(${rowsOf(after, level)})`).join(', ')
  const names = after.sources.map(({ source }) => source)
  const lines: Comparison['lines'] = [
    {
      verdict: isCounted ? 'ok' : 'failure',
      text: `Total logs: ${total.after} (up from ${total.before})`,
    },
    {
      verdict: missing.length === 0 ? 'ok' : 'failure',
      text:
        missing.length === 0
          ? `All log levels present: ${counts}`
          : `Log levels that did not rise: ${missing.join(', ')}; ${counts}`,
    },
    {
      verdict: after.camera_logs > 0 || !hasCameras ? 'ok' : 'warning',
      text: `Camera logs: ${after.camera_logs} camera-specific entries`,
    },
    {
      verdict: names.includes('diagnostic') ? 'ok' : 'failure',
      text: `Sources: ${listed(names, 20)}`,
    },
  ]
  const troubles: Trouble[] = []
  if (lines.some(({ verdict }) => verdict === 'failure')) {
    troubles.push({
      verdict: 'failure',
      cause: 'The summary does not show the test lines.',
      advice: 'See the checks of test lines and counts.',
    })
  }
  if (lines.some(({ verdict }) => verdict === 'warning')) {
    troubles.push({
      verdict: 'warning',
      cause: 'No line of a camera in 24 hours.',
      advice: 'See the cameras check.',
    })
  }
  return {
    check: checkOf('comparison', 'Before and after the test lines', { before, after }, troubles),
    lines,
  }
}
