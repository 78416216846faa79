import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { TwoFactorSetup as Setup } from 'timelapser-logs/api'
import { encode } from 'uqr'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Text } from '../controls/fields.tsx'
import { Problem } from '../controls/form-end.tsx'
import { BackupCodes } from './backup-codes.tsx'

/** The secret for an app, and the field for the first code, which puts it in force. */
export function TwoFactorSetup({
  setup,
  onDone,
  onCancel,
}: {
  setup: Setup
  onDone: () => void
  onCancel: () => void
}) {
  const [code, setCode] = useState('')
  const verify = useMutation({
    mutationFn: () => request('/api/auth/two-factor/verify', { method: 'POST', body: { code } }),
    onSuccess: onDone,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    verify.mutate()
  }
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-start gap-5">
        <QrCode text={setup.uri} />
        <div className="grid max-w-sm min-w-0 flex-1 basis-64 gap-2">
          <p>Scan the QR code with an authenticator app, or enter this key in the app:</p>
          <code className="font-mono text-small break-all select-all">{setup.secret}</code>
        </div>
      </div>
      <BackupCodes codes={setup.backup_codes} />
      <form onSubmit={submit} className="grid max-w-sm gap-3">
        <label className="grid gap-1.5">
          <span>Current code of the app</span>
          <Text
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={7}
            value={code}
            onChange={setCode}
            className="figures"
          />
        </label>
        <Problem error={verify.error} />
        <div className="flex gap-2">
          <Button
            type="submit"
            kind="accent"
            disabled={code.replaceAll(/\s/g, '').length !== 6 || verify.isPending}
          >
            Turn on
          </Button>
          <Button onClick={onCancel}>Cancel</Button>
        </div>
      </form>
    </div>
  )
}

/** Black on white in both themes: not every camera reads the inverse. */
function QrCode({ text }: { text: string }) {
  const { size, data } = encode(text, { border: 2 })
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg
      role="img"
      aria-label="QR code of the key"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-44 shrink-0 rounded-md"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
