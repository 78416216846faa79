import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { ParseRule } from 'timelapser-logs/api'
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
  const save = useSaveParseRules()
  const [edited, setEdited] = useState<Edited>(null)
  const all = listed.data?.rules ?? []
  const rules = all.map(({ rule }) => rule)
  const put = (changed: readonly ParseRule[], said: string) =>
    save.mutate(changed, {
      onSuccess: () => {
        setEdited(null)
        notify(said)
      },
      onError: (error) => edited === null && notify(error.message, 'failed'),
    })
  const move = (index: number, by: number) => {
    const moved = rules.toSpliced(index, 1)
    moved.splice(index + by, 0, rules[index] as ParseRule)
    put(moved, 'The order of the rules is saved')
  }
  const editor = (initial: ParseRule | null, store: (rule: ParseRule) => void) => (
    <RuleEditor
      initial={initial}
      names={rules.map(({ name }) => name).filter((name) => name !== initial?.name)}
      problem={save.isError ? save.error.message : null}
      isSaving={save.isPending}
      onSave={store}
      onCancel={() => {
        save.reset()
        setEdited(null)
      }}
    />
  )
  const edit = (which: Edited) => {
    save.reset()
    setEdited(which)
  }
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
      {all.length > 0 && (
        <ol aria-label="Parse rules" className="divide-y divide-line rounded-md border border-line">
          {all.map((one, index) => (
            <li key={one.rule.name}>
              {edited === index ? (
                editor(one.rule, (rule) => put(rules.with(index, rule), 'Rule enabled'))
              ) : (
                <RuleItem
                  listed={one}
                  isFirst={index === 0}
                  isLast={index === all.length - 1}
                  isBusy={save.isPending}
                  onEdit={() => edit(index)}
                  onMove={(by) => move(index, by)}
                  onToggle={() =>
                    put(
                      rules.with(index, toggled(one.rule)),
                      one.rule.enabled === false ? 'Rule enabled' : 'Rule disabled',
                    )
                  }
                  onRemove={() => put(rules.toSpliced(index, 1), 'The rule is removed')}
                />
              )}
            </li>
          ))}
        </ol>
      )}
      {edited === 'new' && (
        <div className="rounded-md border border-line">
          {editor(null, (rule) => put([...rules, rule], 'Rule enabled'))}
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

function toggled({ enabled = true, ...rule }: ParseRule): ParseRule {
  return enabled ? { ...rule, enabled: false } : rule
}
