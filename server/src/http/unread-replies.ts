import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** How long a client may take nothing of a reply that waits for it. */
const UNREAD_MS = 60_000

type Watched = { sent: number; looks: number }

/**
 * Ends connections whose client reads nothing of what waits for it: a reply that nobody reads keeps its memory, and a
 * download its place.
 */
export function endUnreadReplies(app: FastifyInstance, unreadMs = UNREAD_MS): void {
  const sockets = new Map<Socket, Watched>()
  // Looked at four times within the time: a client that takes something between two looks is reading.
  const LOOKS = 4
  const timer = setInterval(() => {
    for (const [socket, watched] of sockets) {
      const sent = socket.bytesWritten - socket.writableLength
      const isWaiting = socket.writableLength > 0 && sent === watched.sent
      watched.looks = isWaiting ? watched.looks + 1 : 0
      watched.sent = sent
      if (watched.looks >= LOOKS) socket.destroy()
    }
  }, unreadMs / LOOKS)
  timer.unref()
  app.server.on('connection', (socket) => {
    sockets.set(socket, { sent: 0, looks: 0 })
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('onClose', async () => clearInterval(timer))
}
