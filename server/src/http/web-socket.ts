import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { AppError } from '../service/app-error.ts'

/** A client that takes nothing for this long is cut off. */
const STALL_MS = 30_000
const PING_MS = 15_000
/** How long the other side may take to say goodbye too. */
const GOODBYE_MS = 1000
/** The largest message that a listening client may send. */
const MAX_INCOMING_BYTES = 4096
/** As much may wait in a socket before the sender waits. */
const HIGH_WATER_BYTES = 64 * 1024
const GOING_AWAY = 1001
const KEY = /^[+/0-9A-Za-z]{22}==$/

const handshakes = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_INCOMING_BYTES,
})

/** A request for a WebSocket; it may also be answered as any other, with an error or because it asks for something else. */
type Upgrade = { socket: Socket; head: Buffer; isWebSocket: boolean }
const upgrades = new WeakMap<IncomingMessage, Upgrade>()

/**
 * Whether the server asks which upgrades are meant for it (Node 24.9). Before, listening for them takes over every
 * request that names one, and loses the bodies of those that Java's client sends with `Upgrade: h2c`.
 */
export const CAN_UPGRADE = isAtLeast(process.versions.node, 24, 9)

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

export function isWebSocket({ headers, method }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

/** Requests for a WebSocket are routed like all others, the guard and the limits included. */
export function registerUpgrades(app: FastifyInstance): void {
  if (!CAN_UPGRADE) return
  const open = new Set<Upgrade>()
  // Node ends its own connections, and these are not among them. WebSockets are ended by those who send by them.
  app.addHook('preClose', async () => {
    for (const { socket, isWebSocket } of open) if (!isWebSocket) socket.destroy()
  })
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    // It keeps the socket, so that destroying the reply or its closing are those of the WebSocket.
    response.assignSocket(socket)
    // Closes the socket after a reply that is not an upgrade, for example an error.
    response.on('finish', () => socket.destroySoon())
    socket.on('error', () => socket.destroy())
    const upgrade = { socket, head, isWebSocket: false }
    upgrades.set(request, upgrade)
    open.add(upgrade)
    socket.once('close', () => open.delete(upgrade))
    app.routing(request, response)
  })
}

/** One WebSocket, to send texts by. Its signal aborts when the other side is gone or was cut off. */
export class WebSocketSender {
  #socket: WebSocket | undefined
  readonly #abort = new AbortController()
  readonly #heartbeat: NodeJS.Timeout
  /** Resolved when what waits in the socket was taken, or never will be. */
  #room = Promise.withResolvers<void>()

  /** Answers the handshake. @throws {AppError} INVALID_REQUEST when the request is none for a WebSocket */
  constructor(request: IncomingMessage, reply: FastifyReply) {
    const upgrade = upgrades.get(request)
    const { 'sec-websocket-key': key = '', 'sec-websocket-version': version } = request.headers
    if (upgrade === undefined || !KEY.test(key) || version !== '13') {
      const why = CAN_UPGRADE ? '' : ', which this server supports on Node 24.9 and newer'
      throw new AppError('INVALID_REQUEST', `This route requires a WebSocket (version 13)${why}.`)
    }
    reply.hijack()
    upgrade.isWebSocket = true
    upgrade.socket.on('close', () => this.#end())
    this.#heartbeat = setInterval(() => this.#socket?.ping(), PING_MS)
    this.#heartbeat.unref()
    // Called at once, unless the client is gone by now.
    handshakes.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      this.#socket = socket
      // A client that breaks the protocol is cut off.
      socket.on('error', () => socket.terminate())
      socket.on('close', () => this.#end())
    })
    if (this.#socket === undefined) this.#end()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Bytes that the other side has not read. */
  get unreadBytes(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  /** Sends a text; returns whether the client can take the next text. */
  push(text: string): boolean {
    if (this.signal.aborted || this.#socket === undefined) return false
    this.#socket.send(text, () => {
      if (this.unreadBytes < HIGH_WATER_BYTES) this.#room.resolve()
    })
    return this.unreadBytes < HIGH_WATER_BYTES
  }

  /** Resolves when the client can take the next text, or is gone. */
  async ready(): Promise<void> {
    if (this.signal.aborted || this.unreadBytes < HIGH_WATER_BYTES) return
    const stalled = setTimeout(() => this.cutOff(), STALL_MS)
    this.#room = Promise.withResolvers()
    await this.#room.promise
    clearTimeout(stalled)
  }

  /** Ends it without a word. */
  cutOff(): void {
    this.#socket?.terminate()
  }

  /** Says goodbye; the other side has a moment to answer. */
  close(): void {
    const socket = this.#socket
    if (socket !== undefined && !this.signal.aborted) {
      socket.close(GOING_AWAY)
      const silent = setTimeout(() => socket.terminate(), GOODBYE_MS)
      socket.once('close', () => clearTimeout(silent))
    }
    this.#end()
  }

  #end(): void {
    clearInterval(this.#heartbeat)
    this.#abort.abort()
    this.#room.resolve()
  }
}
