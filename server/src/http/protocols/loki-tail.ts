import type { FastifyInstance } from 'fastify'
import { AppError } from '../../service/app-error.ts'
import type { LiveFeed } from '../../service/live/live-feed.ts'
import { type LokiQueries, labelsOf } from '../../service/loki/loki-queries.ts'
import { readTime, toNanos } from '../../service/loki/loki-time.ts'
import type { LogRow } from '../../store/reading/log-row.ts'
import { WebSocketSender } from '../web-socket.ts'

/** Lines of one message at most. */
const MESSAGE_LINES = 500

/**
 * `tail`: the newest lines, then each as it is stored, over a WebSocket. For keys alone: browsers let any page open a
 * WebSocket with the cookies of ours, and read from it.
 */
export function addTail(app: FastifyInstance, queries: LokiQueries, liveFeed: LiveFeed): void {
  app.get(
    '/loki/api/v1/tail',
    { config: { access: 'read', takesForeignKeys: true } },
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
      } finally {
        socket.close()
      }
    },
  )
}

async function sendRows(socket: WebSocketSender, rows: readonly LogRow[]): Promise<void> {
  for (let index = 0; index < rows.length; index += MESSAGE_LINES) {
    const streams = rows.slice(index, index + MESSAGE_LINES).map((row) => ({
      stream: labelsOf(row),
      values: [[toNanos(row.timestamp), row.message]],
    }))
    await socket.send(JSON.stringify({ streams }))
  }
}
