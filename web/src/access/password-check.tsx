import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Text } from '../controls/fields.tsx'
import { Problem } from '../controls/form-end.tsx'

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
        <Text
          type="password"
          // The form appears where its button was pressed.
          autoFocus
          autoComplete="current-password"
          maxLength={128}
          value={password}
          onChange={setPassword}
        />
      </label>
      <Problem error={send.error} />
      <div className="flex gap-2">
        <Button type="submit" kind="accent" disabled={password === '' || send.isPending}>
          {name}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  )
}
