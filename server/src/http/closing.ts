import type { FastifyReply } from 'fastify'

const ofReplies = new WeakMap<FastifyReply['raw'], AbortSignal>()

/**
 * Aborts when the client closes the connection before its reply is sent: nobody waits for the work any more. Fastify's
 * `request.signal` follows the body instead: it aborts once that is read, or, asked for later, never.
 */
export function closingOf({ raw }: FastifyReply): AbortSignal {
  const known = ofReplies.get(raw)
  if (known) return known
  const closing = new AbortController()
  const end = () => {
    if (!raw.writableFinished) closing.abort()
  }
  if (raw.closed || raw.destroyed) end()
  else raw.once('close', end)
  ofReplies.set(raw, closing.signal)
  return closing.signal
}
