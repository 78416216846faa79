import { useQuery } from '@tanstack/react-query'
import type { LogRow, LogSources } from 'timelapser-logs/api'
import { request } from '../../api/client.ts'
import { isOwnLogger } from '../filters/own-lines.tsx'
import { hasFilters, type LogView } from '../view.ts'
import { FirstLine } from './empty-state.tsx'

const OWN_SOURCES = ['system', 'api', 'worker']
/** A server that is this young shows all its lines at once. */
const FEW = 50

/** A list of nothing but the server's own lines is as good as empty: it says how the first line of others is sent. */
export function OwnLinesHint({ rows, view }: { rows: readonly LogRow[]; view: LogView }) {
  const isYoung =
    rows.length > 0 &&
    rows.length <= FEW &&
    view.page === 1 &&
    !hasFilters(view) &&
    rows.every((row) => row.camera_id === null && isOwnLogger(row.logger_name))
  // The list shows a range; others may have written before it.
  const known = useQuery({
    queryKey: ['sources'],
    queryFn: ({ signal }) => request<LogSources>('/api/logs/sources', { signal }),
    enabled: isYoung,
  })
  if (!isYoung || !known.data?.sources.every(({ source }) => OWN_SOURCES.includes(source))) return null
  return (
    <div className="mt-4">
      <FirstLine title="Only the server itself has written so far" />
    </div>
  )
}
