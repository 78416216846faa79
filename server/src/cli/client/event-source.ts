import type { IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { DoublingPause } from '../../doubling-pause.ts'
import { type ApiClient, ApiFailure } from './api-client.ts'

/** One event; without `data` it only moves the position on. */
export type ServerSentEvent = { id: string | undefined; event: string; data: string | undefined }

/** The server sends a comment every 15 seconds; silent for longer than this it is gone without a word. */
const SILENCE_MS = 45_000
const RETRY_MS = 250
const MAX_RETRY_MS = 5000

export type EventSourceOptions = {
  client: ApiClient
  /** With its filters. */
  path: string
  parameters: URLSearchParams
  /** Called when the server went away, and when it is back. */
  onConnection: (state: 'lost' | 'back', reason: string) => void
}

/**
 * The events of a stream for ever: when it ends it is opened anew behind the last event, so that none is missed and
 * none comes twice.
 *
 * @throws ApiFailure when the first attempt fails, or when the server refuses what is asked for
 */
export async function* readEvents(options: EventSourceOptions): AsyncGenerator<ServerSentEvent> {
  const { client, path, parameters, onConnection } = options
  const asked = new URLSearchParams(parameters)
  let wasOpen = false
  let isLost = false
  const pause = new DoublingPause(RETRY_MS, MAX_RETRY_MS)
  while (true) {
    let reason = 'the connection ended'
    let askedMs = 0
    try {
      const reply = await client.open(`${path}?${asked}`)
      if (isLost) onConnection('back', '')
      isLost = false
      wasOpen = true
      pause.reset()
      for await (const event of eventsOf(reply)) {
        yield event
        if (event.id !== undefined) asked.set('last_event_id', event.id)
      }
    } catch (error) {
      if (error instanceof ApiFailure && (!wasOpen || !error.isTransient)) throw error
      askedMs = (error instanceof ApiFailure && error.retryAfterMs) || 0
      reason = error instanceof Error ? error.message : String(error)
    }
    if (!isLost) onConnection('lost', reason)
    isLost = true
    await delay(Math.max(pause.next(), askedMs))
  }
}

async function* eventsOf(reply: IncomingMessage): AsyncGenerator<ServerSentEvent> {
  reply.setTimeout(SILENCE_MS, () => reply.destroy(new Error('the server is silent')))
  let events: ServerSentEvent[] = []
  // An event that the end of the connection cuts off is not reported; it comes again, whole.
  const parser = createParser({
    onId: (id) => events.push({ id, event: 'message', data: undefined }),
    onEvent: ({ id, event = 'message', data }) => {
      // Its id was reported just before.
      if (id !== undefined) events.pop()
      events.push({ id, event, data })
    },
  })
  for await (const chunk of reply.setEncoding('utf8')) {
    parser.feed(chunk)
    yield* events
    events = []
  }
}
