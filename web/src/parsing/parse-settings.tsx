import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { ListedParseRule, ParseRule } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { notify } from '../controls/notice.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SettingsSection } from '../settings/settings-section.tsx'
import { RuleEditor } from './rule-editor.tsx'
import { RuleItem } from './rule-item.tsx'
import { useParseRules, useSaveParseRules } from './use-parse-rules.ts'

/** The rule being edited: its place in the list, or the end of it for a new rule. */
type Edited = number | 'new' | null

/** The parse rules, in the order in which they run. */
export function ParseSettings() {
  const listed = useParseRules()
  const all = listed.data?.rules ?? []
  const changes = useRuleChanges(all.map(({ rule }) => rule))
  const { rules, edited, edit, put } = changes
  return (
    <SettingsSection
      id="parsing"
      name="Parsing"
      hint="Rules extract fields from incoming lines of their sources, before redaction and the level gate. A rule that fails leaves the line unchanged."
    >
      {listed.isPending && <SkeletonRows name="parse rules" rows={2} height="h-14" />}
      {listed.isError && (
        <Failed what="The parse rules" error={listed.error} retry={() => listed.refetch()} />
      )}
      {listed.data && all.length === 0 && edited === null && (
        <p className="text-muted">No rules. Lines are stored as their senders wrote them.</p>
      )}
      {all.length > 0 && <RuleList listed={all} changes={changes} />}
      {edited === 'new' && (
        <div className="rounded-md border border-line">
          <Editor initial={null} changes={changes} onSave={(rule) => put([...rules, rule], 'Rule enabled')} />
        </div>
      )}
      {listed.data && edited !== 'new' && (
        <div>
          <Button disabled={edited !== null} onClick={() => edit('new')}>
            <Plus size={14} aria-hidden /> Add rule
          </Button>
        </div>
      )}
    </SettingsSection>
  )
}

type Changes = ReturnType<typeof useRuleChanges>

/** The rules, the one that is edited, and how they are stored: all of them at once. */
function useRuleChanges(rules: readonly ParseRule[]) {
  const save = useSaveParseRules()
  const [edited, setEdited] = useState<Edited>(null)
  const put = (changed: readonly ParseRule[], said: string) =>
    save.mutate(changed, {
      onSuccess: () => {
        setEdited(null)
        notify(said)
      },
      onError: (error) => edited === null && notify(error.message, 'failed'),
    })
  const edit = (which: Edited) => {
    save.reset()
    setEdited(which)
  }
  return { rules, edited, edit, put, isSaving: save.isPending, problem: save.error?.message ?? null }
}

function RuleList({ listed, changes }: { listed: readonly ListedParseRule[]; changes: Changes }) {
  const { rules, edited, edit, put, isSaving } = changes
  const move = (index: number, by: number) => {
    const moved = rules.toSpliced(index, 1)
    moved.splice(index + by, 0, rules[index] as ParseRule)
    put(moved, 'The order of the rules is saved')
  }
  const toggle = (index: number, rule: ParseRule) =>
    put(rules.with(index, toggled(rule)), rule.enabled === false ? 'Rule enabled' : 'Rule disabled')
  return (
    <ol aria-label="Parse rules" className="divide-y divide-line rounded-md border border-line">
      {listed.map((one, index) => (
        <li key={one.rule.name}>
          {edited === index ? (
            <Editor
              initial={one.rule}
              changes={changes}
              onSave={(rule) => put(rules.with(index, rule), 'Rule enabled')}
            />
          ) : (
            <RuleItem
              listed={one}
              isFirst={index === 0}
              isLast={index === listed.length - 1}
              isBusy={isSaving}
              onEdit={() => edit(index)}
              onMove={(by) => move(index, by)}
              onToggle={() => toggle(index, one.rule)}
              onRemove={() => put(rules.toSpliced(index, 1), 'The rule is removed')}
            />
          )}
        </li>
      ))}
    </ol>
  )
}

function Editor({
  initial,
  changes: { rules, edit, isSaving, problem },
  onSave,
}: {
  initial: ParseRule | null
  changes: Changes
  onSave: (rule: ParseRule) => void
}) {
  const names = rules.map(({ name }) => name).filter((name) => name !== initial?.name)
  return <RuleEditor {...{ initial, names, problem, isSaving, onSave }} onCancel={() => edit(null)} />
}

function toggled({ enabled = true, ...rule }: ParseRule): ParseRule {
  return enabled ? { ...rule, enabled: false } : rule
}
