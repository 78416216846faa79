import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isLevel } from './level.ts'
import { LEVEL_SCOPES, type LevelOverride, type LevelRules } from './level-rules.ts'
import { RetryPause } from './retry-pause.ts'

/** Seconds the server may hold a question until something changes; under the idle limits of usual proxies. */
const WAIT_S = 25
/** A server that does not hold the question is asked no more often than this: every logger obeys within two seconds. */
const LEAST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 5_000
/** After a refusal, which asking again soon does not change: a key not known, a server without levels. */
const REFUSED_PAUSE_MS = 30_000
const MAX_BYTES = 1024 * 1024

export type LevelWatchOptions = {
  url: string
  apiKey: string | undefined
  onRules: (rules: LevelRules) => void
}

/** Follows the levels people set on the server, by one question the server answers when they change. */
export class LevelWatch {
  readonly #options: LevelWatchOptions
  readonly #abort = new AbortController()
  #timer: NodeJS.Timeout | undefined
  readonly #pause = new RetryPause(500, MAX_PAUSE_MS)
  #etag: string | undefined
  #started = false

  constructor(options: LevelWatchOptions) {
    this.#options = options
  }

  /** Begins, once. Nothing of it keeps the process alive. */
  start(): void {
    if (this.#started) return
    this.#started = true
    void this.#ask()
  }

  close(): void {
    this.#started = true
    this.#abort.abort()
    this.#pause.wake()
    clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    const beganMs = performance.now()
    let pauseMs = 0
    try {
      const status = await this.#fetch()
      this.#pause.reset()
      if (status >= 400 && status < 500) pauseMs = REFUSED_PAUSE_MS
      else if (status >= 500) pauseMs = MAX_PAUSE_MS
    } catch {
      // The server is away; the rules last heard stay, and overrides in them expire by themselves.
      if (!this.#abort.signal.aborted) await this.#pause.wait()
    }
    if (this.#abort.signal.aborted) return
    const restMs = Math.max(pauseMs, LEAST_PAUSE_MS - (performance.now() - beganMs))
    this.#timer = setTimeout(() => void this.#ask(), restMs).unref()
  }

  /** The status of the answer; rules are handed on as they come. */
  #fetch(): Promise<number> {
    const { url, apiKey, onRules } = this.#options
    const address = new URL(`${url.replace(/\/+$/, '')}/api/levels?wait=${this.#etag ? WAIT_S : 0}`)
    const headers = {
      ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      ...(this.#etag ? { 'if-none-match': this.#etag } : {}),
    }
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout((WAIT_S + 10) * 1000)])
    return new Promise((resolve, reject) => {
      // Not fetch: its sockets would keep an application alive that has nothing left to do.
      const send = address.protocol === 'https:' ? requestHttps : requestHttp
      const question = send(address, { headers, signal, agent: false })
      question.on('socket', (socket) => socket.unref())
      question.on('error', reject)
      question.on('response', (answer) => {
        const status = answer.statusCode ?? 0
        readText(answer).then((text) => {
          const rules = status === 200 ? readRules(text, Date.now()) : undefined
          if (rules) {
            this.#etag = answer.headers.etag
            onRules(rules)
          }
          resolve(status)
        }, reject)
      })
      question.end()
    })
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = ''
  answer.setEncoding('utf8')
  for await (const piece of answer as AsyncIterable<string>) {
    text += piece
    if (text.length > MAX_BYTES) throw new Error('the levels are too long')
  }
  return text
}

type Answer = { data?: { now?: unknown; log_level?: unknown; overrides?: unknown } }

/** The rules of a reply, expiries moved to this machine's clock; undefined when it holds none. */
export function readRules(text: string, nowMs: number): LevelRules | undefined {
  try {
    const { now, log_level, overrides } = (JSON.parse(text) as Answer).data ?? {}
    if (!isLevel(log_level) || !Array.isArray(overrides)) return undefined
    const behindMs = typeof now === 'string' ? nowMs - Date.parse(now) : 0
    return { log_level, overrides: overrides.filter(isOverride).map((one) => moved(one, behindMs || 0)) }
  } catch {
    return undefined
  }
}

function isOverride(value: unknown): value is LevelOverride {
  const one = value as Partial<LevelOverride> | null
  return (
    typeof one?.target === 'string' &&
    LEVEL_SCOPES.some((scope) => scope === one.scope) &&
    isLevel(one.level) &&
    typeof one.max_lines_per_minute === 'number' &&
    (one.expires_at === null || !Number.isNaN(Date.parse(one.expires_at ?? '')))
  )
}

function moved(one: LevelOverride, behindMs: number): LevelOverride {
  const expires_at =
    one.expires_at === null ? null : new Date(Date.parse(one.expires_at) + behindMs).toISOString()
  return { ...one, expires_at }
}
