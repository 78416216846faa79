import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { FIELD } from '../controls/surfaces.ts'

/** Changes one's own password, which ends all other sessions. */
export function PasswordForm() {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: () =>
      request('/api/auth/password', {
        method: 'POST',
        body: { current_password: current, new_password: next },
      }),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      notify('Password changed. All other sessions have ended.')
      client.invalidateQueries({ queryKey: ['sessions'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <section className="grid grid-cols-1 gap-4 border-t border-line pt-8 first-of-type:border-0 first-of-type:pt-0">
      <h2 className="text-title font-semibold">Your password</h2>
      <form onSubmit={submit} className="grid max-w-sm gap-3">
        <label className="grid gap-1.5">
          <span>Current password</span>
          <input
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
            className={FIELD}
          />
        </label>
        <label className="grid gap-1.5">
          <span>New password, at least 8 characters</span>
          <input
            type="password"
            autoComplete="new-password"
            minLength={8}
            maxLength={128}
            value={next}
            onChange={(event) => setNext(event.target.value)}
            className={FIELD}
          />
        </label>
        {save.isError && (
          <p role="alert" className="text-error">
            {save.error.message}
          </p>
        )}
        <Button
          type="submit"
          className="justify-self-start"
          disabled={current === '' || next.length < 8 || save.isPending}
        >
          Change password
        </Button>
      </form>
    </section>
  )
}
