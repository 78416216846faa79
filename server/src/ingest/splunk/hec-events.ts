// Splunk's HTTP Event Collector: objects one behind the other, each with an `event` of any kind.
import type { ExtraData, LogRecord } from '@timelapser/logger'
import { hasMoreValuesThan, MAX_VALUES_A_RECORD } from '../body-limits.ts'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from '../decoded.ts'
import { fromDocument } from '../elasticsearch/ecs-document.ts'
import { asJson, asObject, asText } from '../foreign-record.ts'
import type { LogForm } from '../inference/log-form.ts'
import { jsonValuesOf } from '../json-values.ts'
import { LineDecoder } from '../line-records.ts'
import { filledLines, parseJson } from '../parse-json.ts'
import { putExtra, readTimestamp, shorten } from '../record-fields.ts'

/** `/services/collector/event`. */
export function* hecSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  for (const { start, end } of jsonValuesOf(body)) {
    decoded.add(toRecord(Buffer.from(body.subarray(start, end)).toString(), defaults))
    if (decoded.isStep) yield
  }
  return decoded
}

/**
 * `/services/collector/raw`: a line each, what the address says of all of them beside. Time and level are read as those of
 * plain lines.
 *
 * @param remembered how earlier lines of the same place were written.
 */
export function* hecRawSteps(
  body: Uint8Array,
  about: ExtraData,
  defaults: RecordDefaults,
  remembered?: LogForm,
): Steps<Decoded> {
  const decoded = new DecodedBody()
  const decoder = new LineDecoder({ ...defaults, join: false, remembered, writtenUntil: defaults.now })
  const add = ({ record: { timestamp, level, message, logger_name, extra_data } }: { record: LogRecord }) => {
    const place = logger_name === null ? {} : { logger_name }
    const sent = fromHec({ ...about, event: message }, { ...defaults, ...place, now: timestamp })
    decoded.add(
      typeof sent === 'string' ? sent : { ...sent, level, extra_data: { ...sent.extra_data, ...extra_data } },
    )
  }
  for (const line of filledLines(body)) {
    for (const one of decoder.push(line)) add(one)
    if (decoded.isStep) yield
  }
  for (const one of decoder.end()) add(one)
  decoded.form = decoder.forms.at(-1)
  return decoded
}

/** {@link hecSteps} at once. */
export function decodeHec(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(hecSteps(body, defaults))
}

function toRecord(text: string, defaults: RecordDefaults): LogRecord | string {
  if (hasMoreValuesThan(text, MAX_VALUES_A_RECORD)) return `it has over ${MAX_VALUES_A_RECORD} values`
  const parsed = parseJson(text)
  if ('reason' in parsed) return parsed.reason
  const event = asObject(parsed.value)
  return event === undefined
    ? `an event must be a JSON object; this is ${shorten(parsed.value)}`
    : fromHec(event, defaults)
}

/** The source is what the event names as one, else the file or input it came from, its type, its host. */
function fromHec(sent: ExtraData, defaults: RecordDefaults): LogRecord | string {
  const { time, event, fields, source, sourcetype, host, ...others } = sent
  if (event === undefined || event === null || event === '') return 'the field event is missing or blank'
  const document: ExtraData = {}
  const timestamp = time == null ? undefined : readTimestamp(typeof time === 'string' ? numeric(time) : time)
  if (timestamp !== undefined) document['@timestamp'] = timestamp
  else if (time != null) document.original_timestamp = time
  const inner = asObject(event)
  if (inner === undefined) document.message = typeof event === 'string' ? event : asJson(event, 'an event')
  for (const part of [...partsOf(inner), asObject(fields), { source, sourcetype, host }, others]) {
    for (const [name, value] of Object.entries(part ?? {})) if (value != null) putExtra(document, name, value)
  }
  const place = asText(source) ?? asText(sourcetype) ?? asText(host)
  return fromDocument(document, place === undefined ? defaults : { ...defaults, source: place })
}

/** Splunk's own libraries put what was logged below `message`, with the severity beside it. */
function partsOf(event: ExtraData | undefined): (ExtraData | undefined)[] {
  const logged = asObject(event?.message)
  if (event === undefined || logged === undefined) return [event]
  const { message: _message, ...others } = event
  return [logged, others]
}

/** Seconds as text are a number. */
function numeric(text: string): string | number {
  return /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : text
}
