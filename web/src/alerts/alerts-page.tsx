import { Plus } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { AlertTransition, ListedAlertRule, Session } from 'timelapser-logs/api'
import { useCameras } from '../api/use-settings.ts'
import { navigate, useSearch } from '../app/location.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { ChannelList, DeadNotices } from './channel-list.tsx'
import { DailyDigest } from './daily-digest.tsx'
import { filtersIn } from './filters-in.ts'
import { HistoryList } from './history-list.tsx'
import { incidentsOf } from './incidents.ts'
import { OwnRules } from './own-rules.tsx'
import { ReadyRules } from './ready-rules.tsx'
import { NEW_RULE, type RuleDraft, toDraft } from './rule-draft.ts'
import { RuleEditor } from './rule-editor.tsx'
import { RuleItem } from './rule-item.tsx'
import { SilenceList } from './silence-list.tsx'
import { useAlertHistory, useAlerts, useChannels, useDigest, useSilences } from './use-alerts.ts'

type Edited = { id: number | null; draft: RuleDraft }

/** Firing rules, all rules, and the channels of notices. */
export function AlertsPage({ session }: { session: Session }) {
  const alerts = useAlerts()
  const history = useAlertHistory()
  const all = [alerts, history, useSilences(), useChannels(), useDigest()]
  const cameras = useCameras()
  const cameraNames = new Map(cameras.data?.cameras.map(({ id, name }) => [id, name]))
  const [edited, setEdited] = useEdited()
  const isAdmin = session.role === 'admin'
  useEffect(() => {
    document.title = 'Alerts – Timelapser Logs'
  }, [])
  const rules = alerts.data?.rules ?? []
  const transitions = history.data?.transitions
  const failed = all.find(({ isError }) => isError)
  // Together: parts that come one by one push each other down.
  const isRead = all.every(({ data }) => data !== undefined)
  return (
    <main id="content" className={SCREEN}>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <h1 className="text-figure font-semibold tracking-tight">Alerts</h1>
        {isRead && rules.length > 0 && <FiringCount rules={rules} />}
        {isRead && edited === null && (
          <Button className="sm:ml-auto" onClick={() => setEdited({ id: null, draft: NEW_RULE })}>
            <Plus size={14} aria-hidden /> New rule
          </Button>
        )}
      </div>
      {failed?.error && <Failed what="The alerts" error={failed.error} retry={() => failed.refetch()} />}
      {!isRead && !failed && <SkeletonRows name="alerts" rows={3} height="h-28" />}
      <DeadNotices />
      {edited && edited.id === null && (
        <RuleEditor
          key={edited.draft.name}
          {...{ isAdmin, initial: edited.draft, id: null }}
          done={() => setEdited(null)}
        />
      )}
      {isRead && rules.length === 0 && edited === null && (
        <ReadyRules use={(draft) => setEdited({ id: null, draft })} />
      )}
      {isRead && rules.length > 0 && (
        <RuleList {...{ rules, cameraNames, isAdmin, edited, setEdited }} transitions={transitions ?? []} />
      )}
      {isRead && (
        <>
          {isAdmin && edited === null && (
            <OwnRules rules={rules} use={(draft) => setEdited({ id: null, draft })} />
          )}
          {rules.length > 0 && <SilenceList session={session} />}
          {transitions && rules.length > 0 && <HistoryList transitions={transitions} />}
          <DailyDigest />
          <ChannelList session={session} />
        </>
      )}
    </main>
  )
}

function FiringCount({ rules }: { rules: readonly ListedAlertRule[] }) {
  const firing = rules.reduce((sum, { firing_count }) => sum + firing_count, 0)
  return (
    <p className={firing > 0 ? 'font-semibold text-error' : 'text-muted'}>
      {firing > 0 ? `${firing.toLocaleString()} firing` : 'Nothing is firing'}
    </p>
  )
}

/** The rules, one of which may be edited in its place. */
function RuleList({
  rules,
  transitions,
  cameraNames,
  isAdmin,
  edited,
  setEdited,
}: {
  rules: readonly ListedAlertRule[]
  transitions: readonly AlertTransition[]
  cameraNames: ReadonlyMap<number, string>
  isAdmin: boolean
  edited: Edited | null
  setEdited: (edited: Edited | null) => void
}) {
  const named = useNamedRule()
  const incidents = Map.groupBy(incidentsOf(transitions), ({ rule_id }) => rule_id)
  return (
    <ul aria-label="Alert rules" className="divide-y divide-line rounded-lg border border-line bg-surface">
      {rules.map((rule) =>
        edited?.id === rule.id ? (
          <li key={rule.id} className="p-2">
            <RuleEditor {...{ isAdmin, initial: edited.draft, id: rule.id }} done={() => setEdited(null)} />
          </li>
        ) : (
          <RuleItem
            key={rule.id}
            rule={rule}
            isNamed={rule.id === named}
            incidents={incidents.get(rule.id) ?? []}
            cameraNames={cameraNames}
            onEdit={() => setEdited({ id: rule.id, draft: toDraft(rule) })}
          />
        ),
      )}
    </ul>
  )
}

/** The rule that the address names, by which marks on a time axis lead here; brought into view. */
function useNamedRule(): number | null {
  const named = Number(new URLSearchParams(useSearch()).get('rule')) || null
  useEffect(() => {
    const rule = named !== null ? document.getElementById(`rule-${named}`) : null
    rule?.scrollIntoView({ block: 'center' })
    rule?.focus({ preventScroll: true })
  }, [named])
  return named
}

/** The rule being edited; the list leads here with its filters for a new rule. */
function useEdited() {
  const search = useSearch()
  const asked = new URLSearchParams(search).get('new')
  const [edited, setEdited] = useState<Edited | null>(() =>
    asked === null ? null : { id: null, draft: { ...NEW_RULE, filters: filtersIn(asked) } },
  )
  const set = (next: Edited | null) => {
    setEdited(next)
    if (asked !== null) navigate('/alerts', { replace: true })
  }
  return [edited, set] as const
}
