import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { Button, IconButton } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
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
  const add = () => {
    if (pattern === '') return
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
          {patterns.length > 0 && (
            <ul aria-label="Patterns" className="divide-y divide-line rounded-md border border-line">
              {patterns.map((one, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same pattern may stand there twice
                <li key={index} className="flex items-center gap-2 py-0.5 pr-1 pl-3">
                  <code className="min-w-0 flex-1 font-mono text-small wrap-anywhere">{one}</code>
                  <IconButton
                    label={`Remove the pattern ${one}`}
                    onClick={() => draft.set('redaction', patterns.toSpliced(index, 1))}
                  >
                    <X size={14} aria-hidden />
                  </IconButton>
                </li>
              ))}
            </ul>
          )}
          <div className="flex items-center gap-2">
            <input
              aria-label="A new pattern"
              placeholder="employee-\d{6}"
              value={pattern}
              maxLength={500}
              spellCheck={false}
              aria-invalid={problem !== null}
              onChange={({ target }) => setPattern(target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || pattern === '') return
                event.preventDefault()
                add()
              }}
              className={`${FIELD} min-w-0 flex-1 font-mono`}
            />
            <Button disabled={pattern === ''} onClick={add}>
              <Plus size={14} aria-hidden /> Add
            </Button>
          </div>
          {problem === null && (
            <p className="text-small">
              <SettingNote of="redaction" />
            </p>
          )}
          {problem !== null && (
            <p role="alert" className="text-error">
              {problem}
            </p>
          )}
        </div>
      </DraftForm>
      <RedactionTestBox patterns={pattern === '' ? patterns : [...patterns, pattern]} />
      <ScrubBox />
    </SettingsSection>
  )
}
