import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Takes invalid addresses out of `X-Forwarded-For`, with everything before them: the caller's address is written into
 * the audit trail, and limits count by it. To be called before anything asks for the address.
 */
export function checkForwardedAddresses(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    const forwarded = raw.headers['x-forwarded-for']
    if (forwarded === undefined) return
    const entries = String(forwarded).split(',').map(addressOf)
    const checked = entries.slice(entries.lastIndexOf(undefined) + 1)
    if (checked.length > 0) raw.headers['x-forwarded-for'] = checked.join(', ')
    else delete raw.headers['x-forwarded-for']
  })
}

/** Some proxies send the port as well. */
function addressOf(entry: string): string | undefined {
  const text = entry.trim()
  const [, bare = text] = /^\[(.+)\](?::\d{1,5})?$|^/.exec(text) ?? []
  const [, withoutPort = bare] = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(bare) ?? []
  return isIP(withoutPort) === 0 ? undefined : withoutPort
}
