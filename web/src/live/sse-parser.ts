/** One event as it stood in the stream; one of an id alone only moves the position. */
export type SseEvent = { event: string; id: string | null; data: string }

/**
 * Cuts a text/event-stream into events, whatever the chunks it comes in (HTML Standard, "Server-sent events", 9.2.6).
 * Comments are dropped; `retry` is, too, as the connection has its own pauses.
 */
export function createSseParser(onEvent: (event: SseEvent) => void): (chunk: string) => void {
  let rest = ''
  let event = ''
  let id: string | null = null
  let data: string[] = []

  const take = (line: string) => {
    if (line === '') {
      if (data.length > 0 || id !== null) onEvent({ event: event || 'message', id, data: data.join('\n') })
      event = ''
      id = null
      data = []
      return
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
  }
  return (chunk) => {
    const text = rest + chunk
    // A carriage return at the very end may be half of a line break.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text
    const lines = whole.split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + text.slice(whole.length)
    for (const line of lines) take(line)
  }
}
