import { type FormEvent, useState } from 'react'
import type { AlertChannelInput } from 'timelapser-logs/api'
import { Labelled } from '../access/labelled.tsx'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { useChangeAlerts } from './use-alerts.ts'

const FORMATS = {
  email: 'Mail',
  json: 'Webhook (JSON)',
  slack: 'Slack, Mattermost',
  discord: 'Discord',
  ntfy: 'ntfy',
  telegram: 'Telegram',
  gotify: 'Gotify',
  alertmanager: 'Alertmanager',
  template: 'Webhook (own template)',
} as const
type Format = keyof typeof FORMATS

const HINTS: Partial<Record<Format, string>> = {
  json: 'https://example.org/hook',
  slack: 'https://hooks.slack.com/services/…',
  discord: 'https://discord.com/api/webhooks/…',
  ntfy: 'https://ntfy.sh/my-topic',
  telegram: 'https://api.telegram.org/bot<token>/sendMessage',
  gotify: 'https://gotify.example.org/message?token=…',
  alertmanager: 'http://alertmanager:9093/api/v2/alerts',
}

const EMPTY = {
  ...{ name: '', format: 'email' as Format, url: '', secret: '', token: '', chat_id: '' },
  template: '{ "text": "{{title}}\\n{{plain_text}}" }',
  ...{ host: '', security: 'starttls', username: '', password: '', from: '', to: '' },
}
type Draft = typeof EMPTY

/** Adds a channel. Its credentials are stored encrypted and never shown again. */
export function NewChannel({ done }: { done: () => void }) {
  const [draft, setDraft] = useState<Draft>(EMPTY)
  const set = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }))
  const create = useChangeAlerts(() => {
    notify('The channel is saved; send a test to see whether it arrives')
    done()
  })
  const isMail = draft.format === 'email'
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate({ method: 'POST', path: '/api/alerts/channels', body: inputOf(draft) })
  }
  const isReady =
    draft.name.trim() !== '' && (isMail ? Boolean(draft.host && draft.from && draft.to) : draft.url !== '')
  return (
    <form
      onSubmit={submit}
      aria-label="New channel"
      className="grid gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <h3 className="font-medium">New channel</h3>
      <div className="grid gap-3 sm:max-lg:grid-cols-2">
        <Text name="Channel name" value={draft.name} onChange={(name) => set({ name })} />
        <Labelled name="Kind">
          <select
            value={draft.format}
            onChange={(event) => set({ format: event.target.value as Format })}
            className={FIELD}
          >
            {Object.entries(FORMATS).map(([format, name]) => (
              <option key={format} value={format}>
                {name}
              </option>
            ))}
          </select>
        </Labelled>
        {isMail ? (
          <MailFields draft={draft} set={set} />
        ) : (
          <>
            <Text
              name="Address"
              value={draft.url}
              hint={HINTS[draft.format]}
              onChange={(url) => set({ url })}
            />
            {draft.format === 'telegram' && (
              <Text name="Chat id" value={draft.chat_id} onChange={(chat_id) => set({ chat_id })} />
            )}
            {draft.format === 'template' && (
              <Labelled name="Body, with names of a notice in double braces">
                <textarea
                  rows={5}
                  value={draft.template}
                  onChange={(event) => set({ template: event.target.value })}
                  className={`${FIELD} h-auto py-2 font-mono`}
                />
              </Labelled>
            )}
            {(draft.format === 'json' || draft.format === 'ntfy' || draft.format === 'template') && (
              <Text
                name="Token, if it needs one"
                isSecret
                value={draft.token}
                onChange={(token) => set({ token })}
              />
            )}
            {draft.format === 'json' && (
              <Text
                name="Signing secret"
                isSecret
                value={draft.secret}
                onChange={(secret) => set({ secret })}
              />
            )}
          </>
        )}
      </div>
      {create.isError && (
        <p role="alert" className="text-error">
          {create.error.message}
        </p>
      )}
      <div className="flex gap-2">
        <Button type="submit" kind="accent" disabled={!isReady || create.isPending}>
          Save channel
        </Button>
        <Button kind="quiet" onClick={done}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

function MailFields({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  return (
    <>
      <Text
        name="Mail server"
        value={draft.host}
        hint="mail.example.org"
        onChange={(host) => set({ host })}
      />
      <Labelled name="Security">
        <select
          value={draft.security}
          onChange={(event) => set({ security: event.target.value })}
          className={FIELD}
        >
          <option value="starttls">STARTTLS, port 587</option>
          <option value="tls">TLS, port 465</option>
          <option value="none">none, port 25</option>
        </select>
      </Labelled>
      <Text name="User name" value={draft.username} onChange={(username) => set({ username })} />
      <Text name="Password" isSecret value={draft.password} onChange={(password) => set({ password })} />
      <Text name="From" value={draft.from} hint="logs@example.org" onChange={(from) => set({ from })} />
      <Text
        name="To, with commas between"
        value={draft.to}
        hint="ops@example.org"
        onChange={(to) => set({ to })}
      />
    </>
  )
}

function Text({
  name,
  value,
  hint,
  isSecret = false,
  onChange,
}: {
  name: string
  value: string
  hint?: string | undefined
  isSecret?: boolean
  onChange: (value: string) => void
}) {
  return (
    <Labelled name={name}>
      <input
        type={isSecret ? 'password' : 'text'}
        autoComplete={isSecret ? 'new-password' : 'off'}
        value={value}
        placeholder={hint}
        onChange={(event) => onChange(event.target.value)}
        className={FIELD}
      />
    </Labelled>
  )
}

function inputOf({ name, format, ...draft }: Draft): AlertChannelInput {
  if (format === 'email') {
    const { host, security, username, password, from, to } = draft
    const email = {
      ...{ host: host.trim(), security, from: from.trim() },
      to: to.split(/[\s,;]+/).filter(Boolean),
      ...(username !== '' && { username, password }),
    }
    return { name: name.trim(), email } as AlertChannelInput
  }
  const { url, secret, token, chat_id, template } = draft
  return {
    name: name.trim(),
    webhook: {
      ...{ url: url.trim(), format },
      ...(format === 'json' && secret !== '' && { secret }),
      ...(token !== '' && { token }),
      ...(format === 'template' && { template }),
      ...(format === 'telegram' && { chat_id: chat_id.trim() }),
    },
  }
}
