import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * The value of the session's cookie as the browser sent it, still signed and encoded.
 *
 * @param names of now and of before, the first that is there counts
 */
export function readSessionCookie({ headers }: FastifyRequest, names: readonly string[]): string | undefined {
  const cookies = (headers.cookie?.split(';') ?? []).map((pair) => {
    const separator = pair.indexOf('=')
    return [pair.slice(0, separator).trim(), pair.slice(separator + 1).trim()] as const
  })
  for (const name of names) {
    const value = cookies.find(([of]) => of === name)?.[1]
    if (value) return value
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
