import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'

/** Does something that a session alone must not do: the current password goes with it. */
export function PasswordCheck({
  name,
  path,
  onDone,
  onCancel,
}: {
  /** On the button. */
  name: string
  path: string
  onDone: (data: unknown) => void
  onCancel: () => void
}) {
  const [password, setPassword] = useState('')
  const send = useMutation({
    mutationFn: () => request<unknown>(path, { method: 'POST', body: { password } }),
    onSuccess: onDone,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send.mutate()
  }
  return (
    <form onSubmit={submit} className="grid max-w-sm gap-3">
      <label className="grid gap-1.5">
        <span>Confirm with your password</span>
        <input
          type="password"
          // biome-ignore lint/a11y/noAutofocus: the form appears where its button was pressed
          autoFocus
          autoComplete="current-password"
          maxLength={128}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          className={FIELD}
        />
      </label>
      {send.isError && (
        <p role="alert" className="text-error">
          {send.error.message}
        </p>
      )}
      <div className="flex gap-2">
        <Button type="submit" kind="accent" disabled={password === '' || send.isPending}>
          {name}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  )
}
