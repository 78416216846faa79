import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { IconButton } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { SettingNote } from './setting-note.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { useDraft } from './use-draft.ts'

const EXAMPLE = 'https://app.example/cameras/{camera_id}?at={timestamp}'

/** Links from a line to other applications. */
export function LinkSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, ['line_links'])
  const [name, setName] = useState('')
  const [template, setTemplate] = useState('')
  const links = draft.value('line_links')
  const problem = draft.problem('line_links')
  const isComplete = name.trim() !== '' && template.trim() !== ''
  const change = (changed: Settings['line_links']) => draft.set('line_links', changed)
  const add = () => {
    if (!isComplete) return
    change({ ...links, [name.trim()]: template.trim() })
    setName('')
    setTemplate('')
  }
  const remove = (gone: string) => {
    const { [gone]: _, ...others } = links
    change(others)
  }
  return (
    <SettingsSection
      id="links"
      name="Links"
      hint="Links from the detail of a line to your application, with values of the line in the address."
    >
      <DraftForm draft={draft}>
        <fieldset className="grid grid-cols-1 gap-2">
          <legend className="sr-only">Links of a line</legend>
          {Object.entries(links).map(([one, address]) => (
            <div key={one} className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
              <span className="w-full min-w-0 shrink-0 truncate font-medium sm:w-44">{one}</span>
              <input
                aria-label={`Address of ${one}`}
                value={address}
                maxLength={2000}
                spellCheck={false}
                autoCapitalize="none"
                onChange={({ target }) => change({ ...links, [one]: target.value })}
                className={`${FIELD} min-w-0 flex-1 font-mono text-small`}
              />
              <IconButton label={`Remove ${one}`} onClick={() => remove(one)}>
                <X size={14} aria-hidden />
              </IconButton>
            </div>
          ))}
          <div className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
            <input
              aria-label="Name of a new link"
              placeholder="Name, such as Camera"
              value={name}
              maxLength={100}
              onChange={({ target }) => setName(target.value)}
              className={`${FIELD} min-w-0 sm:max-w-44`}
            />
            <div className="flex w-full min-w-0 items-center gap-2">
              <input
                aria-label="Address of a new link"
                placeholder={EXAMPLE}
                value={template}
                maxLength={2000}
                spellCheck={false}
                autoCapitalize="none"
                onChange={({ target }) => setTemplate(target.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' || !isComplete) return
                  event.preventDefault()
                  add()
                }}
                className={`${FIELD} min-w-0 flex-1 font-mono text-small`}
              />
              <IconButton label="Add the link" kind="plain" disabled={!isComplete} onClick={add}>
                <Plus size={14} aria-hidden />
              </IconButton>
            </div>
          </div>
          <p
            role={problem === null ? undefined : 'alert'}
            className={`text-small text-pretty wrap-anywhere ${problem === null ? 'text-faint' : 'text-error'}`}
          >
            {problem ??
              'Values: {id}, {timestamp}, {level}, {source}, {logger_name}, {camera_id}, {camera_name}, {message} and {extra_data.field}. The link is not shown for a line that lacks one of them.'}
            {problem === null && <SettingNote of="line_links" />}
          </p>
        </fieldset>
      </DraftForm>
    </SettingsSection>
  )
}
