import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { AlertChannel, AlertChannelTest, Session } from 'timelapser-logs/api'
import { ConfirmButton } from '../access/confirm-button.tsx'
import { Button } from '../controls/button.tsx'
import { SECTION } from '../controls/surfaces.ts'
import { NewChannel } from './new-channel.tsx'
import { useChangeAlerts, useChannels, useDeliveries } from './use-alerts.ts'

/** Where notices go; administrators add and try channels. */
export function ChannelList({ session }: { session: Session }) {
  const channels = useChannels()
  const [isAdding, setAdding] = useState(false)
  const isAdmin = session.role === 'admin'
  if (!channels.data) return null
  const { channels: listed, has_key } = channels.data
  return (
    <section className={SECTION} aria-labelledby="channels">
      <h2 id="channels" className="text-title font-semibold lg:col-span-2">
        Channels
      </h2>
      {listed.length === 0 ? (
        <p className="text-pretty text-muted">
          No channels yet: rules fire, but no notifications are sent.
          {!isAdmin && ' Ask an administrator to add one.'}
        </p>
      ) : (
        <ul aria-label="Channels" className="divide-y divide-line rounded-lg border border-line bg-surface">
          {listed.map((channel) => (
            <ChannelItem key={channel.id} channel={channel} isAdmin={isAdmin} />
          ))}
        </ul>
      )}
      {isAdmin &&
        has_key &&
        (isAdding ? (
          <NewChannel done={() => setAdding(false)} />
        ) : (
          <div className="lg:justify-self-end">
            <Button onClick={() => setAdding(true)}>
              <Plus size={14} aria-hidden /> Add channel
            </Button>
          </div>
        ))}
      {isAdmin && !has_key && (
        <p className="text-pretty text-muted">
          Channels hold secrets, and this server has no key to encrypt them with. Set ALERTS_KEY, the same on
          all servers.
        </p>
      )}
    </section>
  )
}

function ChannelItem({ channel, isAdmin }: { channel: AlertChannel; isAdmin: boolean }) {
  const { id, name, kind, target } = channel
  const [answer, setAnswer] = useState<AlertChannelTest | null>(null)
  const test = useChangeAlerts<AlertChannelTest>(setAnswer)
  const remove = useChangeAlerts()
  const failed = test.error?.message ?? remove.error?.message ?? null
  return (
    <li className="grid gap-1 py-1.5 pr-2 pl-4">
      <div className="flex flex-wrap items-center gap-x-3">
        <span className="min-w-0 flex-1">
          <span className="font-medium wrap-anywhere">{name}</span>
          <span className="block text-small text-faint wrap-anywhere">
            {kind === 'email' ? 'mail to ' : ''}
            {target}
          </span>
        </span>
        {isAdmin && (
          <>
            <Button
              kind="quiet"
              aria-label={`Send a test to ${name}`}
              disabled={test.isPending}
              onClick={() => {
                setAnswer(null)
                test.mutate({ method: 'POST', path: `/api/alerts/channels/${id}/test` })
              }}
            >
              {test.isPending ? 'Sending…' : 'Send a test'}
            </Button>
            <ConfirmButton
              name="Delete"
              of={name}
              disabled={remove.isPending}
              onConfirm={() => remove.mutate({ method: 'DELETE', path: `/api/alerts/channels/${id}` })}
            />
          </>
        )}
      </div>
      {answer && (
        <p
          role="status"
          className={`pb-1 text-small wrap-anywhere ${answer.is_sent ? 'text-live' : 'text-error'}`}
        >
          {answer.is_sent ? 'The notice was accepted' : (answer.error ?? 'The notice was not accepted')}
          {answer.reply !== null && `: ${answer.reply}`}
        </p>
      )}
      {failed !== null && (
        <p role="alert" className="pb-1 text-small text-error">
          {failed}
        </p>
      )}
    </li>
  )
}

/** Notices that were given up after failed deliveries. */
export function DeadNotices() {
  const deliveries = useDeliveries()
  const change = useChangeAlerts()
  const dead = deliveries.data?.deliveries.filter(({ state }) => state === 'dead') ?? []
  const failing =
    deliveries.data?.deliveries.filter(({ state, error }) => state === 'pending' && error !== null) ?? []
  if (dead.length === 0 && failing.length === 0) return null
  return (
    <section
      aria-label="Undelivered notices"
      className="grid gap-2 rounded-lg border border-error bg-surface px-4 py-3"
    >
      <h2 className="font-semibold text-error">
        {dead.length > 0
          ? `${dead.length === 1 ? 'A notice was' : `${dead.length} notices were`} given up`
          : `${failing.length === 1 ? 'A notice has' : `${failing.length} notices have`} not arrived yet`}
      </h2>
      <ul className="grid gap-1">
        {[...dead, ...failing].slice(0, 5).map(({ id, rule_name, kind, error, attempts, state }) => (
          <li key={id} className="flex flex-wrap items-center gap-x-3">
            <span className="min-w-0 flex-1 wrap-anywhere">
              {rule_name}, {kind}: {error} <span className="text-muted">({attempts} attempts)</span>
            </span>
            {state === 'dead' && (
              <>
                <Button
                  kind="quiet"
                  aria-label={`Try the notice of ${rule_name} again`}
                  disabled={change.isPending}
                  onClick={() =>
                    change.mutate({ method: 'POST', path: `/api/alerts/deliveries/${id}/retry` })
                  }
                >
                  Try again
                </Button>
                <Button
                  kind="quiet"
                  aria-label={`Put the notice of ${rule_name} away`}
                  disabled={change.isPending}
                  onClick={() => change.mutate({ method: 'DELETE', path: `/api/alerts/deliveries/${id}` })}
                >
                  Put away
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
