import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/**
 * Addresses of this machine and of its link, where services listen that trust every client that reaches them (for
 * example the metadata service of a cloud machine). Private networks are not among them: a push server of one's own
 * lives there.
 */
const LOCAL = new BlockList()
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  LOCAL.addSubnet(address, bits, 'ipv4')
}
for (const [address, bits] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
  // Addresses of IPv4 as IPv6 translators write them.
  ['64:ff9b::', 104],
  ['64:ff9b::7f00:0', 104],
  ['64:ff9b::a9fe:0', 112],
] as const) {
  LOCAL.addSubnet(address, bits, 'ipv6')
}

class RefusedAddress extends Error {
  override name = 'RefusedAddress'
}

/** @throws {RefusedAddress} for an address that notices do not go to */
export function checkAddress(address: string, host: string): void {
  const family = isIP(address)
  if (family === 0 || !LOCAL.check(address, family === 6 ? 'ipv6' : 'ipv4')) return
  throw new RefusedAddress(
    `${host} is ${address === host ? 'an address' : `at ${address},`} of this machine or its link. Set ALERTS_ALLOW_LOCAL=true to let notices go there.`,
  )
}

/**
 * The addresses of a host, each checked; the connection goes to one of these, even if the name changes a moment later.
 */
export function resolveChecked(host: string, allowLocal: boolean): Promise<LookupAddress[]> {
  const bare = host.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    lookup(bare, { all: true }, (error, addresses) => {
      if (error) return reject(error)
      try {
        if (!allowLocal) for (const { address } of addresses) checkAddress(address, bare)
        resolve(addresses)
      } catch (refused) {
        reject(refused)
      }
    })
  })
}

/** For sockets: resolves a name and hands over checked addresses alone. */
export function checkedLookup(allowLocal: boolean): LookupFunction {
  return (host, options, callback) => {
    resolveChecked(host, allowLocal).then(
      (addresses) => {
        const wanted = options.family === 4 || options.family === 6 ? options.family : 0
        const usable = addresses.filter(({ family }) => wanted === 0 || family === wanted)
        const [first] = usable
        if (!first) callback(new Error(`${host} has no address`), '', 4)
        else if (options.all) callback(null, usable)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    )
  }
}
