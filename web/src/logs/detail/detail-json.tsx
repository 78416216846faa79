import { Copy } from 'lucide-react'
import type { LogRow } from 'timelapser-logs/api'
import { Button } from '../../controls/button.tsx'
import { copy } from '../../controls/copy.ts'
import { MessageText } from '../../text/message-text.tsx'

/** The row as the API gives it. */
export function DetailJson({ log }: { log: LogRow }) {
  const text = JSON.stringify(log, null, 2)
  return (
    <div className="grid justify-items-start gap-3 p-4">
      <Button onClick={() => copy(text, 'the line as JSON')}>
        <Copy size={14} aria-hidden /> Copy
      </Button>
      <pre className="w-full font-mono text-small wrap-anywhere whitespace-pre-wrap">
        <MessageText text={text} />
      </pre>
    </div>
  )
}
