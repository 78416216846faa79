import { useEffect } from 'react'
import type { Session } from 'timelapser-logs/api'
import { SCREEN } from '../controls/surfaces.ts'
import { KeyList } from './key-list.tsx'
import { PasswordForm } from './password-form.tsx'
import { SessionList } from './session-list.tsx'
import { TwoFactor } from './two-factor.tsx'
import { UserList } from './user-list.tsx'

/** Users and keys for administrators; a person's own sessions and password for everybody. */
export function AccessPage({ session }: { session: Session }) {
  useEffect(() => {
    document.title = 'Access – Timelapser Logs'
  }, [])
  return (
    <main id="content" className={`${SCREEN} sm:gap-8`}>
      <h1 className="text-figure/8 font-semibold tracking-tight">Access</h1>
      {session.role === 'admin' && <UserList />}
      {session.role === 'admin' && <KeyList />}
      {session.kind === 'user' && <SessionList />}
      {session.kind === 'user' && !session.is_external && <PasswordForm />}
      {session.kind === 'user' && !session.is_external && <TwoFactor />}
    </main>
  )
}
