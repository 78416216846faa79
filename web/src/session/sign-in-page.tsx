import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { ApiError, request } from '../api/client.ts'
import { queryClient } from '../api/query-client.ts'
import { ProductMark } from '../app/app-header.tsx'
import { navigate, returnPath } from '../app/location.ts'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { ThemeSwitch } from '../theme/theme-switch.tsx'
import { ProviderButton, providerFailure } from './provider-button.tsx'

/** The secret of a one-time link; it stays in the fragment, which browsers do not send to servers or proxies. */
function linkSecret(): string | null {
  return new URLSearchParams(window.location.hash.slice(1)).get('link')
}

/** Sign-in by name and password, or, from a one-time link, the choice of both. */
export function SignInPage() {
  const [secret] = useState(linkSecret)
  const { submit, waiting, problem, setProblem, busy, leave } = useSignIn(secret)
  const failure = problem === null ? providerFailure(window.location.search) : null
  useEffect(() => {
    document.title = 'Sign in – Timelapser Logs'
  }, [])
  if (waiting) {
    return <CodeForm name={waiting.username} submit={submit} problem={problem} busy={busy} leave={leave} />
  }
  return (
    <SignInForm
      onSubmit={submit}
      title={secret === null ? 'Sign in' : 'Welcome to Timelapser Logs'}
      text={
        secret === null
          ? 'To read the logs of this server.'
          : 'This link signs you in once. Choose the name and password you will use from now on.'
      }
    >
      <NameAndPassword isNew={secret !== null} />
      {problem && <Problem error={problem} />}
      {failure && <Alert text={failure} />}
      <Button type="submit" kind="accent" disabled={busy} className="h-9">
        {secret === null ? 'Sign in' : 'Sign in and keep this name'}
      </Button>
      {secret === null && <ProviderButton onProblem={setProblem} />}
      {secret === null && (
        <p className="text-small text-faint">
          Forgot your password? An administrator can create a new one-time link under Access, or on the server
          with <code className="font-mono">timelapser-logs users link NAME</code>.
        </p>
      )}
    </SignInForm>
  )
}

/** The one or two steps of a sign-in. @param secret of the one-time link; null without one */
function useSignIn(secret: string | null) {
  const [problem, setProblem] = useState<ApiError | null>(null)
  const [busy, setBusy] = useState(false)
  // The password was right, and a code has to come with it. A link is used up by then.
  const [waiting, setWaiting] = useState<Who | null>(null)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const who = waiting
      ? { ...waiting, code: text('code') }
      : { username: text('username'), password: String(form.get('password')) }
    setBusy(true)
    setProblem(null)
    try {
      if (secret === null || waiting) await request('/api/auth/sign-in', { method: 'POST', body: who })
      else await request('/api/auth/link', { method: 'POST', body: { secret, ...who } })
      queryClient.clear()
      navigate(returnPath(window.location.search), { replace: true })
    } catch (error) {
      if ((error as ApiError).code === 'CODE_REQUIRED') setWaiting(who)
      else setProblem(error as ApiError)
      setBusy(false)
    }
  }
  const leave = () => {
    setWaiting(null)
    setProblem(null)
  }
  return { submit, waiting, problem, setProblem, busy, leave }
}

/** The step that asks for the code of a second factor. */
function CodeForm({
  name,
  submit,
  problem,
  busy,
  leave,
}: {
  name: string
  submit: (event: FormEvent<HTMLFormElement>) => void
  problem: ApiError | null
  busy: boolean
  leave: () => void
}) {
  return (
    <SignInForm onSubmit={submit} title="One more step" text={`Enter a code for ${name}.`}>
      <label className="grid gap-1.5">
        <span className="font-medium">Code</span>
        <input
          name="code"
          required
          // biome-ignore lint/a11y/noAutofocus: it is the one field of the step that was asked for
          autoFocus
          minLength={6}
          maxLength={40}
          autoComplete="one-time-code"
          autoCapitalize="none"
          className={`${FIELD} h-9`}
        />
        <span className="text-small text-faint">From your authenticator app, or a backup code.</span>
      </label>
      {problem && <Problem error={problem} />}
      <Button type="submit" kind="accent" disabled={busy} className="h-9">
        Sign in
      </Button>
      <Button kind="quiet" onClick={leave}>
        Back
      </Button>
      <p className="text-small text-faint">
        Lost your phone and backup codes? An administrator can remove the second factor under Access.
      </p>
    </SignInForm>
  )
}

function NameAndPassword({ isNew }: { isNew: boolean }) {
  return (
    <>
      <label className="grid gap-1.5">
        <span className="font-medium">Name</span>
        <input
          name="username"
          required
          maxLength={64}
          autoComplete="username"
          autoCapitalize="none"
          className={`${FIELD} h-9`}
        />
      </label>
      <label className="grid gap-1.5">
        <span className="font-medium">Password</span>
        <input
          name="password"
          type="password"
          required
          minLength={isNew ? 8 : undefined}
          maxLength={128}
          autoComplete={isNew ? 'new-password' : 'current-password'}
          className={`${FIELD} h-9`}
        />
        {isNew && <span className="text-small text-faint">At least 8 characters.</span>}
      </label>
    </>
  )
}

type Who = { username: string; password: string }

function SignInForm({
  onSubmit,
  title,
  text,
  children,
}: {
  onSubmit: (event: FormEvent<HTMLFormElement>) => void
  title: string
  text: string
  children: ReactNode
}) {
  return (
    <main className="grid min-h-screen content-start justify-items-center px-4 pt-[max(4rem,24vh)] pb-12">
      <div className="fixed top-3 right-3">
        <ThemeSwitch />
      </div>
      <form onSubmit={onSubmit} className="grid w-full max-w-80 gap-4">
        <div className="mb-1 grid gap-3">
          <ProductMark size={32} />
          <h1 className="text-figure font-semibold tracking-tight">{title}</h1>
          <p className="text-muted">{text}</p>
        </div>
        {children}
      </form>
    </main>
  )
}

function Problem({ error }: { error: ApiError }) {
  const wait = error instanceof ApiError && error.retryAfterSeconds !== null
  return <Alert text={`${error.message}${wait ? ` Try again in ${error.retryAfterSeconds} s.` : ''}`} />
}

function Alert({ text }: { text: string }) {
  return (
    <p role="alert" className="rounded-md border border-error bg-error-wash px-3 py-2 text-error">
      {text}
    </p>
  )
}
