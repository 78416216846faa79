import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Batch, type Delivery, DeliveryFailure } from './batching-options.ts'

const compress = promisify(gzip)

/** Longest pause a server may ask for. */
const MAX_RETRY_AFTER_MS = 5 * 60_000
/** Statuses that a later attempt of the same batch may not get: overload, restart, a key not yet known. */
const PASSING = new Set([401, 403, 404, 408, 425, 429])

export type HttpDeliveryOptions = {
  /** Where `/api/logs` is. */
  url: string
  apiKey: string | undefined
  gzip: boolean
  requestTimeoutMs: number
}

/** Makes the function that POSTs a batch of JSON lines and reads the reply. */
export function httpDelivery(options: HttpDeliveryOptions) {
  const endpoint = endpointOf(options.url)

  return async function deliver(batch: Batch<string>, signal: AbortSignal): Promise<Delivery> {
    const text = `${batch.items.join('\n')}\n`
    const body = options.gzip ? new Uint8Array(await compress(text)) : text
    const reply = await post(endpoint, body, batch, options, signal)
    if (reply.status >= 200 && reply.status < 300) return readResult(reply.text)
    // None of it was stored: a result like any other, with the reason of each record.
    const refused = reply.status === 400 ? readResult(reply.text) : undefined
    if (refused?.rejected) return refused
    throw failureOf(reply, endpoint)
  }
}

type Reply = { status: number; retryAfter: string | null; text: string }

async function post(
  endpoint: string,
  body: string | Uint8Array<ArrayBuffer>,
  { sender, number }: Batch<string>,
  options: HttpDeliveryOptions,
  signal: AbortSignal,
): Promise<Reply> {
  const { apiKey, gzip: isCompressed, requestTimeoutMs } = options
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/x-ndjson',
        'x-sender': sender,
        'x-batch': String(number),
        ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      },
      // A redirect would take the key elsewhere.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
    })
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      text: await response.text(),
    }
  } catch (error) {
    throw new DeliveryFailure('retry', `${endpoint} cannot be reached: ${describe(error)}`)
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause as { code?: unknown; message?: unknown } | undefined
  return String(cause?.code ?? cause?.message ?? error.message)
}

function failureOf(reply: Reply, endpoint: string): DeliveryFailure {
  const sentence = `${endpoint} answered ${reply.status}${messageOf(reply.text)}`
  if (reply.status === 413) return new DeliveryFailure('too_large', sentence)
  if (reply.status >= 500 || reply.status < 400 || PASSING.has(reply.status)) {
    return new DeliveryFailure('retry', sentence, retryAfterMs(reply.retryAfter))
  }
  return new DeliveryFailure('refused', sentence)
}

/** `Retry-After`: seconds or a date. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = Number(header)
  const delayMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return delayMs > 0 ? Math.min(delayMs, MAX_RETRY_AFTER_MS) : undefined
}

function messageOf(text: string): string {
  const message = parse(text).message
  return typeof message === 'string' ? ` (${message.slice(0, 200)})` : ''
}

function readResult(text: string): Delivery {
  const { data } = parse(text) as { data?: { [key: string]: unknown } }
  const first = Array.isArray(data?.rejected)
    ? (data.rejected[0] as { reason?: unknown } | undefined)
    : undefined
  return {
    rejected: toCount(data?.rejected_count),
    filtered: toCount(data?.filtered),
    reason: typeof first?.reason === 'string' ? first.reason.slice(0, 200) : '',
  }
}

function toCount(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.floor(value) : 0
}

function parse(text: string): { [key: string]: unknown } {
  try {
    return (JSON.parse(text) as { [key: string]: unknown } | null) ?? {}
  } catch {
    return {}
  }
}

/** @throws {TypeError} when `url` is none: better at the start than as lines that never arrive */
function endpointOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:/i.test(url)) {
    throw new TypeError(`httpHandler: "${url}" is no address; use one like http://localhost:4700`)
  }
  return `${url.replace(/\/+$/, '')}/api/logs`
}
