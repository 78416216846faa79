import type { LogRow } from 'timelapser-logs/api'
import { formatFull } from '../../time/format.ts'
import { type FilterField, setValue, stateOf } from '../filters/filter-values.ts'
import { JsonTree } from '../json/json-tree.tsx'
import { LevelLabel } from '../level-label.tsx'
import type { ChangeView } from '../use-view.ts'
import { type LogView, NO_FILTERS } from '../view.ts'
import { DetailField, type FieldFilter } from './detail-field.tsx'
import { DetailLinks } from './detail-links.tsx'
import { DetailMessage } from './detail-message.tsx'

type Props = { log: LogRow; view: LogView; change: ChangeView; zone: string }

export function DetailFields({ log, view, change, zone }: Props) {
  return (
    <div className="grid gap-4 p-4">
      <DetailMessage log={log} view={view} change={change} />
      <dl className="grid gap-px overflow-hidden rounded-md border border-line bg-line">
        <Columns log={log} view={view} change={change} zone={zone} />
        <RequestField log={log} view={view} change={change} />
      </dl>
      <DetailLinks log={log} />
      {log.extra_data !== null && (
        <JsonTree key={log.id} value={log.extra_data} view={view} change={change} zone={zone} />
      )}
    </div>
  )
}

/** The columns of a line, each with the filters by its value. */
function Columns({ log, view, change, zone }: Props) {
  const filterBy = (field: FilterField, value: string | number): FieldFilter => ({
    state: stateOf(view, field, value),
    set: (state) => change(setValue(view, field, value, state)),
  })
  const [fullTime] = formatFull(log.timestamp, zone).split(' ')
  return (
    <>
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
    </>
  )
}

/** A request is followed through everything it touched. */
function RequestField({ log, view, change }: Omit<Props, 'zone'>) {
  const id = log.extra_data?.request_id
  if (typeof id !== 'string' || id === '') return null
  const filter: FieldFilter = {
    state: stateOf(view, 'request_id', id),
    set: (state) =>
      change(state === 'in' ? { ...NO_FILTERS, request_id: id } : setValue(view, 'request_id', id, state)),
  }
  return (
    <DetailField name="request" text={id} filter={filter}>
      <span className="font-mono wrap-anywhere">{id}</span>
    </DetailField>
  )
}
