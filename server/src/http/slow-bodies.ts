import { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its body may go on for as long as its sender has something to send. */
    isUpload?: boolean
  }
}

/** No body takes longer on a line that is good for anything. */
const BODY_MS = 120_000

/** Ends requests whose body takes too long: else a few senders of a byte a minute would hold every connection there is. */
export function endSlowBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw, routeOptions }) => {
    const hasBody =
      raw.headers['content-length'] !== undefined || raw.headers['transfer-encoding'] !== undefined
    // A call of OTLP over gRPC was read whole before it became a request, which is none of Node's.
    if (!hasBody || routeOptions.config.isUpload || !(raw instanceof IncomingMessage)) return
    const timer = setTimeout(() => {
      if (!raw.complete) raw.destroy()
    }, BODY_MS)
    timer.unref()
    raw.once('close', () => clearTimeout(timer))
  })
}
