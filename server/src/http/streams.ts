import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  type FeedPosition,
  type FeedReader,
  type LiveFeed,
  positionAfter,
} from '../service/live/live-feed.ts'
import { eventFor, type ServerEvents } from '../service/live/server-events.ts'
import type { StreamIds } from '../service/live/stream-ids.ts'
import { createLogEntryEvent } from '../service/logs/log-entry-event.ts'
import type { SearchQueries } from '../service/search/search-query.ts'
import type { FeedRow } from '../store/feed/feed.ts'
import type { Visibility } from '../store/filter/log-filter.ts'
import { EventStream } from './event-stream.ts'
import { filterParameters } from './log-parameters.ts'

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

/** Above this rate a subscriber of `/api/events` gets the number of new rows instead of each row. */
const EVENTS_A_SECOND = 100

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
export function streamRoutes({
  liveFeed,
  serverEvents,
  queries,
  streamIds,
}: StreamOptions): FastifyPluginAsyncTypebox {
  const open = (request: FastifyRequest, response: FastifyReply) =>
    new EventStream(request, response, { hold: liveFeed.unread.open(request.principal.lineage) })
  /** The position to read from, and why it differs from the requested position. */
  const startOf = async (parameter: string | undefined, request: FastifyRequest): Promise<Start> => {
    const lastEventId = parameter ?? [request.headers['last-event-id']].flat()[0]
    const head = await liveFeed.head()
    if (!lastEventId) return { position: head }
    const read = streamIds.parse(lastEventId)
    // Whether an invented number is beyond the last batch would reveal how many there are.
    const isKnown = read && !(read.isPlain && isLimited(request.principal.visibility))
    // A position of a database that was restored: everything up to there would be passed over in silence.
    if (!isKnown || read.position.entry > head.entry) return { position: head, reset: 'position_unknown' }
    const { position } = read
    if (await liveFeed.reachesBackTo(position)) return { position }
    return { position: head, reset: 'position_too_old' }
  }
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
        const from = await startOf(request.query.last_event_id, request)
        const stream = open(request, response)
        const ids = new ToldPositions(stream, streamIds, from.position, filter.visibility)
        const detach = serverEvents.subscribe((event) => {
          const seen = eventFor(event, filter.visibility)
          if (seen) stream.announce({ event: seen.type, data: seen })
        })
        stream.signal.addEventListener('abort', detach, { once: true })
        const rate = new RateWindow()
        const take: FeedReader['take'] = (rows, next) => tell(stream, rows, { next, ids }, rate)
        await follow({ request, stream, ids }, from, (position, reader) =>
          liveFeed.follow(filter, position, { ...reader, take }, stream.signal),
        )
      },
    )

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
        const from = await startOf(last_event_id, request)
        const stream = open(request, response)
        const ids = new ToldPositions(stream, streamIds, from.position, filter.visibility)
        const take: FeedReader['take'] = (rows, next) => sendRows(stream, rows, { next, ids }, max_batch)
        await follow({ request, stream, ids }, from, (position, reader) =>
          liveFeed.follow(filter, position, { ...reader, take }, stream.signal),
        )
      },
    )
  }
}

type Start = { position: FeedPosition; reset?: 'position_too_old' | 'position_unknown' }

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

/** Whether there may be lines that the reader may not know of. */
function isLimited({ cameras, min_level }: Visibility): boolean {
  return cameras !== null || min_level !== undefined
}

/**
 * The ids that a stream sends. A position that moved without rows is sent at once to readers of all lines; others get
 * it with the heartbeat, which comes whether or not it moved: else they would see when batches come that they may not
 * know of.
 */
class ToldPositions {
  readonly #stream: EventStream
  readonly #ids: StreamIds
  readonly #isLimited: boolean
  #position: FeedPosition

  constructor(stream: EventStream, ids: StreamIds, from: FeedPosition, visibility: Visibility) {
    this.#stream = stream
    this.#ids = ids
    this.#isLimited = isLimited(visibility)
    this.#position = from
    if (this.#isLimited) stream.beatWith(() => ids.format(this.#position))
  }

  /** The id of a position that the client will be at. */
  at(position: FeedPosition): string {
    this.#position = position
    return this.#ids.format(position)
  }

  /** The position moved, and there is nothing else to send. */
  moved(position: FeedPosition): void {
    this.#position = position
    if (!this.#isLimited) this.#stream.push({ id: this.#ids.format(position) })
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
  rate: RateWindow,
): FeedPosition {
  if (rows.length === 0) ids.moved(next)
  if (rows.length > 0 && rate.add(rows.length) > EVENTS_A_SECOND) {
    const rowIds = rows.map((row) => row.id)
    const data = { count: rows.length, first_id: Math.min(...rowIds), last_id: Math.max(...rowIds) }
    stream.push({
      event: 'log_entries_created',
      id: ids.at(next),
      data: { type: 'log_entries_created', data, priority: 'normal', source: 'logging_system' },
    })
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
