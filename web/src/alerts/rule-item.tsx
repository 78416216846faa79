import { BellOff, CircleHelp, Pencil } from 'lucide-react'
import { useState } from 'react'
import type { AlertGroup, ListedAlertRule } from 'timelapser-logs/api'
import { ConfirmButton } from '../access/confirm-button.tsx'
import { serverNow } from '../api/server-clock.ts'
import { Link } from '../app/link.tsx'
import { Button, IconButton } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { formatDuration } from '../time/duration.ts'
import { describeFilter } from './describe-filter.ts'
import { filtersIn } from './filters-in.ts'
import { hoursText } from './hours-draft.ts'
import { IncidentStrip } from './incident-strip.tsx'
import type { Incident } from './incidents.ts'
import { toDraft, toInput } from './rule-draft.ts'
import { RuleState } from './rule-state.tsx'
import { SilenceForm } from './silence-form.tsx'
import { useChangeAlerts } from './use-alerts.ts'
import { WhyPanel } from './why-panel.tsx'

const DAY = 86_400_000
/** Groups that fire and are named one by one. */
const MOST_NAMED = 8

/** A rule: its condition, its state, and its incidents of the last seven days. */
export function RuleItem({
  rule,
  isNamed,
  incidents,
  cameraNames,
  onEdit,
}: {
  rule: ListedAlertRule
  /** Whether the address leads to it. */
  isNamed: boolean
  incidents: readonly Incident[]
  cameraNames: ReadonlyMap<number, string>
  onEdit: () => void
}) {
  const [isSilencing, setSilencing] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const { id, name } = rule
  const now = serverNow()
  return (
    <li
      id={`rule-${id}`}
      tabIndex={-1}
      className={`grid grid-cols-1 gap-2.5 px-4 py-4 ${isNamed ? 'bg-accent-wash' : ''}`}
    >
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <Described rule={rule} cameraNames={cameraNames} />
        <div className="ml-auto flex flex-wrap items-center gap-1">
          <IconButton
            label={`Why ${name} fired, or did not`}
            onClick={() => setAsking(!isAsking)}
            aria-expanded={isAsking}
          >
            <CircleHelp size={14} aria-hidden />
          </IconButton>
          <IconButton
            label={`Silence ${name}`}
            onClick={() => setSilencing(!isSilencing)}
            aria-expanded={isSilencing}
          >
            <BellOff size={14} aria-hidden />
          </IconButton>
          <IconButton label={`Edit ${name}`} onClick={onEdit}>
            <Pencil size={14} aria-hidden />
          </IconButton>
          <Switch rule={rule} />
        </div>
      </div>
      {isSilencing && <SilenceForm rule={rule} done={() => setSilencing(false)} />}
      {isAsking && <WhyPanel rule={rule} done={() => setAsking(false)} />}
      <Firing rule={rule} now={now} />
      <LastWeek name={name} incidents={incidents} now={now} />
    </li>
  )
}

/** The name of a rule, its condition and its further properties in words. */
function Described({
  rule,
  cameraNames,
}: {
  rule: ListedAlertRule
  cameraNames: ReadonlyMap<number, string>
}) {
  const { name, enabled, problem, channels = [] } = rule
  return (
    <div className="grid min-w-0 flex-1 gap-0.5 max-sm:basis-full">
      <h3 className="flex flex-wrap items-baseline gap-x-2">
        <span className={`min-w-0 text-title font-semibold wrap-anywhere ${enabled ? '' : 'text-muted'}`}>
          {name}
        </span>
        <RuleState rule={rule} />
      </h3>
      <p className="text-muted wrap-anywhere first-letter:uppercase">
        {rule.condition_text}: {describeFilter(filtersIn(rule.query), cameraNames)}
      </p>
      <p className="text-small text-faint wrap-anywhere">
        {channels.length > 0 ? `Notifies ${channels.join(', ')}` : 'No channel; only shown here'}
        {rule.thresholds?.map(({ at, channels: named = channels }) => (
          <span key={at}>
            ; beyond {at.toLocaleString()} {named.join(', ') || 'no channel'}
          </span>
        ))}
        {rule.active_hours && `, active ${hoursText(rule.active_hours)}`}
        {rule.quiet_hours && `, quiet ${hoursText(rule.quiet_hours)}`}
        {rule.raise_level &&
          `, stores lines of a firing group from ${rule.raise_level.level} on for ${rule.raise_level.minutes} minutes`}
        {!rule.is_own && `; created by ${rule.owner_name}`}
      </p>
      {problem !== null && (
        <p className="text-small text-warning wrap-anywhere">It cannot be evaluated: {problem}</p>
      )}
    </div>
  )
}

/** Turns a rule on and off, and deletes it. */
function Switch({ rule }: { rule: ListedAlertRule }) {
  const change = useChangeAlerts()
  const { id, name, enabled } = rule
  const put = (isOn: boolean) => {
    const input = toInput({ ...toDraft(rule), enabled: isOn })
    if ('missing' in input) return notify(input.missing, 'failed')
    const said = () => notify(isOn ? 'Rule enabled' : 'Rule disabled')
    change.mutate(
      { method: 'PUT', path: `/api/alerts/rules/${id}`, body: input.rule },
      { onSuccess: said, onError: (error) => notify(error.message, 'failed') },
    )
  }
  return (
    <>
      <Button
        kind="quiet"
        aria-label={`Turn ${enabled ? 'off' : 'on'} ${name}`}
        disabled={change.isPending}
        onClick={() => put(!enabled)}
      >
        {enabled ? 'Turn off' : 'Turn on'}
      </Button>
      <ConfirmButton
        name="Delete"
        of={name}
        disabled={change.isPending}
        onConfirm={() => change.mutate({ method: 'DELETE', path: `/api/alerts/rules/${id}` })}
      />
    </>
  )
}

function LastWeek({ name, incidents, now }: { name: string; incidents: readonly Incident[]; now: number }) {
  return (
    <div className="grid gap-1">
      <IncidentStrip
        stretches={incidents}
        start={now - 7 * DAY}
        end={now}
        name={`${name} fired in the last 7 days`}
      />
      <p className="flex justify-between text-small text-faint" aria-hidden>
        <span>7 days ago</span>
        <span>now</span>
      </p>
    </div>
  )
}

function Firing({ rule, now }: { rule: ListedAlertRule; now: number }) {
  const firing = rule.groups.filter(({ state }) => state === 'firing')
  if (firing.length === 0) return null
  const more = rule.firing_count - Math.min(firing.length, MOST_NAMED)
  return (
    <ul aria-label={`Firing groups of ${rule.name}`} className="grid gap-1">
      {firing.slice(0, MOST_NAMED).map((group) => (
        <li key={group.group_key} className="flex flex-wrap items-baseline gap-x-2">
          {group.label !== '' && <span className="font-medium wrap-anywhere">{group.label}</span>}
          {group.severity === 'critical' && (rule.thresholds?.length ?? 0) > 0 && (
            <span className="font-semibold text-error">critical,</span>
          )}
          <span className="text-error">firing for {formatDuration(now - Date.parse(group.since))}</span>
          {isLateLife(group) && (
            <span className="text-small text-muted">
              lines come, {formatDuration(Date.parse(group.came_at ?? '') - Date.parse(group.seen_at ?? ''))}{' '}
              late
            </span>
          )}
          <Link href={linesOf(group)} className="text-accent underline underline-offset-2">
            Lines
          </Link>
        </li>
      ))}
      {more > 0 && <li className="text-muted">and {more.toLocaleString()} more</li>}
    </ul>
  )
}

/** Old lines of a spool come, which are no sign of life. */
function isLateLife({ seen_at, came_at }: AlertGroup): boolean {
  return seen_at !== null && came_at !== null && Date.parse(came_at) - Date.parse(seen_at) > 120_000
}

/** The list of the lines of an incident, from a while before it on. */
function linesOf({ query, first_at, since }: AlertGroup): string {
  const parameters = new URLSearchParams(query)
  const from = Math.min(Date.parse(first_at ?? since), Date.parse(since)) - 3_600_000
  parameters.set('from', new Date(from).toISOString())
  return `/logs?${parameters}`
}
