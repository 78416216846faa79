import type { FastifyRequest } from 'fastify'

/** Methods that change nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function changesState({ method }: FastifyRequest): boolean {
  return !SAFE_METHODS.has(method)
}

/**
 * Whether a request was sent by our own page, by what browsers say and pages cannot forge; undefined when it comes with
 * neither `Origin` nor `Sec-Fetch-Site`, as programs send it. Browsers say `Sec-Fetch-Site` only over TLS and to
 * localhost; elsewhere the `Origin` has to name the host that was asked.
 */
export function isFromOurPage(request: FastifyRequest, publicUrl: string | undefined): boolean | undefined {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  if (origin === undefined && site === undefined) return undefined
  // Also behind a proxy that changes the host; `none` is a person typing an address.
  if (site === 'same-origin' || site === 'none') return true
  if (origin === undefined) return false
  return origin === (publicUrl && new URL(publicUrl).origin) || isOriginOf(origin, request)
}

function isOriginOf(origin: string, { host, protocol }: FastifyRequest): boolean {
  const url = URL.parse(origin)
  if (!url || url.host !== host.toLowerCase()) return false
  // An attacker who can change plain HTTP traffic must not reach TLS pages.
  return url.protocol === 'https:' || protocol === 'http'
}
