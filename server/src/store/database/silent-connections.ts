// A network that fails without a word leaves connections that look whole: statements on them wait for minutes, until
// the kernel gives up sending it again, or for ever when a proxy between takes it.
import type { Socket } from 'node:net'
import type pg from 'pg'

/** The connections of pools, and what each has received. */
export class SilentConnections {
  readonly #sockets = new Set<Socket>()

  watch(pool: pg.Pool): void {
    pool.on('connect', (client) => {
      const socket = socketOf(client)
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /**
   * @returns a function that ends the connections that have received nothing since this moment; statements waiting on
   * them fail.
   */
  mark(): () => void {
    const received = new Map([...this.#sockets].map((socket) => [socket, socket.bytesRead]))
    return () => {
      for (const [socket, bytes] of received) {
        if (socket.bytesRead === bytes) endSilent(socket)
      }
    }
  }
}

/** Ends a connection of which nothing is heard, without waiting for a farewell. */
export function endSilent(socket: Socket): void {
  socket.destroy(Object.assign(new Error('The database does not respond.'), { code: 'ETIMEDOUT' }))
}

/** The socket, or the TLS stream over it. */
export function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream
}
