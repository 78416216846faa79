import { ArrowDown, ArrowUp, Pencil } from 'lucide-react'
import type { ListedParseRule } from 'timelapser-logs/api'
import { ConfirmButton } from '../access/confirm-button.tsx'
import { Button, IconButton } from '../controls/button.tsx'
import { describeRule } from './describe-rule.ts'

/** A rule: its pattern, its actions, its sources, and its counts of the last seven days. */
export function RuleItem({
  listed,
  isFirst,
  isLast,
  isBusy,
  onEdit,
  onMove,
  onToggle,
  onRemove,
}: {
  listed: ListedParseRule
  isFirst: boolean
  isLast: boolean
  isBusy: boolean
  onEdit: () => void
  onMove: (by: number) => void
  onToggle: () => void
  onRemove: () => void
}) {
  const { name, enabled = true } = listed.rule
  return (
    <div className="flex flex-wrap items-start gap-x-3 gap-y-1 py-2 pr-2 pl-3">
      <Described listed={listed} />
      <div className="ml-auto flex flex-wrap items-center gap-1">
        <IconButton label={`Run ${name} earlier`} disabled={isFirst || isBusy} onClick={() => onMove(-1)}>
          <ArrowUp size={14} aria-hidden />
        </IconButton>
        <IconButton label={`Run ${name} later`} disabled={isLast || isBusy} onClick={() => onMove(1)}>
          <ArrowDown size={14} aria-hidden />
        </IconButton>
        <IconButton label={`Edit ${name}`} disabled={isBusy} onClick={onEdit}>
          <Pencil size={14} aria-hidden />
        </IconButton>
        <Button
          kind="quiet"
          aria-label={`Turn ${enabled ? 'off' : 'on'} ${name}`}
          disabled={isBusy}
          onClick={onToggle}
        >
          {enabled ? 'Turn off' : 'Turn on'}
        </Button>
        <ConfirmButton name="Remove" of={name} disabled={isBusy} onConfirm={onRemove} />
      </div>
    </div>
  )
}

function Described({ listed: { rule, counts, problem, author } }: { listed: ListedParseRule }) {
  const { name, sources, enabled = true } = rule
  return (
    <div className="grid min-w-0 flex-1 gap-0.5 max-sm:basis-full">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className={`min-w-0 font-medium wrap-anywhere ${enabled ? '' : 'text-muted'}`}>{name}</span>
        {!enabled && <span className="text-small text-muted">off</span>}
        <span className="min-w-0 font-mono text-small text-muted wrap-anywhere">{sources.join(', ')}</span>
      </p>
      <p className="text-small text-muted wrap-anywhere">{describeRule(rule)}</p>
      <p className="figures flex flex-wrap gap-x-3 text-small text-faint">
        <span>{counts.applied.toLocaleString()} applied</span>
        {counts.dropped > 0 && <span>{counts.dropped.toLocaleString()} dropped</span>}
        <span className={counts.failed > 0 ? 'font-medium text-warning' : ''}>
          {counts.failed.toLocaleString()} failed
        </span>
        <span>{counts.passed.toLocaleString()} not matched</span>
        <span>in 7 days, by {author}</span>
      </p>
      {counts.last_failure !== null && (
        <p className="text-small text-muted wrap-anywhere">Last failure: {counts.last_failure}</p>
      )}
      {problem !== null && (
        <p className="text-small text-error wrap-anywhere">This rule cannot be run: {problem}</p>
      )}
    </div>
  )
}
