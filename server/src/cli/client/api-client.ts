import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { join } from 'node:path'
import type { Reply } from '../../http/api-schemas.ts'

/** A request that failed, as a sentence for the person at the terminal. */
export class ApiFailure extends Error {
  /** HTTP status; undefined when no reply came. */
  readonly status: number | undefined
  /** Milliseconds the server asks to wait. */
  readonly retryAfterMs: number | undefined
  /** The `data` that came with the error. */
  readonly data: unknown

  constructor(
    message: string,
    options: { status?: number; retryAfterMs?: number; data?: unknown; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ApiFailure'
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
    this.data = options.data
  }

  /** Whether the same request may succeed later: no reply, too many requests, or trouble on the server's side. */
  get isTransient(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500
  }
}

export type ApiRequest = {
  body?: string | Uint8Array
  headers?: Record<string, string>
  /** Milliseconds until it counts as unanswered; 60 seconds when absent. */
  timeoutMs?: number
}

const TIMEOUT_MS = 60_000

/** The one way commands speak to a server. */
export class ApiClient {
  readonly url: string
  readonly #apiKey: string | undefined

  /** @param options.url where the server is, with or without a last slash. */
  constructor(options: { url: string; apiKey: string | undefined }) {
    this.url = options.url.replace(/\/+$/, '')
    this.#apiKey = options.apiKey
  }

  /**
   * The `data` of a reply.
   *
   * @param path with its leading slash, such as `/api/settings`.
   * @throws ApiFailure for everything that is not a success.
   */
  async request<T>(method: string, path: string, request: ApiRequest = {}): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers }
    if (this.#apiKey !== undefined) headers.authorization = `Bearer ${this.#apiKey}`
    const signal = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS)
    let response: Response
    let text: string
    try {
      response = await fetch(`${this.url}${path}`, { method, headers, body: request.body ?? null, signal })
      text = await response.text()
    } catch (error) {
      throw this.#noAnswer(error)
    }
    const reply = parseReply(text)
    if (response.ok && reply?.success === true) return reply.data as T
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    throw new ApiFailure(this.#sentence(response.status, reply?.message), {
      status: response.status,
      data: reply?.data,
      ...(Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter * 1000 } : {}),
    })
  }

  /**
   * Begins a reply that is read as it comes; how it ends stands in its trailers.
   *
   * @throws ApiFailure when it is not a success
   */
  async open(path: string): Promise<IncomingMessage> {
    const headers = this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` }
    const url = new URL(`${this.url}${path}`)
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { headers }, resolve).on('error', reject).end()
    }).catch((error: unknown) => {
      throw this.#noAnswer(error)
    })
    if (reply.statusCode === 200) return reply
    let text = ''
    for await (const part of reply.setEncoding('utf8')) text += part
    const status = reply.statusCode ?? 0
    throw new ApiFailure(this.#sentence(status, parseReply(text)?.message), { status })
  }

  #noAnswer(cause: unknown): ApiFailure {
    const sentence = `No answer from ${this.url}: ${reasonOf(cause)}. Is the server running there?`
    return new ApiFailure(sentence, { cause })
  }

  #sentence(status: number, message: string | undefined): string {
    if (status === 401) {
      return this.#apiKey === undefined
        ? `${this.url} asks for an API key: give --key or set TIMELAPSER_LOGS_API_KEY.`
        : `${this.url} does not know this API key; it may be revoked or belong to another server.`
    }
    if (message !== undefined) return `${this.url} answered ${status}: ${message}`
    return `${this.url} answered ${status}, and not as a Timelapser Logs server does. Check the address.`
  }
}

/**
 * The key the server keeps for the commands on its own machine, or undefined when there is none to read.
 *
 * @param dataDir the server's DATA_DIR.
 */
export async function readLocalApiKey(dataDir: string): Promise<string | undefined> {
  const text = await readFile(join(dataDir, 'admin-api-key'), 'utf8').catch(() => '')
  return text.trim() === '' ? undefined : text.trim()
}

function parseReply(text: string): Partial<Reply<unknown>> | undefined {
  try {
    const reply: unknown = JSON.parse(text)
    return typeof reply === 'object' && reply !== null ? reply : undefined
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it took too long'
  // fetch says "fetch failed"; why is in the cause, and with several addresses in the cause's errors.
  const cause = (error.cause ?? error) as { code?: string; message?: string }
  if (cause.code === 'ECONNREFUSED') return 'the connection was refused'
  if (cause.code === 'ENOTFOUND') return 'there is no such host'
  if (cause.code === 'UND_ERR_SOCKET' || cause.code === 'ECONNRESET') return 'the connection broke'
  return cause.code ?? cause.message ?? error.message
}
