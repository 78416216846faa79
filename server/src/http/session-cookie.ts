import type { FastifyReply, FastifyRequest } from 'fastify'

/** The value of the session's cookie as the browser sent it, still signed and encoded. */
export function readSessionCookie({ headers }: FastifyRequest, name: string): string | undefined {
  for (const pair of headers.cookie?.split(';') ?? []) {
    const separator = pair.indexOf('=')
    if (pair.slice(0, separator).trim() === name) return pair.slice(separator + 1).trim() || undefined
  }
  return undefined
}

/** Sends cookies; over TLS they are for TLS alone, also where nobody configured a public address. */
export function setCookies(
  request: FastifyRequest,
  response: FastifyReply,
  cookies: readonly string[],
): void {
  for (const cookie of cookies) {
    const isSecure = /;\s*secure\b/i.test(cookie)
    response.header('set-cookie', request.protocol === 'https' && !isSecure ? `${cookie}; Secure` : cookie)
  }
}
