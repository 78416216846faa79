import { useState } from 'react'
import type { ApiKey, RotatedApiKey } from 'timelapser-logs/api'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SECTION } from '../controls/surfaces.ts'
import { LEVEL_NAME } from '../logs/levels.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { ConfirmButton } from './confirm-button.tsx'
import { NewKey } from './new-key.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useChange, useKeys } from './use-access.ts'

/** The keys of programs, to be rotated and revoked, and a way to make one. */
export function KeyList() {
  const keys = useKeys()
  return (
    <section className={SECTION}>
      <h2 className="text-title font-semibold lg:col-span-2">API keys</h2>
      {keys.isPending && <SkeletonRows name="keys" rows={3} height="h-[4.75rem]" />}
      {keys.isError && <Failed what="The keys" error={keys.error} retry={() => keys.refetch()} />}
      {keys.data?.total_keys === 0 && <p className="text-muted">No API keys yet.</p>}
      {keys.data && keys.data.total_keys > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {keys.data.keys.map((key) => (
            <KeyItem key={key.id} apiKey={key} />
          ))}
        </ul>
      )}
      {!keys.isPending && <NewKey />}
    </section>
  )
}

function KeyItem({ apiKey }: { apiKey: ApiKey }) {
  const { id, name, prefix, scope, cameras, min_level, rate_limit, origins, replaced_by } = apiKey
  const { expires_at, last_used_at } = apiKey
  const change = useChange('keys')
  const [secret, setSecret] = useState<string | null>(null)
  const rotate = useChange<RotatedApiKey>('keys', (rotated) => setSecret(rotated.secret))
  const zone = useDisplayZone()
  const facts = [
    scope,
    cameras && `${cameras.length === 1 ? 'camera' : 'cameras'} ${cameras.join(', ')}`,
    min_level && `${LEVEL_NAME[min_level]} and above`,
    origins && `pages of ${origins.join(', ')}`,
    rate_limit && `${rate_limit.toLocaleString('en-US')} requests per minute`,
    replaced_by !== null && 'replaced',
    expires_at &&
      `${Date.parse(expires_at) <= Date.now() ? 'expired' : 'until'} ${formatMoment(expires_at, zone, Date.now())}`,
    last_used_at ? `last used ${formatMoment(last_used_at, zone, Date.now())}` : 'never used',
  ]
  return (
    <li className="grid gap-2 py-1.5 pr-2 pl-4">
      <div className="flex flex-wrap items-center gap-x-3">
        <span className="min-w-0 flex-1">
          <span className="font-medium break-all">{name}</span>{' '}
          <code className="font-mono text-small text-muted">{prefix}…</code>
          <span className="block text-small text-faint">{facts.filter(Boolean).join(' · ')}</span>
        </span>
        {replaced_by === null && (
          <ConfirmButton
            name="Rotate"
            of={name}
            disabled={rotate.isPending}
            onConfirm={() => rotate.mutate({ method: 'POST', path: `/api/keys/${id}/rotate`, body: {} })}
          />
        )}
        <ConfirmButton
          name="Revoke"
          of={name}
          disabled={change.isPending}
          onConfirm={() => change.mutate({ method: 'DELETE', path: `/api/keys/${id}` })}
        />
      </div>
      {secret !== null && <ShownOnce text={secret} what="new key" done={() => setSecret(null)} />}
      {secret !== null && <p className="text-small text-muted">The old key stays valid for 24 hours.</p>}
    </li>
  )
}
