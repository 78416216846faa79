import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { LogStats } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Choice } from '../controls/choice.tsx'
import { BACKDROP, DIALOG } from '../controls/surfaces.ts'
import { useInertPage } from '../controls/use-inert-page.ts'
import { ExportProgress } from './export-progress.tsx'
import { type ExportFormat, FORMATS, useExport } from './use-export.ts'

/** Everything that matches as a file: counted before, with progress, to be stopped. */
export function ExportDialog({ query, close }: { query: string; close: () => void }) {
  const [format, setFormat] = useState<ExportFormat>('csv')
  const count = useQuery({
    queryKey: ['logs', 'export-count', query],
    queryFn: async ({ signal }) =>
      (await request<LogStats>(`/api/logs/stats?${query}`, { signal })).summary.total_logs,
  })
  const running = useExport()
  const dismiss = () => {
    running.stop()
    close()
  }
  useInertPage()
  return (
    <Dialog.Root open onOpenChange={(open) => !open && dismiss()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP} />
        <Dialog.Popup className={`${DIALOG} grid gap-4`}>
          <Dialog.Title className="text-title font-semibold">Export</Dialog.Title>
          <Dialog.Description className="rounded-md bg-sunken px-3 py-2.5">
            {count.isError ? (
              <span className="text-error">The lines could not be counted: {count.error.message}</span>
            ) : count.data === undefined ? (
              'Counting…'
            ) : (
              <>
                <strong className="figures font-semibold">{count.data.toLocaleString()}</strong>{' '}
                {count.data === 1 ? 'line matches' : 'lines match'} the filters and the range of the list
              </>
            )}
          </Dialog.Description>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Choice label="Format" values={FORMATS} value={format} onChange={setFormat} />
            <span className="text-small text-faint">
              {format === 'csv'
                ? 'For spreadsheets; no cell is interpreted as a formula.'
                : 'One JSON object per line, as ingest accepts them.'}
            </span>
          </div>
          <ExportProgress state={running.state} total={count.data ?? null} />
          <div className="flex justify-end gap-2">
            <Button onClick={dismiss}>
              {['done', 'handed-over'].includes(running.state.kind) ? 'Close' : 'Cancel'}
            </Button>
            <Button
              kind="accent"
              disabled={!count.data || running.state.kind === 'running'}
              onClick={() => running.start(query, format, count.data ?? 0)}
            >
              Export
            </Button>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
