import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Hold } from '../../byte-budget.ts'
import { AppError } from '../../service/app-error.ts'
import { type FeedPosition, type LiveFeed, positionAfter } from '../../service/live/live-feed.ts'
import type { LokiQueries } from '../../service/loki/loki-queries.ts'
import { readTime, toNanos } from '../../service/loki/loki-time.ts'
import type { RowPipeline } from '../../service/loki/row-pipeline.ts'
import type { LogRow } from '../../store/database/reader.ts'
import type { FeedRow } from '../../store/feed/feed.ts'
import { WebSocketSender } from '../web-socket.ts'
import { limitOf } from './loki-parameters.ts'

/** Lines of one message at most, and characters after which it ends: a slow client has to have taken it in time. */
const MESSAGE_LINES = 500
const MESSAGE_CHARACTERS = 256 * 1024
/** Lines of before at most. */
const MAX_BACKLOG = 5000
/** Seconds, as in Loki. */
const MAX_DELAY = 5

/**
 * `tail`: the newest lines, then each as it is stored, over a WebSocket. For keys alone: browsers let any page open a
 * WebSocket with the cookies of ours, and read from it.
 */
export function addTail(app: FastifyInstance, queries: LokiQueries, liveFeed: LiveFeed): void {
  app.get(
    '/loki/api/v1/tail',
    { config: { access: 'read', takesForeignKeys: true, isStream: true }, exposeHeadRoute: false },
    async (request, response) => {
      const { visibility, kind } = request.principal
      if (kind !== 'key')
        throw new AppError('INVALID_REQUEST', 'tail requires an API key; the page has its own live view.')
      const { query, start, limit, delay_for } = request.query as { [name: string]: string | undefined }
      const { filter, pipeline } = await queries.tail(query ?? '', visibility)
      const lines = Math.min(limitOf(limit, 100), MAX_BACKLOG)
      const delayMs = delayOf(delay_for)
      const since = start === undefined ? undefined : readTime('start', start)
      const position = await liveFeed.head()
      const hold = liveFeed.unread.open(request.principal.lineage)
      const before = new Backlog(await queries.newest(filter, since, lines), hold, pipeline)
      const socket = new WebSocketSender(request.raw, response)
      try {
        for (;;) {
          await socket.ready()
          if (socket.signal.aborted || before.isSent) break
          before.send(socket)
        }
        const take = (rows: readonly FeedRow[], next: FeedPosition) => {
          // Rows stored between the two looks are in both.
          const fresh = rows.filter(({ id }) => !before.ids.has(id))
          const sent = sendRows(socket, fresh, pipeline)
          const last = fresh[sent - 1]
          const reached = sent < fresh.length && last ? positionAfter(last) : next
          if (!hold.resize(socket.unreadBytes)) socket.cutOff()
          return reached
        }
        const ready = async () => {
          await socket.ready()
          // An abort ends the wait as it ends what follows.
          if (delayMs > 0) await delay(delayMs, undefined, { signal: socket.signal }).catch(() => undefined)
        }
        await liveFeed.follow(filter, position, { ready, take }, socket.signal)
      } catch (error) {
        if (!socket.signal.aborted) app.streamBroke(request, error)
      } finally {
        hold.release()
        socket.close()
      }
    },
  )
}

/** Lines of before, which are held until they are sent. */
class Backlog {
  readonly ids: ReadonlySet<number>
  readonly #pipeline: RowPipeline
  #rows: LogRow[]

  /** @throws {AppError} UNAVAILABLE when there is no room for them */
  constructor(newestFirst: readonly LogRow[], hold: Hold, pipeline: RowPipeline) {
    if (!hold.grow(newestFirst.reduce((sum, { message }) => sum + message.length, 0))) {
      const sentence = 'The memory limit for reads is reached. Request fewer lines, or try again shortly.'
      throw new AppError('UNAVAILABLE', sentence, { retryAfter: 2 })
    }
    this.ids = new Set(newestFirst.map(({ id }) => id))
    this.#rows = newestFirst.toReversed()
    this.#pipeline = pipeline
  }

  get isSent(): boolean {
    return this.#rows.length === 0
  }

  send(socket: WebSocketSender): void {
    this.#rows = this.#rows.slice(sendRows(socket, this.#rows, this.#pipeline))
  }
}

/** Sends the lines of rows until the other side can take no more; returns how many rows that were. */
function sendRows(socket: WebSocketSender, rows: readonly LogRow[], pipeline: RowPipeline): number {
  let part: string[] = []
  let characters = 0
  for (const [index, row] of rows.entries()) {
    const line = pipeline.run(row)
    if (line !== undefined) {
      const text = JSON.stringify({ stream: pipeline.labels.all(), values: [[toNanos(row.timestamp), line]] })
      part.push(text)
      characters += text.length
    }
    const isLast = index === rows.length - 1
    if (part.length === 0 || (!isLast && part.length < MESSAGE_LINES && characters < MESSAGE_CHARACTERS))
      continue
    if (!socket.push(`{"streams":[${part.join(',')}]}`)) return index + 1
    part = []
    characters = 0
  }
  return rows.length
}

/** Seconds that lines are held back, so that those which come late are in order. */
function delayOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  if (!/^\d{1,10}$/.test(text) || Number(text) > MAX_DELAY)
    throw new AppError('INVALID_REQUEST', `delay_for can't be greater than ${MAX_DELAY}`)
  return Number(text) * 1000
}
