import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { formatPosition, parsePosition } from '../service/live/feed-cursor.ts'
import {
  type FeedPosition,
  type FeedReader,
  type LiveFeed,
  positionAfter,
} from '../service/live/live-feed.ts'
import { eventFor, type ServerEvents } from '../service/live/server-events.ts'
import { createLogEntryEvent } from '../service/logs/log-entry-event.ts'
import type { SearchQueries } from '../service/search/search-query.ts'
import type { FeedRow } from '../store/feed/feed.ts'
import { EventStream } from './event-stream.ts'
import { filterParameters } from './log-parameters.ts'

export type StreamOptions = { liveFeed: LiveFeed; serverEvents: ServerEvents; queries: SearchQueries }

/** Rows one event of the stream carries at most. */
const ROWS_AN_EVENT = 500

/**
 * Characters after which an event ends: of long rows not even a hundred fit, and a client on a slow line has to have
 * taken an event before it counts as one that takes nothing.
 */
const EVENT_CHARACTERS = 256 * 1024

/** From here on a subscriber of `/api/events` is told how many rows came instead of each. */
const EVENTS_A_SECOND = 100

const resumeParameters = {
  last_event_id: Type.Optional(
    Type.String({ maxLength: 40, description: 'Resume after this event; beats the Last-Event-ID header' }),
  ),
}

/**
 * Server-sent events: short ones about every new row, and whole rows that match a filter. Over a WebSocket the same text,
 * see `EventStream`.
 */
export function streamRoutes({ liveFeed, serverEvents, queries }: StreamOptions): FastifyPluginAsyncTypebox {
  const open = (request: FastifyRequest, response: FastifyReply) =>
    new EventStream(request, response, { hold: liveFeed.unread.open(request.principal.id) })
  return async (app) => {
    app.get(
      '/api/events',
      {
        config: { access: 'read', isStream: true },
        exposeHeadRoute: false,
        schema: { querystring: Type.Object(resumeParameters) },
      },
      async (request, response) => {
        const filter = { visibility: request.principal.visibility }
        const from = await startOf(liveFeed, request.query.last_event_id, request)
        const stream = open(request, response)
        const detach = serverEvents.subscribe((event) => {
          const seen = eventFor(event, filter.visibility)
          if (seen) stream.announce({ event: seen.type, data: seen })
        })
        stream.signal.addEventListener('abort', detach, { once: true })
        const rate = new RateWindow()
        const take: FeedReader['take'] = (rows, next) => tell(stream, rows, next, rate)
        await follow(request, stream, from, (position, reader) =>
          liveFeed.follow(filter, position, { ...reader, take }, stream.signal),
        )
      },
    )

    app.get(
      '/api/logs/stream',
      {
        config: { access: 'read', isStream: true },
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
                  'Skip all but so many of the newest rows when more arrive at once, and say how many; unset skips none',
              }),
            ),
          }),
        },
      },
      async (request, response) => {
        const { last_event_id, max_batch, ...query } = request.query
        const filter = await queries.toFilter(query, request.principal.visibility)
        const from = await startOf(liveFeed, last_event_id, request)
        const stream = open(request, response)
        const take: FeedReader['take'] = (rows, next) => sendRows(stream, rows, next, max_batch)
        await follow(request, stream, from, (position, reader) =>
          liveFeed.follow(filter, position, { ...reader, take }, stream.signal),
        )
      },
    )
  }
}

type Start = { position: FeedPosition; reset?: 'position_too_old' | 'position_unknown' }

/** The position to read from, and why it is not the one that was asked for. */
async function startOf(
  liveFeed: LiveFeed,
  parameter: string | undefined,
  { headers }: FastifyRequest,
): Promise<Start> {
  const lastEventId = parameter ?? [headers['last-event-id']].flat()[0]
  const head = await liveFeed.head()
  if (!lastEventId) return { position: head }
  const position = parsePosition(lastEventId)
  // Of a database that was restored: everything up to there would be passed over in silence.
  if (position.entry > head.entry) return { position: head, reset: 'position_unknown' }
  if (await liveFeed.reachesBackTo(position)) return { position }
  return { position: head, reset: 'position_too_old' }
}

/** Runs a stream to its end; a failing read is told and ends it, and the client resumes. */
async function follow(
  request: FastifyRequest,
  stream: EventStream,
  { position, reset }: Start,
  run: (position: FeedPosition, reader: Pick<FeedReader, 'ready' | 'reset'>) => Promise<void>,
): Promise<void> {
  const tellReset = (reason: Start['reset'], id: string) =>
    stream.push({ event: 'reset', id, data: { reason } })
  try {
    const id = formatPosition(position)
    if (reset) tellReset(reset, id)
    else stream.push({ id })
    await run(position, {
      ready: () => stream.ready(),
      reset: (head) => void tellReset('position_unknown', formatPosition(head)),
    })
  } catch (error) {
    if (!stream.signal.aborted) request.server.streamBroke(request, error)
  } finally {
    stream.close()
  }
}

/** Sends rows until the client can take no more; returns how far that is. */
function sendRows(
  stream: EventStream,
  rows: readonly FeedRow[],
  next: FeedPosition,
  maxBatch: number | undefined,
): FeedPosition {
  if (rows.length === 0) stream.push({ id: formatPosition(next) })
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
    if (!stream.push({ event: 'log_rows', id: formatPosition(position), json })) return position
    untold = 0
    part = []
    characters = 0
  }
  return next
}

/** Each row as an event of its own, or a single one with their number when they come too fast to be read. */
function tell(
  stream: EventStream,
  rows: readonly FeedRow[],
  next: FeedPosition,
  rate: RateWindow,
): FeedPosition {
  if (rows.length === 0) stream.push({ id: formatPosition(next) })
  if (rows.length > 0 && rate.add(rows.length) > EVENTS_A_SECOND) {
    const ids = rows.map((row) => row.id)
    const data = { count: rows.length, first_id: Math.min(...ids), last_id: Math.max(...ids) }
    stream.push({
      event: 'log_entries_created',
      id: formatPosition(next),
      data: { type: 'log_entries_created', data, priority: 'normal', source: 'logging_system' },
    })
    return next
  }
  for (const row of rows) {
    const id = formatPosition(positionAfter(row))
    // At most as many as may come in a second, with a hundred characters of each message: the client may be behind.
    stream.push({ event: 'log_entry_created', id, data: createLogEntryEvent(row) })
  }
  return next
}

function toWire({ feed_id: _, feed_index: __, ...row }: FeedRow) {
  return row
}

/** How many rows came within the last second. */
class RateWindow {
  #second = 0
  #rows = 0

  add(rows: number): number {
    const second = Math.floor(Date.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#rows = 0
    }
    this.#rows += rows
    return this.#rows
  }
}
