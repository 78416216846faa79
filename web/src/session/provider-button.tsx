import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ProviderPage, SignInMethods } from 'timelapser-logs/api'
import { type ApiError, request } from '../api/client.ts'
import { returnPath } from '../app/location.ts'
import { Button } from '../controls/button.tsx'

/** Leads to the provider of sign-in, where one is configured. */
export function ProviderButton({ onProblem }: { onProblem: (problem: ApiError | null) => void }) {
  const [busy, setBusy] = useState(false)
  const methods = useQuery({
    queryKey: ['sign-in-methods'],
    queryFn: ({ signal }) => request<SignInMethods>('/api/auth/methods', { signal }),
  })
  const provider = methods.data?.provider ?? null
  if (provider === null) return null
  const go = async () => {
    setBusy(true)
    onProblem(null)
    try {
      const body = { next: returnPath(window.location.search) }
      const { url } = await request<ProviderPage>('/api/auth/oidc', { method: 'POST', body })
      window.location.assign(url)
    } catch (error) {
      onProblem(error as ApiError)
      setBusy(false)
    }
  }
  return (
    <Button type="button" disabled={busy} className="h-9" onClick={go}>
      Sign in with {provider}
    </Button>
  )
}

/** Why somebody who comes back from the provider is not signed in. */
const FAILURES: Record<string, string> = {
  denied: 'The provider refused the sign-in, or you cancelled it.',
  disabled: 'Your user is disabled here. Ask an administrator.',
  expired: 'The sign-in took more than 10 minutes or began in another window. Sign in again.',
  failed:
    'The answer of the provider could not be verified. Sign in again; the log of the server shows the reason.',
  groups: 'None of your groups has access to this server. Ask an administrator.',
  name: 'Another user on this server already has your name at the provider. Ask an administrator.',
  unavailable: 'The provider does not respond. Try again shortly.',
}

export function providerFailure(search: string): string | null {
  const failed = new URLSearchParams(search).get('failed')
  return failed === null ? null : (FAILURES[failed] ?? null)
}
