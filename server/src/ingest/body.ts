import type { Decoded, RecordDefaults } from './decoded.ts'
import type { LogForm } from './inference/log-form.ts'
import { jsonRecordSteps } from './json-records.ts'
import { type LineOptions, lineRecordSteps } from './line-records.ts'
import { atOnce, type Steps } from './steps.ts'

const TEXT = /^\s*(?:text\/plain|application\/x-www-form-urlencoded)\s*(?:;|$)/i

/**
 * The body of `POST /api/logs` of any content type. JSON and NDJSON are known by their first character; other text
 * is plain lines when it is sent as `text/plain`, or as the content type that curl uses by default, and broken JSON
 * otherwise. In text a bracket may also begin a line (`[error] …`): it is JSON only if all of it is.
 *
 * @param remembered how earlier plain lines of the same place were written.
 */
export function* bodySteps(
  body: Uint8Array,
  contentType: string | undefined,
  defaults: RecordDefaults & Pick<LineOptions, 'join' | 'writtenUntil'>,
  remembered?: LogForm,
): Steps<Decoded> {
  if (!isPlainText(contentType)) return yield* jsonRecordSteps(body, defaults)
  const first = Buffer.from(body.subarray(0, 1024)).toString('utf8').trimStart()[0]
  if (first === '{') return yield* jsonRecordSteps(body, defaults)
  if (first !== '[') return yield* lineRecordSteps(body, { ...defaults, remembered })
  const asJson = yield* jsonRecordSteps(body, defaults)
  return asJson.records.length > 0 ? asJson : yield* lineRecordSteps(body, { ...defaults, remembered })
}

/** Whether a body of this type may hold plain lines. */
export function isPlainText(contentType: string | undefined): boolean {
  return contentType !== undefined && TEXT.test(contentType)
}

/** {@link bodySteps} at once. */
export function decodeBody(
  body: Uint8Array,
  contentType: string | undefined,
  defaults: RecordDefaults,
): Decoded {
  return atOnce(bodySteps(body, contentType, defaults))
}
