import type { Socket } from 'node:net'

/** Connections at a time. */
export const MAX_CONNECTIONS = 1000

/** Those of one address: containers of a host share one. Others find room beside three that open all they can. */
export const MAX_CONNECTIONS_OF_ONE = 250

type Connection = { socket: Socket; address: string }

/**
 * The open connections of a port, by address. They cost nothing to open and may be silent for days, so none is ended
 * for its silence alone: a new connection takes the place of the connection that has been silent longest, of its own
 * address when that has reached its limit, else of the address that has most.
 */
export class Connections {
  /** As `/metrics` names it. */
  readonly way: string
  /** The connection that has been silent longest comes first. */
  readonly #open = new Set<Connection>()
  readonly #counts = new Map<string, number>()
  #ended = 0

  constructor(way: string) {
    this.way = way
  }

  get size(): number {
    return this.#open.size
  }

  /** How many were ended since the start, so that others found room. */
  get ended(): number {
    return this.#ended
  }

  /** Makes room for a connection and keeps it until it is closed. Returns the function to call when it sent data. */
  add(socket: Socket, address: string): () => void {
    if (this.#countOf(address) >= MAX_CONNECTIONS_OF_ONE) this.#endOneOf(address)
    else if (this.#open.size >= MAX_CONNECTIONS) this.#endOneOf(this.#largest())
    const connection = { socket, address }
    this.#open.add(connection)
    this.#counts.set(address, this.#countOf(address) + 1)
    socket.once('close', () => this.#remove(connection))
    return () => {
      if (this.#open.delete(connection)) this.#open.add(connection)
    }
  }

  endAll(): void {
    for (const { socket } of [...this.#open]) socket.destroy()
  }

  #countOf(address: string): number {
    return this.#counts.get(address) ?? 0
  }

  #largest(): string {
    let largest = ''
    for (const [address, count] of this.#counts) if (count > this.#countOf(largest)) largest = address
    return largest
  }

  #endOneOf(address: string): void {
    for (const connection of this.#open) {
      if (connection.address !== address) continue
      // Not when it is closed: that is a turn later.
      this.#remove(connection)
      this.#ended++
      connection.socket.destroy()
      return
    }
  }

  #remove(connection: Connection): void {
    if (!this.#open.delete(connection)) return
    const left = this.#countOf(connection.address) - 1
    if (left > 0) this.#counts.set(connection.address, left)
    else this.#counts.delete(connection.address)
  }
}
