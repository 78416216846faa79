import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { ScrubResult } from 'timelapser-logs/api'
import { requestWithProgress } from '../api/progress.ts'
import { Button } from '../controls/button.tsx'
import { Labelled, Text } from '../controls/fields.tsx'
import { ScrubConfirmation } from './scrub-confirmation.tsx'
import { ScrubOutcome, type ScrubProgress } from './scrub-outcome.tsx'
import { ScrubRunStatus } from './scrub-run-status.tsx'
import { useScrubRun } from './use-scrub-run.ts'

/** Masks in stored lines what should not have been logged: searched first, then done by the server after a typed word. */
export function ScrubBox() {
  const [pattern, setPattern] = useState('')
  const { look, progress, isStopped, stop } = useLook(pattern)
  const masking = useScrubRun()
  const isMasking = masking.run?.ended_at === null
  const looked = look.data?.data ?? null
  return (
    <form
      aria-label="Mask stored lines"
      className="grid grid-cols-1 gap-3 border-t border-line pt-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (pattern !== '' && !look.isPending && !isMasking) look.mutate()
      }}
    >
      <PatternField
        pattern={pattern}
        doing={look.isPending ? 'looking' : isMasking ? 'masking' : 'nothing'}
        onChange={(text) => {
          setPattern(text)
          // The earlier result belongs to another pattern.
          look.reset()
        }}
        stop={stop}
      />
      <p className="text-small text-muted">
        Messages, logger names and extra data of every line are searched; nothing is changed until you
        confirm. New lines are masked by the patterns above.
      </p>
      <ScrubOutcome
        isPending={look.isPending}
        isStopped={isStopped}
        progress={progress}
        result={looked}
        error={look.error ?? masking.error}
      />
      {looked !== null && looked.matched_rows > 0 && !isMasking && (
        <ScrubConfirmation
          rows={looked.matched_rows}
          disabled={masking.isChanging}
          confirm={() => {
            masking.start(pattern)
            look.reset()
          }}
        />
      )}
      {masking.run && looked === null && !look.isPending && (
        <ScrubRunStatus run={masking.run} isChanging={masking.isChanging} stop={masking.stop} />
      )}
    </form>
  )
}

function PatternField({
  pattern,
  doing,
  onChange,
  stop,
}: {
  pattern: string
  doing: 'nothing' | 'looking' | 'masking'
  onChange: (pattern: string) => void
  stop: () => void
}) {
  return (
    <Labelled name="Text to mask in stored lines">
      <span className="flex items-center gap-2">
        <Text
          value={pattern}
          maxLength={500}
          spellCheck={false}
          autoComplete="off"
          placeholder="employee-\d{6}"
          disabled={doing !== 'nothing'}
          onChange={onChange}
          className="min-w-0 flex-1 font-mono"
        />
        {doing === 'looking' ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button type="submit" disabled={pattern === '' || doing === 'masking'}>
            Search
          </Button>
        )}
      </span>
    </Labelled>
  )
}

/** The search for a pattern in stored lines, which changes nothing. */
function useLook(pattern: string) {
  const [progress, setProgress] = useState<ScrubProgress | null>(null)
  const running = useRef<AbortController>(undefined)
  const look = useMutation({
    mutationFn: () => {
      const controller = new AbortController()
      running.current = controller
      setProgress(null)
      return requestWithProgress<ScrubResult, ScrubProgress>('/api/logs/scrub', {
        body: { pattern, dry_run: true },
        signal: controller.signal,
        onProgress: setProgress,
      })
    },
  })
  const stop = () => running.current?.abort()
  // Leaving the screen ends the search: nobody would see its result.
  useEffect(() => () => running.current?.abort(), [])
  return { look, progress, isStopped: running.current?.signal.aborted ?? false, stop }
}
