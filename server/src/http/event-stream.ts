import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isWebSocket, WebSocketSender } from './web-socket.ts'

/** Comments this often keep proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000

/** A client that takes nothing for this long is cut off; it comes back and resumes where it was. */
const STALL_MS = 30_000

/** How long a browser waits before it reconnects. */
const RETRY_MS = 2000

export type StreamEvent = {
  event?: string
  id?: string
  data?: unknown
  /** The data where they are JSON already. */
  json?: string
}

/** What carries the text of a stream. Its signal aborts when the client is gone or was cut off. */
type Carrier = {
  readonly signal: AbortSignal
  /** Resolves when the client can take the next. */
  send: (text: string) => Promise<void>
  close: () => void
}

/**
 * One event stream, as a `text/event-stream` reply or, for who asks for a WebSocket, as the same text in its messages:
 * over HTTP/1.1 a browser has six connections to a server, and WebSockets are not among them.
 */
export class EventStream {
  readonly #carrier: Carrier
  readonly #heartbeat: NodeJS.Timeout

  constructor(request: FastifyRequest, reply: FastifyReply, { stallMs = STALL_MS } = {}) {
    this.#carrier = isWebSocket(request.raw)
      ? new WebSocketSender(request.raw, reply)
      : new ReplyCarrier(reply, stallMs)
    this.#heartbeat = setInterval(() => void this.#carrier.send(': still here\n\n'), HEARTBEAT_MS)
    this.#heartbeat.unref()
    this.signal.addEventListener('abort', () => clearInterval(this.#heartbeat), { once: true })
  }

  get signal(): AbortSignal {
    return this.#carrier.signal
  }

  /** Sends one event; resolves when the client can take the next. An event of an id alone moves the client's position. */
  async send({ event, id, data, json = JSON.stringify(data) }: StreamEvent): Promise<void> {
    let text = ''
    if (event) text += `event: ${event}\n`
    if (id) text += `id: ${id}\n`
    if (json !== undefined) text += `data: ${json}\n`
    await this.#carrier.send(`${text}\n`)
  }

  close(): void {
    this.#carrier.close()
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

  async send(text: string): Promise<void> {
    if (this.signal.aborted || this.#response.write(text)) return
    const stalled = setTimeout(() => this.#response.destroy(), this.#stallMs)
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

  close(): void {
    this.#abort.abort()
    this.#response.end()
  }
}
