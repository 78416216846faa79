const NEWLINE = 0x0a

/**
 * Lines are turned into text in pieces of this many bytes: a text that V8 takes for a large object outlives its batch.
 */
const PIECE_BYTES = 32 * 1024

/** Bytes of a body as text. */
export function toText(body: Uint8Array, start: number, end = body.length): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8', start, end)
}

/** The body as texts of whole lines, one after the other, so that it is not held twice. */
export function* piecesOf(body: Uint8Array, from = startOf(body)): Generator<string> {
  for (let start = from; start < body.length; ) {
    const end = endOfPiece(body, start)
    yield toText(body, start, end)
    start = end
  }
}

/** The lines without their line feeds. One that is not UTF-8 is read as Latin-1. */
export function* linesOf(body: Uint8Array): Generator<string> {
  for (let start = startOf(body); start < body.length; ) {
    const end = endOfPiece(body, start)
    const text = toText(body, start, end)
    if (text.includes(REPLACEMENT)) yield* linesOfBytes(body.subarray(start, end))
    else
      for (let from = 0; from < text.length; ) {
        const newline = text.indexOf('\n', from)
        const to = newline === -1 ? text.length : newline
        yield text.slice(from, to)
        from = to + 1
      }
    start = end
  }
}

function* linesOfBytes(bytes: Uint8Array): Generator<string> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline
    yield lineText(bytes.subarray(start, end))
    start = end + 1
  }
}

/** Stands for bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd'
const latin1 = new TextDecoder('latin1')

/**
 * Text of one line: UTF-8, or Latin-1 where it is none, which `onLatin1` is told. Valid text gives its bytes again; a decoder
 * that throws costs 8 µs.
 */
export function lineText(line: Uint8Array, onLatin1?: () => void): string {
  const text = toText(line, 0)
  if (!text.includes(REPLACEMENT) || isWritten(text, line)) return text
  onLatin1?.()
  return latin1.decode(line)
}

/** Lengths first: a long line of broken bytes would be copied at three times its size. */
function isWritten(text: string, bytes: Uint8Array): boolean {
  return Buffer.byteLength(text) === bytes.length && Buffer.from(text).equals(bytes)
}

/** Behind a byte order mark. */
function startOf(body: Uint8Array): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0
}

/** The end of the last line that lies in a piece, or of the first when it is longer than that. */
function endOfPiece(body: Uint8Array, start: number): number {
  if (body.length - start <= PIECE_BYTES) return body.length
  const last = body.lastIndexOf(NEWLINE, start + PIECE_BYTES - 1)
  const newline = last < start ? body.indexOf(NEWLINE, start + PIECE_BYTES) : last
  return newline === -1 ? body.length : newline + 1
}
