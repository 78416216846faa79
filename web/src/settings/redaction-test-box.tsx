import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { RedactionTest } from 'timelapser-logs/api'
import { requestReply } from '../api/client.ts'
import { Labelled } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'

/** A line as the server would store it with these patterns, saved or not; asked for once typing rests. */
export function RedactionTestBox({ patterns }: { patterns: readonly string[] }) {
  const [message, setMessage] = useState('')
  const rested = useRested(message, 250)
  const tried = useRested(JSON.stringify(patterns), 250)
  const test = useQuery({
    queryKey: ['settings', 'redaction-test', rested, tried],
    queryFn: ({ signal }) =>
      requestReply<RedactionTest>('/api/redaction/test', {
        method: 'POST',
        body: { message: rested, patterns: JSON.parse(tried) },
        signal,
      }),
    enabled: rested !== '',
    retry: false,
  })
  return (
    <div className="grid grid-cols-1 gap-2 border-t border-line pt-5">
      <Labelled name="Try it with a message">
        <textarea
          value={message}
          rows={2}
          spellCheck={false}
          placeholder="login of anna, password=hunter2"
          onChange={({ target }) => setMessage(target.value)}
          className={`${FIELD} h-auto py-1.5 font-mono`}
        />
      </Labelled>
      <div aria-live="polite" className="grid grid-cols-1 gap-1 empty:hidden">
        {test.isError && <p className="text-error">{test.error.message}</p>}
        {test.data && rested !== '' && (
          <>
            <p className="text-small text-muted">{test.data.message}</p>
            <pre className="overflow-auto rounded-md bg-sunken p-3 font-mono text-small wrap-anywhere whitespace-pre-wrap">
              {test.data.data.message}
            </pre>
          </>
        )}
      </div>
    </div>
  )
}

/** A value once it has not changed for so long. */
function useRested<T>(value: T, milliseconds: number): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), milliseconds)
    return () => clearTimeout(timer)
  }, [value, milliseconds])
  return rested
}
