import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import type { BackupCodes as Codes, TwoFactorSetup as Setup, TwoFactorState } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { lazyPart } from '../app/lazy-part.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { notify } from '../controls/notice.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { BackupCodes } from './backup-codes.tsx'
import { PasswordCheck } from './password-check.tsx'

const TwoFactorSetup = lazyPart(() =>
  import('./two-factor-setup.tsx').then((module) => ({ default: module.TwoFactorSetup })),
)

type Asking = 'setup' | 'codes' | 'remove'

const QUESTIONS: Record<Asking, { name: string; path: string }> = {
  setup: { name: 'Set up', path: '/api/auth/two-factor' },
  codes: { name: 'Create new codes', path: '/api/auth/two-factor/backup-codes' },
  remove: { name: 'Remove', path: '/api/auth/two-factor/disable' },
}

/** One's own second factor: codes of an authenticator app, asked for beside the password. */
export function TwoFactor() {
  const client = useQueryClient()
  const [asking, setAsking] = useState<Asking | null>(null)
  const [setup, setSetup] = useState<Setup | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const state = useQuery({
    queryKey: ['two-factor'],
    queryFn: ({ signal }) => request<TwoFactorState>('/api/auth/two-factor', { signal }),
  })
  const readAnew = () =>
    Promise.all(
      ['two-factor', 'sessions', 'users'].map((queryKey) =>
        client.invalidateQueries({ queryKey: [queryKey] }),
      ),
    )
  const done = async (what: Asking, data: unknown) => {
    setAsking(null)
    if (what === 'setup') setSetup(data as Setup)
    if (what === 'codes') setCodes((data as Codes).backup_codes)
    if (what === 'remove') notify('Two-factor authentication is off.')
    await readAnew()
  }
  const begun = async () => {
    setSetup(null)
    notify('Two-factor authentication is on. All other sessions have ended.')
    await readAnew()
  }
  const enabled = state.data?.enabled ?? false
  const isIdle = asking === null && setup === null && codes === null
  return (
    <section className="grid grid-cols-1 gap-4 border-t border-line pt-8 first-of-type:border-0 first-of-type:pt-0">
      <h2 className="text-title font-semibold">Two-factor authentication</h2>
      {state.isPending && <Skeleton className="h-16 w-full" />}
      {state.isError && (
        <Failed what="Two-factor authentication" error={state.error} retry={() => state.refetch()} />
      )}
      {state.data && setup === null && <InWords state={state.data} />}
      {state.data && isIdle && (
        <div className="flex flex-wrap gap-2">
          {!enabled && <Button onClick={() => setAsking('setup')}>Set up…</Button>}
          {enabled && <Button onClick={() => setAsking('codes')}>New backup codes…</Button>}
          {enabled && <Button onClick={() => setAsking('remove')}>Remove…</Button>}
        </div>
      )}
      {asking !== null && (
        <PasswordCheck
          {...QUESTIONS[asking]}
          onDone={(data) => done(asking, data)}
          onCancel={() => setAsking(null)}
        />
      )}
      {codes !== null && <BackupCodes codes={codes} done={() => setCodes(null)} />}
      {setup !== null && (
        <Suspense fallback={<Skeleton className="h-64 w-full" />}>
          <TwoFactorSetup setup={setup} onDone={begun} onCancel={() => setSetup(null)} />
        </Suspense>
      )}
    </section>
  )
}

function InWords({ state: { enabled, backup_codes_left: left } }: { state: TwoFactorState }) {
  return (
    <p className="max-w-prose text-muted">
      {enabled
        ? `On: sign-in requires a code from your authenticator app. ${codesLeft(left)}`
        : 'Off: the password alone is enough to sign in. With an authenticator app on your phone, a stolen password is useless.'}
    </p>
  )
}

function codesLeft(count: number): string {
  if (count === 0) return 'No backup codes are left: create new ones.'
  return `${count} backup ${count === 1 ? 'code is' : 'codes are'} left.`
}
