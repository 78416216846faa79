import { hostname, networkInterfaces } from 'node:os'
import type { FastifyRequest } from 'fastify'
import { isFromOurPage } from './same-origin.ts'

/**
 * The origin of links where nobody configured a public address: the address that was asked, if it is known to be ours.
 * A program may send any `Host`, and a link with another one would lead people, and their new password, elsewhere.
 */
export function linkOrigin(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl
  const { protocol, host, raw } = request
  if (isOwnPage(request) || isOwnName(request.hostname)) return `${protocol}://${host}`
  const { localAddress = '127.0.0.1', localPort = 80 } = raw.socket
  const address = localAddress.replace(/^::ffff:/, '')
  return `${protocol}://${address.includes(':') ? `[${address}]` : address}:${localPort}`
}

/** The browser says that the page comes from the host that was asked. */
function isOwnPage(request: FastifyRequest): boolean {
  const isPage = request.headers.origin !== undefined || request.headers['sec-fetch-site'] === 'same-origin'
  return isPage && isFromOurPage(request, undefined) === true
}

function isOwnName(name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '').toLowerCase()
  const own = hostname().toLowerCase()
  const addresses = Object.values(networkInterfaces()).flatMap(
    (all) => all?.map(({ address }) => address) ?? [],
  )
  return ['localhost', '127.0.0.1', '::1', own, own.split('.')[0], ...addresses].includes(bare)
}
