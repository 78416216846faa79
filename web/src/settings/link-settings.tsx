import { X } from 'lucide-react'
import { useState } from 'react'
import type { Settings } from 'timelapser-logs/api'
import { IconButton } from '../controls/button.tsx'
import { Text } from '../controls/fields.tsx'
import { AddButton, AdditionText, SettingHint, without } from './named-values.tsx'
import { DraftForm, SettingsSection } from './settings-section.tsx'
import { useDraft } from './use-draft.ts'

const EXAMPLE = 'https://app.example/cameras/{camera_id}?at={timestamp}'
const ADDRESS = { maxLength: 2000, spellCheck: false, autoCapitalize: 'none' }

type Links = Settings['line_links']

/** Links from a line to other applications. */
export function LinkSettings({ settings }: { settings: Settings }) {
  const draft = useDraft(settings, ['line_links'])
  const links = draft.value('line_links')
  const change = (changed: Links) => draft.set('line_links', changed)
  return (
    <SettingsSection
      id="links"
      name="Links"
      hint="Links from the detail of a line to your application, with values of the line in the address."
    >
      <DraftForm draft={draft}>
        <fieldset className="grid grid-cols-1 gap-2">
          <legend className="sr-only">Links of a line</legend>
          {Object.entries(links).map(([name, address]) => (
            <div key={name} className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
              <span className="w-full min-w-0 shrink-0 truncate font-medium sm:w-44">{name}</span>
              <Text
                {...ADDRESS}
                aria-label={`Address of ${name}`}
                value={address}
                onChange={(text) => change({ ...links, [name]: text })}
                className="min-w-0 flex-1 font-mono text-small"
              />
              <IconButton label={`Remove ${name}`} onClick={() => change(without(links, name))}>
                <X size={14} aria-hidden />
              </IconButton>
            </div>
          ))}
          <NewLink onNew={(name, address) => change({ ...links, [name]: address })} />
          <SettingHint
            of="line_links"
            hint="Values: {id}, {timestamp}, {level}, {source}, {logger_name}, {camera_id}, {camera_name}, {message} and {extra_data.field}. The link is not shown for a line that lacks one of them."
            problem={draft.problem('line_links')}
          />
        </fieldset>
      </DraftForm>
    </SettingsSection>
  )
}

function NewLink({ onNew }: { onNew: (name: string, address: string) => void }) {
  const [name, setName] = useState('')
  const [address, setAddress] = useState('')
  const isComplete = name.trim() !== '' && address.trim() !== ''
  const add = () => {
    if (!isComplete) return
    onNew(name.trim(), address.trim())
    setName('')
    setAddress('')
  }
  return (
    <div className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
      <Text
        aria-label="Name of a new link"
        placeholder="Name, such as Camera"
        value={name}
        maxLength={100}
        onChange={setName}
        className="min-w-0 sm:max-w-44"
      />
      <div className="flex w-full min-w-0 items-center gap-2">
        <AdditionText
          {...ADDRESS}
          {...{ isComplete, add }}
          aria-label="Address of a new link"
          placeholder={EXAMPLE}
          value={address}
          onChange={setAddress}
          className="font-mono text-small"
        />
        <AddButton {...{ isComplete, add }} label="Add the link" />
      </div>
    </div>
  )
}
