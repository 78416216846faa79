import type { RedactionPatterns } from '../../store/settings/redaction-patterns.ts'
import { maskTrial, type Trial } from './parse-rule-trial.ts'

/** Stored lines as rules would make them. */
export type DryRun = {
  /** Stored lines of the sources that were tried, and what would become of them now. */
  lines: number
  changed: number
  failed: number
  dropped: number
  start: string
  /** There was no time for lines before it; null when all were tried. */
  searched_to: string | null
  rules: {
    name: string
    applied: number
    passed: number
    failed: number
    dropped: number
    failures: { reason: string; lines: number }[]
  }[]
  /** Some of the lines that would be others. */
  examples: Trial[]
}

const MAX_EXAMPLES = 20
const MAX_REASONS = 20

/** Adds a line to the run. */
export function noteTried(run: DryRun, tried: Trial, patterns: RedactionPatterns): void {
  run.lines += 1
  if (tried.outcome !== 'unchanged') run[tried.outcome] += 1
  for (const { name, outcome, reason } of tried.rules) {
    const rule = run.rules.find((one) => one.name === name)
    if (rule === undefined) continue
    rule[outcome] += 1
    if (reason === null) continue
    const failure = rule.failures.find((one) => one.reason === reason)
    if (failure) failure.lines += 1
    else if (rule.failures.length < MAX_REASONS) rule.failures.push({ reason, lines: 1 })
  }
  if (tried.outcome !== 'unchanged' && run.examples.length < MAX_EXAMPLES)
    run.examples.push(maskTrial(tried, patterns))
}
