import { type FormEvent, useState } from 'react'
import type { AlertChannelInput } from 'timelapser-logs/api'
import { Labelled, Select, TextField } from '../controls/fields.tsx'
import { FormButtons, Problem } from '../controls/form-end.tsx'
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
          <Select options={FORMATS} value={draft.format} onChange={(format) => set({ format })} />
        </Labelled>
        {isMail ? <MailFields draft={draft} set={set} /> : <WebhookFields draft={draft} set={set} />}
      </div>
      <Problem error={create.error} />
      <FormButtons name="Save channel" disabled={!isReady || create.isPending} onCancel={done} />
    </form>
  )
}

type FieldsProps = { draft: Draft; set: (change: Partial<Draft>) => void }

function WebhookFields({ draft, set }: FieldsProps) {
  const { format } = draft
  return (
    <>
      <Text name="Address" value={draft.url} hint={HINTS[format]} onChange={(url) => set({ url })} />
      {format === 'telegram' && (
        <Text name="Chat id" value={draft.chat_id} onChange={(chat_id) => set({ chat_id })} />
      )}
      {format === 'template' && (
        <Labelled name="Body, with names of a notice in double braces">
          <textarea
            rows={5}
            value={draft.template}
            onChange={(event) => set({ template: event.target.value })}
            className={`${FIELD} h-auto py-2 font-mono`}
          />
        </Labelled>
      )}
      {(format === 'json' || format === 'ntfy' || format === 'template') && (
        <Text
          name="Token, if it needs one"
          isSecret
          value={draft.token}
          onChange={(token) => set({ token })}
        />
      )}
      {format === 'json' && (
        <Text name="Signing secret" isSecret value={draft.secret} onChange={(secret) => set({ secret })} />
      )}
    </>
  )
}

const SECURITIES = {
  starttls: 'STARTTLS, port 587',
  tls: 'TLS, port 465',
  none: 'none, port 25',
}

function MailFields({ draft, set }: FieldsProps) {
  return (
    <>
      <Text
        name="Mail server"
        value={draft.host}
        hint="mail.example.org"
        onChange={(host) => set({ host })}
      />
      <Labelled name="Security">
        <Select<string>
          options={SECURITIES}
          value={draft.security}
          onChange={(security) => set({ security })}
        />
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
  hint,
  isSecret = false,
  ...rest
}: {
  name: string
  value: string
  hint?: string | undefined
  isSecret?: boolean
  onChange: (value: string) => void
}) {
  return (
    <TextField
      type={isSecret ? 'password' : 'text'}
      autoComplete={isSecret ? 'new-password' : 'off'}
      placeholder={hint}
      {...rest}
    />
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
