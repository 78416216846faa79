// Bounds of one body beside its bytes: 16 MB of `a` and line ends are eight million records, and of `{},` five million
// objects. Each bound is above all that the usual agents send at a time; docs/ingest.md has the list.

/** Records of one body, those that are rejected included. Fluent Bit's chunks of 2 MB hold at most 95,000. */
export const MAX_RECORDS_A_BODY = 100_000

/**
 * The total weight of a body's records. A body of 16 MB stays below it, unless labels or a resource stand once for many
 * records, each of which gets a copy of them.
 */
export const MAX_RECORD_BYTES_A_BODY = 64 * 1024 * 1024

/** JSON values of a body that has to be parsed as a whole: OTLP has some 40 of them a record, at about 700 bytes. */
export const MAX_VALUES_A_BODY = 1_000_000

/** JSON values of one record; 64 kB of `extra_data` hold no more. */
export const MAX_VALUES_A_RECORD = 65_536

/** Shorter texts are not looked through: they cannot hold values that matter. */
const UNMEASURED_BYTES = 128 * 1024

/** The body holds more than one body may. Nothing of it is stored, so that its sender can send it in parts. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

export function tooManyRecords(): BodyTooLarge {
  const most = MAX_RECORDS_A_BODY.toLocaleString('en')
  return new BodyTooLarge(`The body has over ${most} records. Nothing was stored. Send smaller batches.`)
}

export function tooMuchText(): BodyTooLarge {
  const most = MAX_RECORD_BYTES_A_BODY / 1024 / 1024
  return new BodyTooLarge(
    `The records of the body have over ${most} MB. Nothing was stored. Send smaller batches.`,
  )
}

export function tooManyValues(): BodyTooLarge {
  const most = MAX_VALUES_A_BODY.toLocaleString('en')
  return new BodyTooLarge(`The body has over ${most} values. Nothing was stored. Send smaller batches.`)
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const BRACKET = 0x5b
const BRACE = 0x7b

/** Whether JSON text may hold more values than `limit`, counted by its brackets and commas outside of texts. */
export function hasMoreValuesThan(text: Uint8Array | string, limit: number): boolean {
  if (text.length < UNMEASURED_BYTES) return false
  return typeof text === 'string' ? countIn(text, limit) > limit : countInBytes(text, limit) > limit
}

function countInBytes(bytes: Uint8Array, limit: number): number {
  let values = 0
  for (let at = 0; at < bytes.length && values <= limit; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) at = endOfText(bytes, at)
    else if (byte === COMMA || byte === BRACKET || byte === BRACE) values++
  }
  return values
}

/** The same for a text, which is not copied into bytes for it. */
function countIn(text: string, limit: number): number {
  let values = 0
  let isText = false
  for (let at = 0; at < text.length && values <= limit; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) isText = !isText
    else if (isText) {
      if (code === BACKSLASH) at++
    } else if (code === COMMA || code === BRACKET || code === BRACE) values++
  }
  return values
}

/** Where the text that begins at a quote ends; the end of the bytes when it does not. */
export function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) return at
  }
  return bytes.length
}
