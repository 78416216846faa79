import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Text } from '../controls/fields.tsx'
import { Problem } from '../controls/form-end.tsx'
import { notify } from '../controls/notice.tsx'

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
          <Text type="password" autoComplete="current-password" value={current} onChange={setCurrent} />
        </label>
        <label className="grid gap-1.5">
          <span>New password, at least 8 characters</span>
          <Text
            type="password"
            autoComplete="new-password"
            minLength={8}
            maxLength={128}
            value={next}
            onChange={setNext}
          />
        </label>
        <Problem error={save.error} />
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
