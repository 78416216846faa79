import type { ServerResponse } from 'node:http'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Hold } from '../byte-budget.ts'
import {
  type FeedPosition,
  type FeedReader,
  type LiveFeed,
  positionAfter,
} from '../service/live/live-feed.ts'
import { eventFor, type ServerEvents } from '../service/live/server-events.ts'
import { type Start, type StreamIds, startOf, ToldPositions } from '../service/live/stream-ids.ts'
import { createLogEntriesEvent, createLogEntryEvent, EventRate } from '../service/logs/log-entry-event.ts'
import { filterParameters, type SearchQueries } from '../service/logs/log-query.ts'
import type { FeedRow } from '../store/feed/feed.ts'
import { callerOf } from './callers.ts'
import type { App } from './reply.ts'
import { isWebSocket, WebSocketSender } from './web-socket.ts'

export type StreamOptions = {
  liveFeed: LiveFeed
  serverEvents: ServerEvents
  queries: SearchQueries
  streamIds: StreamIds
}

/** Rows one event of the stream carries at most. */
const ROWS_AN_EVENT = 500

/**
 * Characters after which an event ends: of long rows not even a hundred fit, and a client on a slow line has to have
 * taken an event before it counts as one that takes nothing.
 */
const EVENT_CHARACTERS = 256 * 1024

const resumeParameters = {
  last_event_id: Type.Optional(
    Type.String({
      maxLength: 40,
      description: 'Resume after this event; overrides the Last-Event-ID header',
    }),
  ),
}

/**
 * Server-sent events: short ones about every new row, and whole rows that match a filter. Over a WebSocket the same text,
 * see `EventStream`.
 */
export function streamRoutes(options: StreamOptions): FastifyPluginAsyncTypebox {
  return async (app) => {
    addEvents(app, options)
    addRows(app, options)
  }
}

function addEvents(app: App, { liveFeed, serverEvents, streamIds }: StreamOptions): void {
  app.get(
    '/api/events',
    {
      config: { access: 'read', isStream: true },
      exposeHeadRoute: false,
      schema: { querystring: Type.Object(resumeParameters) },
    },
    async (request, response) => {
      const filter = { visibility: request.principal.visibility }
      const from = await startOf(
        liveFeed,
        streamIds,
        filter.visibility,
        request.query.last_event_id ?? lastEventIdOf(request),
      )
      const stream = openStream(liveFeed, request, response)
      const ids = new ToldPositions(stream, streamIds, from.position, filter.visibility)
      const detach = serverEvents.subscribe((event) => {
        const seen = eventFor(event, filter.visibility)
        if (seen) stream.announce({ event: seen.type, data: seen })
      })
      stream.signal.addEventListener('abort', detach, { once: true })
      const rate = new EventRate()
      const take: FeedReader['take'] = (rows, next) => tell(stream, rows, { next, ids }, rate)
      await follow({ request, stream, ids }, from, (position, reader) =>
        liveFeed.follow(filter, position, { ...reader, take }, stream.signal),
      )
    },
  )
}

function addRows(app: App, { liveFeed, queries, streamIds }: StreamOptions): void {
  app.get(
    '/api/logs/stream',
    {
      config: { access: 'read', isStream: true, isEmbedded: true },
      // One would be open for as long as its caller waits for the end of a head.
      exposeHeadRoute: false,
      schema: {
        querystring: Type.Object({
          ...filterParameters,
          ...resumeParameters,
          max_batch: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1000,
              description:
                'Maximum number of rows per event; older ones are skipped and their number is reported; unset skips none',
            }),
          ),
        }),
      },
    },
    async (request, response) => {
      const { last_event_id, max_batch, ...query } = request.query
      const filter = await queries.toFilter(query, request.principal.visibility)
      const from = await startOf(
        liveFeed,
        streamIds,
        filter.visibility,
        last_event_id ?? lastEventIdOf(request),
      )
      const stream = openStream(liveFeed, request, response)
      const ids = new ToldPositions(stream, streamIds, from.position, filter.visibility)
      const take: FeedReader['take'] = (rows, next) => sendRows(stream, rows, { next, ids }, max_batch)
      await follow({ request, stream, ids }, from, (position, reader) =>
        liveFeed.follow(filter, position, { ...reader, take }, stream.signal),
      )
    },
  )
}

function lastEventIdOf({ headers }: FastifyRequest): string | undefined {
  return [headers['last-event-id']].flat()[0]
}

function openStream(liveFeed: LiveFeed, request: FastifyRequest, response: FastifyReply): EventStream {
  return new EventStream(request, response, { hold: liveFeed.unread.open(callerOf(request.principal).id) })
}

type Followed = { request: FastifyRequest; stream: EventStream; ids: ToldPositions }

/** Runs a stream to its end; a failing read is reported and ends it, and the client resumes. */
async function follow(
  { request, stream, ids }: Followed,
  { position, reset }: Start,
  run: (position: FeedPosition, reader: Pick<FeedReader, 'ready' | 'reset'>) => Promise<void>,
): Promise<void> {
  const tellReset = (reason: Start['reset'], head: FeedPosition) =>
    stream.push({ event: 'reset', id: ids.at(head), data: { reason } })
  try {
    if (reset) tellReset(reset, position)
    else stream.push({ id: ids.at(position) })
    await run(position, {
      ready: () => stream.ready(),
      reset: (head) => void tellReset('position_unknown', head),
    })
  } catch (error) {
    if (!stream.signal.aborted) request.server.streamBroke(request, error)
  } finally {
    stream.close()
  }
}

/** How far the rows of a call reach, and the ids of the stream. */
type Reach = { next: FeedPosition; ids: ToldPositions }

/** Sends rows until the client can take no more; returns how far that is. */
function sendRows(
  stream: EventStream,
  rows: readonly FeedRow[],
  { next, ids }: Reach,
  maxBatch: number | undefined,
): FeedPosition {
  if (rows.length === 0) ids.moved(next)
  const skipped = maxBatch !== undefined && rows.length > maxBatch ? rows.length - maxBatch : 0
  let untold = skipped
  let part: string[] = []
  let characters = 0
  for (let index = skipped; index < rows.length; index++) {
    const row = rows[index] as FeedRow
    const text = JSON.stringify(toWire(row))
    part.push(text)
    characters += text.length
    const isLast = index === rows.length - 1
    if (!isLast && part.length < ROWS_AN_EVENT && characters < EVENT_CHARACTERS) continue
    const position = isLast ? next : positionAfter(row)
    const json = `{"rows":[${part.join(',')}],"skipped":${untold}}`
    if (!stream.push({ event: 'log_rows', id: ids.at(position), json })) return position
    untold = 0
    part = []
    characters = 0
  }
  return next
}

/** Sends each row as an event, or a single event with their number when they come too fast to be read. */
function tell(
  stream: EventStream,
  rows: readonly FeedRow[],
  { next, ids }: Reach,
  rate: EventRate,
): FeedPosition {
  if (rows.length === 0) ids.moved(next)
  if (rows.length > 0 && rate.isOver(rows.length)) {
    stream.push({ event: 'log_entries_created', id: ids.at(next), data: createLogEntriesEvent(rows) })
    return next
  }
  for (const row of rows) {
    const id = ids.at(positionAfter(row))
    // At most as many as may come in a second, with a hundred characters of each message: the client may be behind.
    stream.push({ event: 'log_entry_created', id, data: createLogEntryEvent(row) })
  }
  return next
}

function toWire({ feed_id: _, feed_index: __, ...row }: FeedRow) {
  return row
}

/** Comments this often keep proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000

/** A client that takes nothing for this long is cut off; it comes back and resumes where it was. */
const STALL_MS = 30_000

/** A client that has not taken this much is cut off when there is news of another kind than rows, which waits for nobody. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

/** How long a browser waits before it reconnects. */
const RETRY_MS = 2000

export type StreamEvent = {
  event?: string
  id?: string
  data?: unknown
  /** The data where they are JSON already. */
  json?: string
}

/** The transport of a stream's text. Its signal aborts when the client is gone or was cut off. */
type Carrier = {
  readonly signal: AbortSignal
  /** Bytes that the client has not read. */
  readonly unreadBytes: number
  /** Sends a text; returns whether the client can take the next. */
  push: (text: string) => boolean
  /** Resolves when the client can take the next event. A client that takes nothing is cut off. */
  ready: () => Promise<void>
  cutOff: () => void
  close: () => void
}

export type EventStreamOptions = {
  stallMs?: number
  /** For what the client has not taken. A client for which there is no room is cut off, and resumes. */
  hold?: Hold
}

/**
 * One event stream, as a `text/event-stream` reply or, for who asks for a WebSocket, as the same text in its messages:
 * over HTTP/1.1 a browser has six connections to a server, and WebSockets are not among them.
 */
export class EventStream {
  readonly #carrier: Carrier
  readonly #heartbeat: NodeJS.Timeout
  readonly #hold: Hold | undefined
  #beatId: (() => string) | undefined

  constructor(request: FastifyRequest, reply: FastifyReply, { stallMs, hold }: EventStreamOptions = {}) {
    this.#hold = hold
    this.#carrier = isWebSocket(request.raw)
      ? new WebSocketSender(request.raw, reply)
      : new ReplyCarrier(reply, stallMs ?? STALL_MS)
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#heartbeat.unref()
    const end = () => {
      clearInterval(this.#heartbeat)
      this.#hold?.release()
    }
    if (this.signal.aborted) end()
    else this.signal.addEventListener('abort', end, { once: true })
  }

  get signal(): AbortSignal {
    return this.#carrier.signal
  }

  /**
   * Sends one event; an event of an id alone moves the client's position.
   *
   * @returns whether the client can take the next; else wait for `ready`
   */
  push({ event, id, data, json = JSON.stringify(data) }: StreamEvent): boolean {
    if (this.signal.aborted) return false
    let text = ''
    if (event) text += `event: ${event}\n`
    if (id) text += `id: ${id}\n`
    if (json !== undefined) text += `data: ${json}\n`
    const canTakeMore = this.#carrier.push(`${text}\n`)
    this.#account(canTakeMore ? 0 : this.#carrier.unreadBytes)
    return canTakeMore
  }

  /** Sends an event at once, whether or not the client can take it. */
  announce(event: StreamEvent): void {
    this.push(event)
    if (this.#carrier.unreadBytes > MAX_UNREAD_BYTES) this.#carrier.cutOff()
  }

  /** Resolves when the client can take the next event, or is gone. */
  async ready(): Promise<void> {
    await this.#carrier.ready()
    this.#account(0)
  }

  /** Adds the client's position to heartbeats. */
  beatWith(id: () => string): void {
    this.#beatId = id
  }

  close(): void {
    this.#carrier.close()
  }

  #account(bytes: number): void {
    if (!this.signal.aborted && this.#hold?.resize(bytes) === false) this.#carrier.cutOff()
  }

  #beat(): void {
    // Bytes that wait for the client show it, once it reads them, that the stream is alive.
    if (this.#carrier.unreadBytes > 0) return
    this.#carrier.push(this.#beatId ? `id: ${this.#beatId()}\n\n` : ': still here\n\n')
  }
}

class ReplyCarrier implements Carrier {
  readonly #response: ServerResponse
  readonly #abort = new AbortController()
  readonly #stallMs: number

  constructor(reply: FastifyReply, stallMs: number) {
    this.#stallMs = stallMs
    reply.hijack()
    this.#response = reply.raw
    // Headers that hooks have set so far (security, rate limits) go with the stream as with every reply.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) this.#response.setHeader(name, value)
    }
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    this.#response.on('close', () => this.#abort.abort())
    this.#response.on('error', () => this.#abort.abort())
    this.#response.write(`retry: ${RETRY_MS}\n\n`)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get unreadBytes(): number {
    return this.#response.writableLength
  }

  push(text: string): boolean {
    return this.#response.write(text)
  }

  async ready(): Promise<void> {
    if (this.signal.aborted || !this.#response.writableNeedDrain) return
    const stalled = setTimeout(() => this.cutOff(), this.#stallMs)
    await new Promise<void>((resolve) => {
      // A slow reader of a stream that is open for weeks waits here a million times.
      const go = () => {
        this.#response.off('drain', go)
        this.signal.removeEventListener('abort', go)
        resolve()
      }
      this.#response.once('drain', go)
      this.signal.addEventListener('abort', go, { once: true })
    })
    clearTimeout(stalled)
  }

  cutOff(): void {
    this.#response.destroy()
  }

  close(): void {
    this.#abort.abort()
    this.#response.end()
  }
}
