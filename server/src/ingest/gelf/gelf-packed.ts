import { gunzipSync, inflateSync } from 'node:zlib'

/** Unpacked bytes of one message: 128 chunks of 8 kB, which is all that senders make, as they are. */
export const MAX_GELF_BYTES = 1024 * 1024

/**
 * Unpacks a message of a datagram: gzip, zlib or plain, recognised by its first bytes. Undefined when it cannot be
 * unpacked.
 */
export function unpackGelf(message: Buffer): Buffer | undefined {
  const options = { maxOutputLength: MAX_GELF_BYTES }
  try {
    if (message[0] === 0x1f && message[1] === 0x8b) return gunzipSync(message, options)
    // Zlib's first two bytes are a multiple of 31; `{` and a blank or a quote never are with compression 8.
    const isZlib =
      ((message[0] ?? 0) & 0x0f) === 8 && (((message[0] ?? 0) << 8) + (message[1] ?? 0)) % 31 === 0
    return isZlib ? inflateSync(message, options) : message
  } catch {
    return undefined
  }
}
