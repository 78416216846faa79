import type { FastifyInstance } from 'fastify'
import { ByteBudget } from '../byte-budget.ts'
import { AppError } from '../service/app-error.ts'

/** Replies that are not taken by their readers yet, and what one caller may have of that. */
const UNREAD_BYTES = 32 * 1024 * 1024
const UNREAD_BYTES_OF_ONE = 16 * 1024 * 1024

/** Shorter replies are not counted: it takes thousands of them to come to something. */
const SHORT_BYTES = 64 * 1024

/** A reader that takes nothing for this long is cut off. */
const STALL_MS = 30_000

/**
 * Counts the memory of replies until their readers have taken them. A reply without room becomes a 503; a client that
 * requests much and reads nothing is cut off. Streams count for themselves.
 */
export function boundReplies(app: FastifyInstance): ByteBudget {
  const budget = new ByteBudget('replies', UNREAD_BYTES, UNREAD_BYTES_OF_ONE)
  app.addHook('onSend', async (request, response, payload) => {
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : 0
    if (bytes < SHORT_BYTES || response.raw.closed) return payload
    const hold = budget.open(request.principal?.id ?? request.ip)
    if (!hold.grow(bytes)) {
      const sentence =
        'The memory limit for unread replies is reached. Read the replies, or try again shortly.'
      throw new AppError('UNAVAILABLE', sentence, { retryAfter: 2 })
    }
    const { socket } = response.raw
    let taken = socket?.bytesWritten
    const watching = setInterval(() => {
      if (socket?.bytesWritten === taken) response.raw.destroy()
      taken = socket?.bytesWritten
    }, STALL_MS)
    watching.unref()
    response.raw.once('close', () => {
      clearInterval(watching)
      hold.release()
    })
    return payload
  })
  return budget
}
