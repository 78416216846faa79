import { createParser } from 'eventsource-parser'

/** One event of a stream; one with an id alone moves the position and has no data. */
export type SseEvent = { event: string; id: string | null; data: string }

/** Parses a text/event-stream from chunks of any size. */
export function createSseParser(onEvent: (event: SseEvent) => void): (chunk: string) => void {
  // The library reports an id before the event of its block, and reports no event for a block without data.
  let pending: string | null = null
  const reportPending = () => {
    if (pending !== null) onEvent({ event: 'message', id: pending, data: '' })
    pending = null
  }
  const parser = createParser({
    onId: (id) => {
      reportPending()
      pending = id
    },
    onEvent: ({ event = 'message', id = null, data }) => {
      if (id === null) reportPending()
      pending = null
      onEvent({ event, id, data })
    },
  })
  return (chunk) => {
    parser.feed(chunk)
    reportPending()
  }
}
