/** A parsed JSON text, or why it is none, without the piece of it that parsers like to repeat. */
export function parseJson(text: string): { value: unknown } | { reason: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { reason: `not JSON: ${message.replace(/, (?:\.\.\.)?".*$/s, '').replace(/ in JSON/, '')}` }
  }
}

/** The bytes as text, without a byte order mark. */
export function bodyText(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** Lines that are not blank, each without its line end; one after the other, so that the body is not held twice. */
export function* filledLines(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(start, end)
    start = end + 1
    if (line.trim() !== '') yield line
  }
}
