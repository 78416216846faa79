import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

/** Comments this often keep proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000

/** A client that takes nothing for this long is cut off; it comes back and resumes where it was. */
const STALL_MS = 30_000

/** How long a browser waits before it reconnects. */
const RETRY_MS = 2000

export type StreamEvent = { event?: string; id?: string; data?: unknown }

/** One `text/event-stream` reply. Its signal aborts when the client is gone or was cut off. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #abort = new AbortController()
  readonly #heartbeat: NodeJS.Timeout
  readonly #stallMs: number

  constructor(reply: FastifyReply, { stallMs = STALL_MS }: { stallMs?: number } = {}) {
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
    this.#response.on('close', () => this.#end())
    this.#response.on('error', () => this.#end())
    this.#response.write(`retry: ${RETRY_MS}\n\n`)
    this.#heartbeat = setInterval(() => void this.#write(': still here\n\n'), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Sends one event; resolves when the client can take the next. An event of an id alone moves the client's position. */
  async send({ event, id, data }: StreamEvent): Promise<void> {
    let text = ''
    if (event) text += `event: ${event}\n`
    if (id) text += `id: ${id}\n`
    if (data !== undefined) text += `data: ${JSON.stringify(data)}\n`
    await this.#write(`${text}\n`)
  }

  close(): void {
    this.#end()
    this.#response.end()
  }

  async #write(text: string): Promise<void> {
    if (this.signal.aborted || this.#response.write(text)) return
    const stalled = setTimeout(() => this.#response.destroy(), this.#stallMs)
    await new Promise<void>((resolve) => {
      this.#response.once('drain', resolve)
      this.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    clearTimeout(stalled)
  }

  #end(): void {
    clearInterval(this.#heartbeat)
    this.#abort.abort()
  }
}
