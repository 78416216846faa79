import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { checkAddress, checkedLookup } from './checked-addresses.ts'

export type Answer = { status: number; text: string; retryAfterMs: number | undefined }

export type RequestOptions = {
  headers: Record<string, string>
  /** Without one it is a GET. */
  body: string | undefined
  allowLocal: boolean
  timeoutMs?: number
}

const TIMEOUT_MS = 10_000
/** Bytes read of a reply, and characters kept of it. */
const MAX_REPLY_BYTES = 64 * 1024
const KEPT_CHARACTERS = 500
const MAX_REDIRECTS = 3

/** Asks for an address, within the same bounds. */
export function getChecked(address: string, options: Omit<RequestOptions, 'body'>): Promise<Answer> {
  return postChecked(address, { ...options, body: undefined })
}

/**
 * Posts to an address, with bounds of time and size. Names are resolved once and their addresses checked, also those of
 * redirects; a redirect that would turn the request into another one, or take it off TLS, is refused.
 */
export async function postChecked(address: string, options: RequestOptions): Promise<Answer> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  let url = new URL(address)
  let { headers } = options
  for (let redirects = 0; ; redirects++) {
    const { response, text } = await post(url, { ...options, headers }, signal)
    const status = response.statusCode ?? 0
    const { location } = response.headers
    if (status < 300 || status >= 400 || location === undefined) {
      return { status, text: text.slice(0, KEPT_CHARACTERS), retryAfterMs: retryAfter(response) }
    }
    const next = URL.parse(location, url.href)
    if (status !== 307 && status !== 308) {
      throw new Error(
        `It answered ${status} and leads to ${next?.host ?? 'elsewhere'}. Set that address instead.`,
      )
    }
    if (!next || redirects >= MAX_REDIRECTS) throw new Error('It leads on and on.')
    if (url.protocol === 'https:' && next.protocol !== 'https:') {
      throw new Error(`It leads from https to ${next.protocol.slice(0, -1)}.`)
    }
    // A token of one host is a secret before another one.
    if (next.origin !== url.origin) headers = withoutSecrets(headers)
    url = next
  }
}

function withoutSecrets(headers: Record<string, string>): Record<string, string> {
  const { authorization: _, ...rest } = headers
  return rest
}

function post(
  url: URL,
  { headers, body, allowLocal }: RequestOptions,
  signal: AbortSignal,
): Promise<{ response: IncomingMessage; text: string }> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`${url.protocol} is no web address`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // Sockets ask nobody about a host that is an address.
  if (isIP(host) !== 0 && !allowLocal) checkAddress(host, host)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: body === undefined ? 'GET' : 'POST',
        agent: false,
        lookup: checkedLookup(allowLocal),
        signal,
        headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
      },
      (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        const done = () => resolve({ response, text: Buffer.concat(chunks).toString('utf8') })
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (bytes <= MAX_REPLY_BYTES) return
          done()
          response.destroy()
        })
        response.on('end', done)
        response.on('error', reject)
      },
    )
    request.on('error', (error) => reject(signal.aborted ? new Error('It did not answer in time.') : error))
    request.end(body)
  })
}

function retryAfter({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3600) * 1000 : undefined
}
