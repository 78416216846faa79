// Enough of RFC 6455 to send texts: the handshake, frames out, and of what comes in pings and the goodbye.
import { createHash } from 'node:crypto'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { AppError } from '../service/app-error.ts'

const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const [TEXT, CLOSE, PING, PONG] = [0x1, 0x8, 0x9, 0xa]
/** A client that takes nothing for this long is cut off. */
const STALL_MS = 30_000
const PING_MS = 15_000
/** What a client that only listens may send at a time: control frames have 125 bytes at most. */
const MAX_INCOMING_BYTES = 4096

const sockets = new WeakMap<IncomingMessage, Socket>()

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
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    // Of a reply that is none of a WebSocket, an error say.
    response.on('finish', () => socket.destroySoon())
    socket.on('error', () => socket.destroy())
    sockets.set(request, socket)
    app.routing(request, response)
  })
}

/** One WebSocket, to send texts by. Its signal aborts when the other side is gone or was cut off. */
export class WebSocketSender {
  readonly #socket: Socket
  readonly #abort = new AbortController()
  readonly #heartbeat: NodeJS.Timeout
  #incoming: Buffer = Buffer.alloc(0)

  /** Answers the handshake. @throws {AppError} INVALID_REQUEST when the request is none for a WebSocket */
  constructor(request: IncomingMessage, reply: FastifyReply) {
    const socket = sockets.get(request)
    const key = request.headers['sec-websocket-key']
    if (socket === undefined || key === undefined || request.headers['sec-websocket-version'] !== '13') {
      const why = CAN_UPGRADE ? '' : ', which this server speaks on Node 24.9 and newer'
      throw new AppError('INVALID_REQUEST', `This needs a WebSocket (version 13)${why}.`)
    }
    reply.hijack()
    this.#socket = socket
    const accept = createHash('sha1')
      .update(key + HANDSHAKE)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('close', () => this.#end())
    socket.on('end', () => this.close())
    this.#heartbeat = setInterval(() => socket.write(frame(PING, Buffer.alloc(0))), PING_MS)
    this.#heartbeat.unref()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Resolves when the other side can take the next one. */
  async send(text: string): Promise<void> {
    if (this.signal.aborted || this.#socket.write(frame(TEXT, Buffer.from(text)))) return
    const stalled = setTimeout(() => this.#socket.destroy(), STALL_MS)
    await new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve)
      this.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    clearTimeout(stalled)
  }

  /** Says goodbye; the other side is not waited for. */
  close(): void {
    if (!this.signal.aborted)
      this.#socket.end(frame(CLOSE, Buffer.from([0x03, 0xe8])), () => this.#socket.destroy())
    this.#end()
  }

  /** Whole frames of what came; a client that only listens sends short ones. */
  #take(chunk: Buffer): void {
    this.#incoming = Buffer.concat([this.#incoming, chunk])
    while (this.#incoming.length >= 2) {
      const length = (this.#incoming[1] ?? 0) & 127
      if (length > 125 || this.#incoming.length > MAX_INCOMING_BYTES) {
        this.close()
        return
      }
      // Clients mask what they send: four bytes of key stand before it.
      if (this.#incoming.length < 6 + length) return
      const mask = this.#incoming.subarray(2, 6)
      const payload = this.#incoming
        .subarray(6, 6 + length)
        .map((byte, index) => byte ^ (mask[index % 4] ?? 0))
      const kind = (this.#incoming[0] ?? 0) & 15
      this.#incoming = this.#incoming.subarray(6 + length)
      if (kind === CLOSE) {
        this.close()
        return
      }
      if (kind === PING) this.#socket.write(frame(PONG, Buffer.from(payload)))
    }
  }

  #end(): void {
    clearInterval(this.#heartbeat)
    this.#abort.abort()
  }
}

function frame(kind: number, payload: Buffer): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = 0x80 | kind
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}
