import type { LogRow } from 'timelapser-logs/api'
import { MessageText } from '../text/message-text.tsx'
import { needlesOf } from '../text/needles.ts'
import type { Needles } from '../text/segments.ts'
import { formatFull } from '../time/format.ts'
import { DetailField, type FieldFilter } from './detail-field.tsx'
import { type FilterField, setValue, stateOf } from './filter-values.ts'
import { JsonTree } from './json-tree.tsx'
import { LevelLabel } from './level-label.tsx'
import { type ChangeView, NO_FILTERS } from './use-view.ts'
import type { LogView } from './view.ts'

/** More than this of one message is shown on demand: laying out 256 kB takes a second. */
const MESSAGE_CHARACTERS = 30_000

export function DetailFields({
  log,
  view,
  change,
  zone,
}: {
  log: LogRow
  view: LogView
  change: ChangeView
  zone: string
}) {
  const filterBy = (field: FilterField, value: string | number): FieldFilter => ({
    state: stateOf(view, field, value),
    set: (state) => change(setValue(view, field, value, state)),
  })
  const requestId = log.extra_data?.request_id
  // A request is followed through everything it touched.
  const requestFilter = (id: string): FieldFilter => ({
    state: stateOf(view, 'request_id', id),
    set: (state) =>
      change(state === 'in' ? { ...NO_FILTERS, request_id: id } : setValue(view, 'request_id', id, state)),
  })
  const [fullTime] = formatFull(log.timestamp, zone).split(' ')
  return (
    <div className="grid gap-4 p-4">
      <Message text={log.message} needles={needlesOf(view.q)} />
      <dl className="grid gap-px overflow-hidden rounded-md border border-line bg-line">
        <DetailField name="level" text={log.level} filter={filterBy('level', log.level)}>
          <LevelLabel level={log.level} />
        </DetailField>
        <DetailField name="timestamp" text={log.timestamp}>
          <span className="block font-mono tracking-tight wrap-anywhere">{fullTime}</span>
          <span className="block text-faint">{zone}</span>
          {zone !== 'UTC' && <span className="block font-mono text-faint">{log.timestamp}</span>}
        </DetailField>
        {log.camera_id !== null && (
          <DetailField
            name="camera"
            text={log.camera_name ?? String(log.camera_id)}
            filter={filterBy('camera_id', log.camera_id)}
          >
            {log.camera_name ?? 'Camera'} <span className="text-faint">({log.camera_id})</span>
          </DetailField>
        )}
        <DetailField name="source" text={log.source} filter={filterBy('source', log.source)}>
          {log.source}
        </DetailField>
        {log.logger_name !== null && (
          <DetailField name="logger" text={log.logger_name} filter={filterBy('logger_name', log.logger_name)}>
            <span className="wrap-anywhere">{log.logger_name}</span>
          </DetailField>
        )}
        {typeof requestId === 'string' && requestId !== '' && (
          <DetailField name="request" text={requestId} filter={requestFilter(requestId)}>
            <span className="font-mono wrap-anywhere">{requestId}</span>
          </DetailField>
        )}
      </dl>
      {log.extra_data !== null && (
        <JsonTree key={log.id} value={log.extra_data} view={view} change={change} zone={zone} />
      )}
    </div>
  )
}

function Message({ text, needles }: { text: string; needles: Needles }) {
  const shown = text.slice(0, MESSAGE_CHARACTERS)
  return (
    <pre className="max-h-96 overflow-auto rounded-md bg-sunken p-3 font-mono text-small wrap-anywhere whitespace-pre-wrap">
      <MessageText text={shown} needles={needles} />
      {shown.length < text.length && (
        <span className="text-faint">
          {' '}
          … {(text.length - shown.length).toLocaleString()} more characters; JSON has all of them
        </span>
      )}
    </pre>
  )
}
