import { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../service/app-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its body may go on for as long as its sender has something to send. */
    isUpload?: boolean
  }
}

/** No body takes longer on a line that is good for anything. */
const BODY_MS = 120_000
/** A client that gets the error reads it within this time, or does not. */
const TOLD_MS = 1000

/** Ends requests whose body takes too long: else a few senders of a byte a minute would hold every connection there is. */
export function endSlowBodies(app: FastifyInstance, bodyMs = BODY_MS): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, response) => {
    const hasBody =
      raw.headers['content-length'] !== undefined || raw.headers['transfer-encoding'] !== undefined
    // A call of OTLP over gRPC was read whole before it became a request, which is none of Node's.
    if (!hasBody || routeOptions.config.isUpload || !(raw instanceof IncomingMessage)) return
    const timer = setTimeout(() => {
      if (raw.complete || response.sent) return
      const sentence = `The body took longer than ${bodyMs / 1000} seconds to arrive. Send smaller batches.`
      response.header('connection', 'close').send(new AppError('REQUEST_TIMEOUT', sentence))
      setTimeout(() => raw.destroy(), TOLD_MS).unref()
    }, bodyMs)
    timer.unref()
    raw.once('close', () => clearTimeout(timer))
  })
}
