import { type Decoded, DecodedBody, type RecordDefaults } from '../decoded.ts'
import { jsonValuesOf } from '../json-values.ts'
import { atOnce, type Steps } from '../steps.ts'
import { decodeGelf } from './gelf-message.ts'

/** A body over HTTP: one message as Graylog takes it, or several of them, in an array or one behind the other. */
export function* gelfSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  for (const { start, end } of jsonValuesOf(body)) {
    decoded.add(decodeGelf(body.subarray(start, end), defaults))
    if (decoded.isStep) yield
  }
  return decoded
}

/** {@link gelfSteps} at once. */
export function decodeGelfBody(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(gelfSteps(body, defaults))
}
