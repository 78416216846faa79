import { useMutation } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import type { AuditCheck } from 'timelapser-logs/api'
import { requestReply } from '../api/client.ts'
import { Button } from '../controls/button.tsx'

/** Has the chain of hashes checked, and says what was found. */
export function VerifyButton() {
  const verify = useMutation({ mutationFn: () => requestReply<AuditCheck>('/api/audit/verify') })
  const faults = verify.data?.data.faults ?? []
  return (
    <div className="flex flex-wrap items-center gap-3">
      <p aria-live="polite" className={verify.isError || faults.length > 0 ? 'text-error' : 'text-muted'}>
        {verify.isError ? verify.error.message : verify.data?.message}
        {faults.slice(0, 3).map(({ id, sentence }) => (
          <span key={id} className="block">
            {sentence}
          </span>
        ))}
      </p>
      <Button disabled={verify.isPending} onClick={() => verify.mutate()}>
        <ShieldCheck size={15} aria-hidden /> {verify.isPending ? 'Verifying…' : 'Verify'}
      </Button>
    </div>
  )
}
