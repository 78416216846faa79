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

/** The lines without their line feeds. */
export function* linesOf(body: Uint8Array): Generator<string> {
  for (const text of piecesOf(body)) {
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start)
      const end = newline === -1 ? text.length : newline
      yield text.slice(start, end)
      start = end + 1
    }
  }
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
