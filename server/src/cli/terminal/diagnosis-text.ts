import type { Diagnosis } from '../../http/api-schemas.ts'
import { paint, type Style } from './terminal.ts'

type Verdict = Diagnosis['verdict']

const SIGNS: Readonly<Record<Verdict, string>> = { ok: '✅', warning: '⚠️ ', failure: '❌' }
const STYLES: Readonly<Record<Verdict, Style>> = { ok: 'green', warning: 'yellow', failure: 'red' }

/** A diagnosis for people: a line a check, and under those that are not well why and what to do. */
export function diagnosisText({
  checks,
  comparison,
  verdict,
  test_lines_until,
  duration_ms,
}: Diagnosis): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.flatMap(({ name, verdict: of, finding, cause, advice, details }) => {
    const head = `${SIGNS[of]} ${name.padEnd(width)}  ${finding}`
    const indent = ' '.repeat(width + 5)
    const more = [
      ...(cause === undefined ? [] : [`${indent}${paint(STYLES[of], `Why: ${cause}`)}`]),
      ...(advice === undefined ? [] : [`${indent}Do:  ${advice}`]),
      ...(name === 'test lines' ? journeyLines(details, indent) : []),
    ]
    return [head, ...more]
  })
  if (comparison) lines.push('', ...comparison.map(({ verdict: of, text }) => `${SIGNS[of]} ${text}`))
  lines.push('', summary(verdict, checks, duration_ms))
  if (test_lines_until) lines.push(paint('dim', `The test lines are deleted at ${test_lines_until}.`))
  return lines.join('\n')
}

type Journey = { level: string; database_ms: number | null; feed_ms: number | null; stream_ms: number | null }

function journeyLines(details: Record<string, unknown>, indent: string): string[] {
  const journeys = (details.journeys ?? []) as Journey[]
  const time = (millis: number | null) => (millis === null ? 'never' : `${millis} ms`)
  if (journeys.every(({ database_ms }) => database_ms === null)) return []
  return journeys.map(({ level, database_ms, feed_ms, stream_ms }) => {
    const way = `database ${time(database_ms)}, feed ${time(feed_ms)}, stream ${time(stream_ms)}`
    return paint('dim', `${indent}${level.padEnd(8)} ${way}`)
  })
}

function summary(verdict: Verdict, checks: Diagnosis['checks'], durationMs: number): string {
  const of = (wanted: Verdict) => checks.filter((check) => check.verdict === wanted).length
  const all = {
    ok: 'All checks are OK.',
    warning: `${some(of('warning'), 'warning')} in ${some(checks.length, 'check')}.`,
    failure: `${[some(of('failure'), 'failure'), some(of('warning'), 'warning')].filter(Boolean).join(' and ')} in ${some(checks.length, 'check')}.`,
  }
  return paint(STYLES[verdict], `${all[verdict]} (${durationMs} ms)`)
}

/** Empty for none. */
function some(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`
}
