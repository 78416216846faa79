import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ParseDryRun, ParseRule, TriedLine as Tried } from 'timelapser-logs/api'
import { request, requestReply } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Labelled } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { TriedLine } from './tried-line.tsx'

/** Stored lines that are tried. */
const COUNT = 10
const RESTED_MS = 300

/** Tries a rule on the newest lines of its sources, or of a line that is pasted, while it is written. */
export function RuleTester({ rule }: { rule: ParseRule | null }) {
  const [pasted, setPasted] = useState('')
  const asked = useRested(JSON.stringify({ rule: rule && { ...rule, enabled: true }, pasted }), RESTED_MS)
  const test = useQuery({
    queryKey: ['settings', 'parse-test', asked],
    queryFn: ({ signal }) => {
      const { rule, pasted } = JSON.parse(asked) as { rule: ParseRule; pasted: string }
      const source = rule.sources[0]?.replaceAll('*', '') || 'test'
      const lines = pasted.split('\n').filter((line) => line.trim() !== '')
      return request<{ lines: Tried[] }>('/api/parse-rules/test', {
        method: 'POST',
        body: {
          // A pasted line is of no source: the rule is tried on it all the same.
          rules: [lines.length > 0 ? { ...rule, sources: ['*'] } : rule],
          ...(lines.length > 0
            ? { lines: lines.slice(0, 100).map((message) => ({ message, source })) }
            : { count: COUNT }),
        },
        signal,
      })
    },
    enabled: rule !== null && JSON.parse(asked).rule !== null,
    placeholderData: (before) => before,
    retry: false,
  })
  return (
    <section aria-label="Try the rule" className="grid grid-cols-1 gap-3 border-t border-line pt-4">
      <h4 className="font-semibold">Try it</h4>
      <Labelled name="Paste lines to test the rule; if empty, the newest stored lines of its sources are used">
        <textarea
          value={pasted}
          rows={2}
          spellCheck={false}
          onChange={({ target }) => setPasted(target.value)}
          className={`${FIELD} h-auto py-1.5 font-mono`}
        />
      </Labelled>
      <div aria-live="polite" className="grid grid-cols-1 gap-2 empty:hidden">
        {rule !== null && test.isError && <p className="text-error">{test.error.message}</p>}
        {rule !== null && !test.isError && test.data?.lines.length === 0 && (
          <p className="text-muted">There are no stored lines of these sources yet.</p>
        )}
      </div>
      {rule !== null && !test.isError && test.data && test.data.lines.length > 0 && (
        <Lines name="Lines before and after" lines={test.data.lines} isStale={test.isPlaceholderData} />
      )}
      {rule !== null && <DryRun rule={rule} />}
    </section>
  )
}

function Lines({ name, lines, isStale = false }: { name: string; lines: Tried[]; isStale?: boolean }) {
  return (
    <ul
      aria-label={name}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable box has to be reached by keyboard
      tabIndex={0}
      className={`max-h-96 divide-y divide-line overflow-auto rounded-md border border-line ${isStale ? 'opacity-60' : ''}`}
    >
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same line may be there twice
        <TriedLine key={index} line={line} />
      ))}
    </ul>
  )
}

/** The lines of the last hour as the rule would have made them. */
function DryRun({ rule }: { rule: ParseRule }) {
  const zone = useDisplayZone()
  // An answer does not stay beside another rule.
  const asking = JSON.stringify(rule)
  const run = useMutation({
    mutationFn: async (asked: string) => {
      const rules = [{ ...(JSON.parse(asked) as ParseRule), enabled: true }]
      return requestReply<ParseDryRun>('/api/parse-rules/dry-run', { method: 'POST', body: { rules } })
    },
  })
  const isOfThis = run.variables === asking
  const data = isOfThis ? run.data?.data : undefined
  return (
    <div className="grid grid-cols-1 gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Button disabled={run.isPending} onClick={() => run.mutate(asking)}>
          {run.isPending ? 'Trying…' : 'Try it on the last hour'}
        </Button>
        <span className="text-small text-faint">Stored lines are not changed.</span>
      </div>
      <div aria-live="polite" className="grid grid-cols-1 gap-1 empty:hidden">
        {isOfThis && run.isError && <p className="text-error">{run.error.message}</p>}
        {data && (
          <p>
            {run.data?.message}
            {data.failed > 0 && `; the rule fails on ${data.failed.toLocaleString()}`}.
            {data.searched_to !== null &&
              ` The time limit was reached: lines before ${formatMoment(data.searched_to, zone, Date.now())} were not tried.`}
          </p>
        )}
        {data?.rules.flatMap(({ failures }) =>
          failures.map(({ reason, lines }) => (
            <p key={reason} className="text-small text-warning">
              {lines.toLocaleString()}: {reason}
            </p>
          )),
        )}
      </div>
      {data && data.examples.length > 0 && <Lines name="Examples" lines={data.examples} />}
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
