import { Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from '../../app/link.tsx'
import { wholeAddressOf } from '../../app/location.ts'
import { IconButton } from '../../controls/button.tsx'
import { copy } from '../../controls/copy.ts'

/** One sentence for what is the case, and what can be done about it. */
export function EmptyState({
  title,
  failed = false,
  children,
}: {
  title: string
  failed?: boolean
  children: ReactNode
}) {
  return (
    <div
      role={failed ? 'alert' : undefined}
      className={`grid grid-cols-1 justify-items-center rounded-lg border border-dashed px-4 py-12 sm:px-6 text-center sm:py-16 ${failed ? 'border-error' : 'border-line-strong'}`}
    >
      <h2 className="mb-2 text-title font-semibold">{title}</h2>
      <div className="flex w-full max-w-xl flex-wrap items-center justify-center gap-x-2 gap-y-4 text-muted [&>p]:w-full [&>p]:text-pretty">
        {children}
      </div>
    </div>
  )
}

/** No line was ever written: the command that writes the first. */
export function FirstLine({ title = 'No lines have been written yet' }: { title?: string }) {
  const command = [
    `curl ${wholeAddressOf('/api/logs')}`,
    `  -H 'Authorization: Bearer YOUR_KEY'`,
    `  -H 'Content-Type: application/json'`,
    `  -d '{"level":"INFO","message":"Hello from curl","source":"api"}'`,
  ].join(' \\\n')
  return (
    <EmptyState title={title}>
      <p>This page shows the first line as soon as it arrives. Send one from a terminal:</p>
      <div className="flex w-full items-start gap-1 rounded-md border border-line bg-sunken py-2 pr-2 pl-4 text-left">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
        <pre className="min-w-0 flex-1 overflow-x-auto py-1.5 font-mono text-small text-ink" tabIndex={0}>
          {command}
        </pre>
        <IconButton label="Copy the command" onClick={() => copy(command, 'the command')}>
          <Copy size={15} aria-hidden />
        </IconButton>
      </div>
      <p>
        The server printed the first key when it started; create others under{' '}
        <Link className="font-medium text-accent underline underline-offset-2" href="/access">
          Access
        </Link>
        .
      </p>
    </EmptyState>
  )
}
