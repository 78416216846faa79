import { type IncomingMessage, request as requestHttp } from 'node:http'
import { type Agent, request as requestHttps } from 'node:https'
import type { Reply } from '../../http/api-schemas.ts'
import { PinnedAgent } from '../../http/pinned-agent.ts'

/** A request that failed, as a sentence for the person at the terminal. */
export class ApiFailure extends Error {
  /** HTTP status; undefined when no reply came. */
  readonly status: number | undefined
  /** Milliseconds the server asks to wait. */
  readonly retryAfterMs: number | undefined
  /** The `data` that came with the error. */
  readonly data: unknown
  readonly #isFinal: boolean

  constructor(
    message: string,
    options: {
      status?: number
      retryAfterMs?: number
      data?: unknown
      cause?: unknown
      /** Whether no later attempt can go better: a wrong address, a certificate that is not trusted. */
      isFinal?: boolean
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ApiFailure'
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
    this.data = options.data
    this.#isFinal = options.isFinal ?? false
  }

  /** Whether the same request may succeed later: no reply, too many requests, or trouble on the server's side. */
  get isTransient(): boolean {
    if (this.#isFinal) return false
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
/** Longest pause that a server may ask for. */
const MAX_RETRY_AFTER_MS = 5 * 60_000

type Answer = { status: number; text: string; retryAfter: string | undefined; location: string | undefined }

/** The one way commands speak to a server. */
export class ApiClient {
  readonly url: string
  readonly #apiKey: string | undefined
  readonly #agent: Agent | undefined

  /**
   * @param options.url where the server is, with or without a last slash.
   * @param options.fingerprint of the certificate by which the server is known; usual trust when absent.
   */
  constructor(options: {
    url: string
    apiKey: string | undefined
    fingerprint?: () => Promise<string | undefined>
  }) {
    this.url = options.url.replace(/\/+$/, '')
    this.#apiKey = options.apiKey
    this.#agent = options.fingerprint && new PinnedAgent(options.fingerprint, { keepAlive: true })
  }

  /**
   * The `data` of a reply.
   *
   * @param path with its leading slash, for example `/api/settings`.
   * @throws ApiFailure for everything that is not a success.
   */
  async request<T>(method: string, path: string, request: ApiRequest = {}): Promise<T> {
    this.#checkAddress()
    const headers: Record<string, string> = { accept: 'application/json', ...request.headers }
    if (this.#apiKey !== undefined) headers.authorization = `Bearer ${this.#apiKey}`
    const answer = await this.#send(method, path, { ...request, headers }).catch((error: unknown) => {
      throw this.#noAnswer(error)
    })
    const reply = parseReply(answer.text)
    if (answer.status >= 200 && answer.status < 300 && reply?.success === true) return reply.data as T
    throw new ApiFailure(this.#sentence(answer.status, reply?.message, answer.location), {
      status: answer.status,
      data: reply?.data,
      ...pauseIn(answer.retryAfter),
    })
  }

  /** The body of a reply of any status; the key is not sent along. */
  async ask(path: string, timeoutMs: number): Promise<string> {
    return (await this.#send('GET', path, { timeoutMs })).text
  }

  /**
   * Begins a reply that is read as it comes; how it ends stands in its trailers.
   *
   * @throws ApiFailure when it is not a success
   */
  async open(path: string): Promise<IncomingMessage> {
    this.#checkAddress()
    const headers = this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` }
    const url = new URL(`${this.url}${path}`)
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { headers, agent: this.#agent }, resolve).on('error', reject).end()
    }).catch((error: unknown) => {
      throw this.#noAnswer(error)
    })
    if (reply.statusCode === 200) return reply
    let text = ''
    for await (const part of reply.setEncoding('utf8')) text += part
    const status = reply.statusCode ?? 0
    const { location, 'retry-after': retryAfter } = reply.headers
    throw new ApiFailure(this.#sentence(status, parseReply(text)?.message, location), {
      status,
      ...pauseIn(retryAfter),
    })
  }

  async #send(method: string, path: string, { body, headers = {}, timeoutMs }: ApiRequest): Promise<Answer> {
    const url = `${this.url}${path}`
    const signal = AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS)
    if (this.#agent === undefined) {
      // A redirect would take the key elsewhere, or leave it behind.
      const response = await fetch(url, { method, headers, body: body ?? null, signal, redirect: 'manual' })
      return {
        status: response.status,
        text: await response.text(),
        retryAfter: response.headers.get('retry-after') ?? undefined,
        location: response.headers.get('location') ?? undefined,
      }
    }
    // `fetch` takes no other trust than the usual.
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
      const options = { method, headers: { ...headers, ...length }, agent: this.#agent, signal }
      requestHttps(url, options, resolve).on('error', reject).end(body)
    })
    let text = ''
    for await (const part of reply.setEncoding('utf8')) text += part
    const { 'retry-after': retryAfter, location } = reply.headers
    return { status: reply.statusCode ?? 0, text, retryAfter, location }
  }

  /** @throws ApiFailure for an invalid address, for example without `http://`. */
  #checkAddress(): void {
    if (/^https?:\/\/[^/]/i.test(this.url) && URL.canParse(this.url)) return
    const meant = /^[\w.:[\]-]+(\/|$)/.test(this.url) ? `http://${this.url}` : 'http://127.0.0.1:4700'
    throw new ApiFailure(
      `"${this.url}" is not a server URL: it must begin with http:// or https://, such as ${meant}.`,
      { isFinal: true },
    )
  }

  #noAnswer(cause: unknown): ApiFailure {
    const remedy = tlsRemedy(cause, this.url)
    if (remedy !== undefined) return new ApiFailure(remedy, { cause, isFinal: true })
    const reason = reasonOf(cause)
    const advice = reason === BROKE && this.url.startsWith('http:') ? MAYBE_TLS : ''
    const sentence = `No response from ${this.url}: ${reason}. Is the server running there?${advice}`
    return new ApiFailure(sentence, { cause })
  }

  #sentence(status: number, message: string | undefined, location: string | undefined): string {
    if (status >= 300 && status < 400 && location !== undefined) {
      const target = URL.parse(location, this.url)?.origin ?? location
      return `${this.url} redirects to ${target}. Use that address.`
    }
    if (status === 401) {
      return this.#apiKey === undefined
        ? `${this.url} requires an API key: give --key or set TIMELAPSER_LOGS_API_KEY.`
        : `${this.url} does not accept this API key; it may be revoked or belong to another server.`
    }
    if (message !== undefined) return `${this.url} answered ${status}: ${message}`
    const isPlainToTls = status === 400 && this.url.startsWith('http:')
    const advice = isPlainToTls ? MAYBE_TLS : ''
    return `${this.url} answered ${status}, but not like a Timelapser Logs server. Check the address.${advice}`
  }
}

/** `Retry-After`: seconds or a date. */
function pauseIn(header: string | undefined): { retryAfterMs?: number } {
  if (header === undefined) return {}
  const seconds = Number(header)
  const pauseMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return pauseMs > 0 ? { retryAfterMs: Math.min(pauseMs, MAX_RETRY_AFTER_MS) } : {}
}

function parseReply(text: string): Partial<Reply<unknown>> | undefined {
  try {
    const reply: unknown = JSON.parse(text)
    return typeof reply === 'object' && reply !== null ? reply : undefined
  } catch {
    return undefined
  }
}

const BROKE = 'the connection was lost'
const MAYBE_TLS = ' If the server uses TLS, its address begins with https://.'

/** Codes of a TLS handshake with a server that speaks plain HTTP. */
const NOT_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO'])

/** Codes of a certificate that no authority known here has signed. */
const NOT_TRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

/** The cause of a TLS failure and its remedy; undefined for other failures. */
function tlsRemedy(error: unknown, url: string): string | undefined {
  const { code = '' } = ((error as Error)?.cause ?? error) as { code?: string }
  if (url.startsWith('https:') && NOT_TLS.has(code)) {
    return `${url} does not use TLS. Use ${url.replace('https:', 'http:')}.`
  }
  if (NOT_TRUSTED.has(code)) {
    return `The certificate of ${url} is not trusted by this machine (${code}). Set NODE_EXTRA_CA_CERTS to the file of its authority, or of the certificate itself.`
  }
  if (code === 'CERT_HAS_EXPIRED') return `The certificate of ${url} has expired. Renew it on the server.`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of ${url} is for another host name. Use the name that it was issued for.`
  }
  return undefined
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it took too long'
  // fetch says "fetch failed"; why is in the cause, and with several addresses in the cause's errors.
  const cause = (error.cause ?? error) as { code?: string; message?: string }
  if (cause.code === 'ECONNREFUSED') return 'the connection was refused'
  if (cause.code === 'ENOTFOUND') return 'the host was not found'
  if (cause.code === 'UND_ERR_SOCKET' || cause.code === 'ECONNRESET') return BROKE
  return cause.code ?? cause.message ?? error.message
}
