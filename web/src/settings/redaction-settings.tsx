import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { Button, IconButton } from '../controls/button.tsx'
import { Problem } from '../controls/form-end.tsx'
import { AdditionText } from './named-values.tsx'
import { RedactionTestBox } from './redaction-test-box.tsx'
import { ScrubBox } from './scrub-box.tsx'
import { SettingNote } from './setting-note.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { useDraft } from './use-draft.ts'

/** The patterns masked in every line before it is stored, and a box to try them. */
export function RedactionSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, ['redaction'])
  const [pattern, setPattern] = useState('')
  const patterns = draft.value('redaction')
  const problem = draft.problem('redaction')
  const isComplete = pattern !== ''
  const add = () => {
    if (!isComplete) return
    draft.set('redaction', [...patterns, pattern])
    setPattern('')
  }
  return (
    <SettingsSection
      id="redaction"
      name="Redaction"
      hint="Passwords, tokens and credentials in URLs are always masked. Custom patterns are case-insensitive regular expressions."
    >
      <DraftForm draft={draft}>
        <div className="grid grid-cols-1 gap-2">
          <Patterns
            patterns={patterns}
            remove={(index) => draft.set('redaction', patterns.toSpliced(index, 1))}
          />
          <div className="flex items-center gap-2">
            <AdditionText
              {...{ isComplete, add }}
              aria-label="A new pattern"
              placeholder="employee-\d{6}"
              value={pattern}
              maxLength={500}
              spellCheck={false}
              aria-invalid={problem !== null}
              onChange={setPattern}
              className="font-mono"
            />
            <Button disabled={!isComplete} onClick={add}>
              <Plus size={14} aria-hidden /> Add
            </Button>
          </div>
          {problem === null && (
            <p className="text-small">
              <SettingNote of="redaction" />
            </p>
          )}
          <Problem error={problem} />
        </div>
      </DraftForm>
      <RedactionTestBox patterns={isComplete ? [...patterns, pattern] : patterns} />
      <ScrubBox />
    </SettingsSection>
  )
}

function Patterns({ patterns, remove }: { patterns: readonly string[]; remove: (index: number) => void }) {
  if (patterns.length === 0) return null
  return (
    <ul aria-label="Patterns" className="divide-y divide-line rounded-md border border-line">
      {patterns.map((pattern, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same pattern may stand there twice
        <li key={index} className="flex items-center gap-2 py-0.5 pr-1 pl-3">
          <code className="min-w-0 flex-1 font-mono text-small wrap-anywhere">{pattern}</code>
          <IconButton label={`Remove the pattern ${pattern}`} onClick={() => remove(index)}>
            <X size={14} aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  )
}
