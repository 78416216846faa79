import { Button } from '../controls/button.tsx'
import { NO_FILTERS } from '../logs/view.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { NEW_CONDITION } from './condition-draft.ts'
import { DAYS } from './hours-draft.ts'
import { NEW_RULE, type RuleDraft } from './rule-draft.ts'

const READY: readonly { why: string; draft: RuleDraft; isByDay?: true }[] = [
  {
    why: 'A camera writes nothing for 15 minutes while it should. At night they are rightly silent, so it has active hours.',
    draft: {
      ...NEW_RULE,
      ...{ name: 'Camera offline', filters: NO_FILTERS, group_by: 'camera', severity: 'critical' },
      condition: { ...NEW_CONDITION, kind: 'silence', minutes: '15' },
    },
    isByDay: true,
  },
  {
    why: 'The worker, which processes and uploads, writes nothing for 10 minutes.',
    draft: {
      ...NEW_RULE,
      ...{
        name: 'Worker stopped',
        filters: { ...NO_FILTERS, source: ['worker'] },
        condition: { ...NEW_CONDITION, kind: 'silence', minutes: '10' },
      },
      severity: 'critical',
    },
  },
  {
    why: 'More than 20 errors in 5 minutes, wherever they come from.',
    draft: { ...NEW_RULE, name: 'Error rate' },
  },
]

/** Three rules that most people want, to begin with. */
export function ReadyRules({ use }: { use: (draft: RuleDraft) => void }) {
  const timezone = useDisplayZone()
  const hours = { timezone, from: '06:00', to: '21:00', days: [...DAYS], latitude: '', longitude: '' }
  return (
    <section className="grid gap-3" aria-labelledby="ready-rules">
      <div className="grid gap-1">
        <h2 id="ready-rules" className="text-title font-semibold">
          No alert rules yet
        </h2>
        <p className="text-pretty text-muted">
          Start with one of these. Before you save a rule, the page shows when it would have fired in the last
          7 days.
        </p>
      </div>
      <ul className="grid gap-3 md:grid-cols-3">
        {READY.map(({ why, draft, isByDay }) => (
          <li key={draft.name} className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-4">
            <h3 className="font-semibold">{draft.name}</h3>
            <p className="flex-1 text-pretty text-muted">{why}</p>
            <Button
              className="self-start"
              aria-label={`Use this: ${draft.name}`}
              onClick={() => use(isByDay ? { ...draft, hours } : draft)}
            >
              Use this
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
