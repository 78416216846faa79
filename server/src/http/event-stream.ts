import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Hold } from '../byte-budget.ts'
import { isWebSocket, WebSocketSender } from './web-socket.ts'

/** Comments this often keep proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000

/** A client that takes nothing for this long is cut off; it comes back and resumes where it was. */
const STALL_MS = 30_000

/** A client that has not taken this much is cut off when there is news of another kind than rows, which waits for nobody. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024

/** How long a browser waits before it reconnects. */
const RETRY_MS = 2000

export type StreamEvent = {
  event?: string
  id?: string
  data?: unknown
  /** The data where they are JSON already. */
  json?: string
}

/** The transport of a stream's text. Its signal aborts when the client is gone or was cut off. */
type Carrier = {
  readonly signal: AbortSignal
  /** Bytes that the client has not read. */
  readonly unreadBytes: number
  /** Sends a text; returns whether the client can take the next. */
  push: (text: string) => boolean
  /** Resolves when the client can take the next event. A client that takes nothing is cut off. */
  ready: () => Promise<void>
  cutOff: () => void
  close: () => void
}

export type EventStreamOptions = {
  stallMs?: number
  /** For what the client has not taken. A client for which there is no room is cut off, and resumes. */
  hold?: Hold
}

/**
 * One event stream, as a `text/event-stream` reply or, for who asks for a WebSocket, as the same text in its messages:
 * over HTTP/1.1 a browser has six connections to a server, and WebSockets are not among them.
 */
export class EventStream {
  readonly #carrier: Carrier
  readonly #heartbeat: NodeJS.Timeout
  readonly #hold: Hold | undefined
  #beatId: (() => string) | undefined

  constructor(request: FastifyRequest, reply: FastifyReply, { stallMs, hold }: EventStreamOptions = {}) {
    this.#hold = hold
    this.#carrier = isWebSocket(request.raw)
      ? new WebSocketSender(request.raw, reply)
      : new ReplyCarrier(reply, stallMs ?? STALL_MS)
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#heartbeat.unref()
    const end = () => {
      clearInterval(this.#heartbeat)
      this.#hold?.release()
    }
    if (this.signal.aborted) end()
    else this.signal.addEventListener('abort', end, { once: true })
  }

  get signal(): AbortSignal {
    return this.#carrier.signal
  }

  /**
   * Sends one event; an event of an id alone moves the client's position.
   *
   * @returns whether the client can take the next; else wait for `ready`
   */
  push({ event, id, data, json = JSON.stringify(data) }: StreamEvent): boolean {
    if (this.signal.aborted) return false
    let text = ''
    if (event) text += `event: ${event}\n`
    if (id) text += `id: ${id}\n`
    if (json !== undefined) text += `data: ${json}\n`
    const canTakeMore = this.#carrier.push(`${text}\n`)
    this.#account(canTakeMore ? 0 : this.#carrier.unreadBytes)
    return canTakeMore
  }

  /** Sends an event at once, whether or not the client can take it. */
  announce(event: StreamEvent): void {
    this.push(event)
    if (this.#carrier.unreadBytes > MAX_UNREAD_BYTES) this.#carrier.cutOff()
  }

  /** Resolves when the client can take the next event, or is gone. */
  async ready(): Promise<void> {
    await this.#carrier.ready()
    this.#account(0)
  }

  /** Adds the client's position to heartbeats. */
  beatWith(id: () => string): void {
    this.#beatId = id
  }

  close(): void {
    this.#carrier.close()
  }

  #account(bytes: number): void {
    if (!this.signal.aborted && this.#hold?.resize(bytes) === false) this.#carrier.cutOff()
  }

  #beat(): void {
    // Bytes that wait for the client show it, once it reads them, that the stream is alive.
    if (this.#carrier.unreadBytes > 0) return
    this.#carrier.push(this.#beatId ? `id: ${this.#beatId()}\n\n` : ': still here\n\n')
  }
}

class ReplyCarrier implements Carrier {
  readonly #response: ServerResponse
  readonly #abort = new AbortController()
  readonly #stallMs: number

  constructor(reply: FastifyReply, stallMs: number) {
    this.#stallMs = stallMs
    reply.hijack()
    this.#response = reply.raw
    // Headers that hooks have set so far (security, rate limits) go with the stream as with every reply.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) this.#response.setHeader(name, value)
    }
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    this.#response.on('close', () => this.#abort.abort())
    this.#response.on('error', () => this.#abort.abort())
    this.#response.write(`retry: ${RETRY_MS}\n\n`)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get unreadBytes(): number {
    return this.#response.writableLength
  }

  push(text: string): boolean {
    return this.#response.write(text)
  }

  async ready(): Promise<void> {
    if (this.signal.aborted || !this.#response.writableNeedDrain) return
    const stalled = setTimeout(() => this.cutOff(), this.#stallMs)
    await new Promise<void>((resolve) => {
      // A slow reader of a stream that is open for weeks waits here a million times.
      const go = () => {
        this.#response.off('drain', go)
        this.signal.removeEventListener('abort', go)
        resolve()
      }
      this.#response.once('drain', go)
      this.signal.addEventListener('abort', go, { once: true })
    })
    clearTimeout(stalled)
  }

  cutOff(): void {
    this.#response.destroy()
  }

  close(): void {
    this.#abort.abort()
    this.#response.end()
  }
}
