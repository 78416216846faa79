import type { Decoded, RecordDefaults } from './decoded.ts'
import { decodeJsonRecords } from './json-records.ts'
import { decodeLineRecords } from './line-records.ts'

/**
 * The body of `POST /api/logs` of any content type. JSON and NDJSON are known by their first character; other text
 * is plain lines when it is sent as `text/plain`, and broken JSON otherwise. In `text/plain` a bracket may also
 * begin a line (`[error] …`): it is JSON only if all of it is.
 */
export function decodeBody(
  body: Uint8Array,
  contentType: string | undefined,
  defaults: RecordDefaults,
): Decoded {
  if (contentType === undefined || !/^\s*text\/plain\b/i.test(contentType))
    return decodeJsonRecords(body, defaults)
  const first = Buffer.from(body.subarray(0, 1024)).toString('utf8').trimStart()[0]
  if (first === '{') return decodeJsonRecords(body, defaults)
  if (first !== '[') return decodeLineRecords(body, defaults)
  const asJson = decodeJsonRecords(body, defaults)
  return asJson.records.length > 0 ? asJson : decodeLineRecords(body, defaults)
}
