// Datadog's log intake, version 2: an array of objects, or one.
import type { ExtraData, LogRecord } from '@timelapser/logger'
import { hasMoreValuesThan, MAX_VALUES_A_RECORD } from '../body-limits.ts'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from '../decoded.ts'
import { fromDocument } from '../elasticsearch/ecs-document.ts'
import { asObject, asText } from '../foreign-record.ts'
import { jsonValuesOf } from '../json-values.ts'
import { parseJson } from '../parse-json.ts'
import { shorten } from '../record-fields.ts'

/** Never throws but for bodies that are too large. */
export function* datadogSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  for (const { start, end } of jsonValuesOf(body)) {
    decoded.add(toRecord(Buffer.from(body.subarray(start, end)).toString(), defaults))
    if (decoded.isStep) yield
  }
  return decoded
}

/** {@link datadogSteps} at once. */
export function decodeDatadog(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(datadogSteps(body, defaults))
}

function toRecord(text: string, defaults: RecordDefaults): LogRecord | string {
  if (hasMoreValuesThan(text, MAX_VALUES_A_RECORD)) return `it has over ${MAX_VALUES_A_RECORD} values`
  const parsed = parseJson(text)
  if ('reason' in parsed) return parsed.reason
  const sent = asObject(parsed.value)
  if (sent === undefined) return `a log must be a JSON object; this is ${shorten(parsed.value)}`
  const { status, ...fields } = sent
  const document: ExtraData = { ...fields }
  // Datadog's name of the level, unless the log has a level of its own.
  if (status != null)
    document[fields.level === undefined && typeof status !== 'object' ? 'level' : 'status'] = status
  const source = asText(sent.service) ?? asText(sent.ddsource) ?? asText(sent.hostname)
  return fromDocument(document, source === undefined ? defaults : { ...defaults, source })
}
