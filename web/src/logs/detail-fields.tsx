import type { LogRow } from 'timelapser-logs/api'
import { MessageText } from '../text/message-text.tsx'
import { needlesOf } from '../text/needles.ts'
import type { Needles } from '../text/segments.ts'
import { formatFull } from '../time/format.ts'
import { DetailField } from './detail-field.tsx'
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
  const filter = { view, change }
  const requestId = log.extra_data?.request_id
  const [fullTime] = formatFull(log.timestamp, zone).split(' ')
  return (
    <div className="grid gap-4 p-4">
      <Message text={log.message} needles={needlesOf(view.q)} />
      <dl className="grid gap-px overflow-hidden rounded-md border border-line bg-line">
        <DetailField name="level" text={log.level} filter={{ ...filter, field: 'level', value: log.level }}>
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
            filter={{ ...filter, field: 'camera_id', value: log.camera_id }}
          >
            {log.camera_name ?? 'Camera'} <span className="text-faint">({log.camera_id})</span>
          </DetailField>
        )}
        <DetailField
          name="source"
          text={log.source}
          filter={{ ...filter, field: 'source', value: log.source }}
        >
          {log.source}
        </DetailField>
        {log.logger_name !== null && (
          <DetailField
            name="logger"
            text={log.logger_name}
            only={{
              on: view.logger_name.includes(log.logger_name),
              set: (on) => change({ logger_name: on ? [log.logger_name ?? ''] : [] }),
            }}
          >
            <span className="wrap-anywhere">{log.logger_name}</span>
          </DetailField>
        )}
        {typeof requestId === 'string' && requestId !== '' && (
          <DetailField
            name="request"
            text={requestId}
            only={{
              on: view.request_id === requestId,
              set: (on) => change(on ? { ...NO_FILTERS, request_id: requestId } : { request_id: null }),
            }}
          >
            <span className="font-mono wrap-anywhere">{requestId}</span>
          </DetailField>
        )}
      </dl>
      {log.extra_data !== null && (
        <section>
          <h3 className="mb-1.5 text-small font-medium text-faint">extra_data</h3>
          <JsonTree value={log.extra_data} />
        </section>
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
