import type { FastifyInstance } from 'fastify'
import type { Hold } from '../../byte-budget.ts'
import { AppError } from '../../service/app-error.ts'
import { type FeedPosition, type LiveFeed, positionAfter } from '../../service/live/live-feed.ts'
import { type LokiQueries, labelsOf } from '../../service/loki/loki-queries.ts'
import { readTime, toNanos } from '../../service/loki/loki-time.ts'
import type { FeedRow } from '../../store/feed/feed.ts'
import type { LogRow } from '../../store/reading/log-row.ts'
import { WebSocketSender } from '../web-socket.ts'

/** Lines of one message at most, and characters after which it ends: a slow client has to have taken it in time. */
const MESSAGE_LINES = 500
const MESSAGE_CHARACTERS = 256 * 1024

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
        throw new AppError('INVALID_REQUEST', 'tail needs an API key; the page has live lines of its own.')
      const { query, start, limit } = request.query as { [name: string]: string | undefined }
      const filter = await queries.tailFilter(query ?? '', visibility)
      const lines = /^[1-9]\d{0,3}$/.test(limit ?? '') ? Number(limit) : 100
      const since = start === undefined ? undefined : readTime('start', start)
      const position = await liveFeed.head()
      const hold = liveFeed.unread.open(request.principal.lineage)
      const before = new Backlog(await queries.newest(filter, since, lines), hold)
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
          const sent = sendRows(socket, fresh)
          const last = fresh[sent - 1]
          const reached = sent < fresh.length && last ? positionAfter(last) : next
          if (!hold.resize(socket.unreadBytes)) socket.cutOff()
          return reached
        }
        await liveFeed.follow(filter, position, { ready: () => socket.ready(), take }, socket.signal)
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
  #rows: LogRow[]

  /** @throws {AppError} UNAVAILABLE when there is no room for them */
  constructor(newestFirst: readonly LogRow[], hold: Hold) {
    if (!hold.grow(newestFirst.reduce((sum, { message }) => sum + message.length, 0))) {
      const sentence = 'More is being read than there is room for. Ask for fewer lines, or again shortly.'
      throw new AppError('UNAVAILABLE', sentence, { retryAfter: 2 })
    }
    this.ids = new Set(newestFirst.map(({ id }) => id))
    this.#rows = newestFirst.toReversed()
  }

  get isSent(): boolean {
    return this.#rows.length === 0
  }

  send(socket: WebSocketSender): void {
    this.#rows = this.#rows.slice(sendRows(socket, this.#rows))
  }
}

/** Sends rows until the other side can take no more; returns how many. */
function sendRows(socket: WebSocketSender, rows: readonly LogRow[]): number {
  let part: string[] = []
  let characters = 0
  for (const [index, row] of rows.entries()) {
    const values = [[toNanos(row.timestamp), row.message]]
    const text = JSON.stringify({ stream: labelsOf(row), values })
    part.push(text)
    characters += text.length
    const isLast = index === rows.length - 1
    if (!isLast && part.length < MESSAGE_LINES && characters < MESSAGE_CHARACTERS) continue
    if (!socket.push(`{"streams":[${part.join(',')}]}`)) return index + 1
    part = []
    characters = 0
  }
  return rows.length
}
