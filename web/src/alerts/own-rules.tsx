import type { ListedAlertRule } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { NEW_CONDITION } from './condition-draft.ts'
import { filtersIn } from './filters-in.ts'
import { NEW_RULE, type RuleDraft } from './rule-draft.ts'

const own = (name: string, why: string, query: string, change: Partial<RuleDraft> = {}) => ({
  why,
  draft: {
    ...NEW_RULE,
    ...{ name, filters: filtersIn(query), include_own: true },
    condition: { ...NEW_CONDITION, kind: 'any', minutes: '60' },
    ...change,
  } as RuleDraft,
})

/** Rules on the lines that the server writes about itself. */
export const OWN_RULES = [
  own(
    'Log disk is full',
    'The disk is below its reserve: nothing is stored.',
    'level=CRITICAL&logger_name=timelapser_logs.storage',
    { severity: 'critical' },
  ),
  own(
    'Lines refused or lost',
    'Lines were refused, or senders lost some because their spool was full.',
    'min_level=WARNING&logger_name=timelapser_logs.intake&logger_name=timelapser.logger',
  ),
  own(
    'Jobs late or failing',
    'Retention or another job failed, or has not ended for too long.',
    'min_level=WARNING&logger_name=timelapser_logs.jobs',
  ),
  own(
    'Feed or alerts behind',
    'Stored lines reach live views late, or alert rules are evaluated late.',
    'min_level=WARNING&logger_name=timelapser_logs.feed&logger_name=timelapser_logs.alerts&q=-%22given%20up%22',
  ),
  own(
    'Spool grows',
    'Lines of the server itself wait on disk for the database.',
    'min_level=WARNING&logger_name=timelapser_logs.spool',
  ),
  own(
    'Sign-in attack',
    'More than 10 failed attempts to sign in within 10 minutes.',
    'logger_name=timelapser_logs.audit&q=%22sign-in.failed%22',
    {
      severity: 'critical',
      condition: { ...NEW_CONDITION, kind: 'over', threshold: '10', minutes: '10' },
    },
  ),
  own(
    'Audit trail broken',
    'An entry of the audit trail was changed or removed. It is looked at once a day.',
    'level=CRITICAL&logger_name=timelapser_logs.audit',
    { severity: 'critical' },
  ),
] as const

/** Rules on this system that are not there yet, closed until somebody wants them. */
export function OwnRules({
  rules,
  use,
}: {
  rules: readonly Pick<ListedAlertRule, 'name'>[]
  use: (draft: RuleDraft) => void
}) {
  const missing = OWN_RULES.filter(({ draft }) => !rules.some(({ name }) => name === draft.name))
  if (missing.length === 0) return null
  return (
    <details className="rounded-lg border border-line bg-surface">
      <summary className="cursor-pointer px-4 py-3 font-semibold">Rules for this server</summary>
      <ul className="divide-y divide-line border-t border-line">
        {missing.map(({ why, draft }) => (
          <li key={draft.name} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2">
            <span className="min-w-0 flex-1 basis-60">
              <span className="font-medium">{draft.name}</span>
              <span className="block text-small text-pretty text-muted">{why}</span>
            </span>
            <Button aria-label={`Use this: ${draft.name}`} onClick={() => use(draft)}>
              Use this
            </Button>
          </li>
        ))}
      </ul>
    </details>
  )
}
