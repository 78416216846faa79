import { RedactionPatterns } from '../../store/settings/redaction-patterns.ts'
import { type Check, checkOf, count, listed } from './check.ts'

/**
 * Whether each pattern of the setting `redaction` works. A finding names its place, not its text: it may be a secret.
 */
export function checkRedaction(stored: readonly string[]): Check {
  const { troubles } = RedactionPatterns.ofStored(stored)
  const skipped = troubles.filter(({ isSkipped }) => isSkipped)
  const named = (of: typeof troubles) =>
    listed(of.map(({ index, reason }) => `redaction[${index}] (${reason})`))
  const slow = troubles.filter(({ isSkipped }) => !isSkipped)
  const finding = `${count(stored.length, 'pattern')} configured, ${stored.length - troubles.length} on a linear engine`
  return checkOf('redaction', finding, { patterns: stored.length, troubles }, [
    ...(skipped.length === 0
      ? []
      : [
          {
            verdict: 'failure' as const,
            cause: `Patterns that mask nothing: ${named(skipped)}.`,
            advice:
              'Fix or remove these patterns: Settings → Redaction, or timelapser-logs settings set redaction.',
          },
        ]),
    ...(slow.length === 0
      ? []
      : [
          {
            verdict: 'warning' as const,
            cause: `Patterns that would no longer be accepted, and mask the rest of a text when they take too long: ${named(slow)}.`,
            advice: 'Rewrite these patterns without look-around and back-references.',
          },
        ]),
  ])
}
