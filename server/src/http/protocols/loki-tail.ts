import type { FastifyInstance } from 'fastify'
import { AppError } from '../../service/app-error.ts'
import type { LiveFeed } from '../../service/live/live-feed.ts'
import { type LokiQueries, labelsOf } from '../../service/loki/loki-queries.ts'
import { readTime, toNanos } from '../../service/loki/loki-time.ts'
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
      const before = await queries.newest(filter, since, lines)
      const socket = new WebSocketSender(request.raw, response)
      try {
        // What was stored between the two looks is in both.
        const sent = new Set(before.map(({ id }) => id))
        await sendRows(socket, before.toReversed())
        for await (const { rows } of liveFeed.read(filter, position, socket.signal)) {
          await sendRows(
            socket,
            rows.filter(({ id }) => !sent.has(id)),
          )
        }
      } catch (error) {
        if (!socket.signal.aborted) app.streamBroke(request, error)
      } finally {
        socket.close()
      }
    },
  )
}

async function sendRows(socket: WebSocketSender, rows: readonly LogRow[]): Promise<void> {
  let part: string[] = []
  let characters = 0
  for (const [index, row] of rows.entries()) {
    const values = [[toNanos(row.timestamp), row.message]]
    const text = JSON.stringify({ stream: labelsOf(row), values })
    part.push(text)
    characters += text.length
    const isLast = index === rows.length - 1
    if (!isLast && part.length < MESSAGE_LINES && characters < MESSAGE_CHARACTERS) continue
    await socket.send(`{"streams":[${part.join(',')}]}`)
    part = []
    characters = 0
  }
}
