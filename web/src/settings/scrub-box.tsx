import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { ScrubResult } from 'timelapser-logs/api'
import { Labelled } from '../access/labelled.tsx'
import { requestWithProgress } from '../api/progress.ts'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { ScrubConfirmation } from './scrub-confirmation.tsx'
import { ScrubOutcome } from './scrub-outcome.tsx'

export type ScrubProgress = { scanned_rows: number; matched_rows: number }

/** Masks in stored lines what should not have been logged: looked through first, then done after a typed word. */
export function ScrubBox() {
  const [pattern, setPattern] = useState('')
  const [progress, setProgress] = useState<ScrubProgress | null>(null)
  const running = useRef<AbortController>(undefined)
  const client = useQueryClient()
  const scrub = useMutation({
    mutationFn: (isDryRun: boolean) => {
      const controller = new AbortController()
      running.current = controller
      setProgress(null)
      return requestWithProgress<ScrubResult, ScrubProgress>('/api/logs/scrub', {
        body: { pattern, dry_run: isDryRun },
        signal: controller.signal,
        onProgress: setProgress,
      })
    },
    onSuccess: (_, isDryRun) => isDryRun || client.invalidateQueries({ queryKey: ['logs'] }),
  })
  // Who leaves the screen ends it: nobody would see what became of it.
  useEffect(() => () => running.current?.abort(), [])
  const looked = scrub.isSuccess && scrub.variables ? scrub.data.data : null
  return (
    <form
      aria-label="Mask stored lines"
      className="grid grid-cols-1 gap-3 border-t border-line pt-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (pattern !== '' && !scrub.isPending) scrub.mutate(true)
      }}
    >
      <Labelled name="Mask in lines that are stored already">
        <span className="flex items-center gap-2">
          <input
            value={pattern}
            maxLength={500}
            spellCheck={false}
            autoComplete="off"
            placeholder="employee-\d{6}"
            disabled={scrub.isPending}
            onChange={({ target }) => {
              setPattern(target.value)
              // What was found was found by another pattern.
              scrub.reset()
            }}
            className={`${FIELD} min-w-0 flex-1 font-mono`}
          />
          {scrub.isPending ? (
            <Button onClick={() => running.current?.abort()}>Stop</Button>
          ) : (
            <Button type="submit" disabled={pattern === ''}>
              Look
            </Button>
          )}
        </span>
      </Labelled>
      <p className="text-small text-muted">
        Messages, logger names and extra data of every line are looked through; nothing is changed until you
        say so. Leaving this screen stops it.
      </p>
      <ScrubOutcome
        isDryRun={scrub.variables ?? true}
        isPending={scrub.isPending}
        isStopped={running.current?.signal.aborted ?? false}
        progress={progress}
        result={scrub.data?.data ?? null}
        error={scrub.error}
      />
      {looked !== null && looked.matched_rows > 0 && (
        <ScrubConfirmation rows={looked.matched_rows} confirm={() => scrub.mutate(false)} />
      )}
    </form>
  )
}
