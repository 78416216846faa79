import type { FastifyRequest } from 'fastify'

/**
 * The texts of a request that may be its API key, likeliest first; the first that is a valid key counts. A header can
 * be read in several ways: a seventh of all keys decodes, as base64, to a text with a colon, as `id:key` does.
 *
 * Our own routes read `Authorization: Bearer …` and `X-API-Key`: other schemes may be a proxy's. Routes with
 * `takesForeignKeys` also read what programs of other systems send.
 */
export function keysOf({ headers, query, routeOptions }: FastifyRequest): string[] {
  const keys = [keyOfScheme(headers.authorization, 'bearer'), textOf(headers['x-api-key'])]
  const { access, takesForeignKeys } = routeOptions.config
  if (takesForeignKeys) keys.push(...foreignKeysOf(headers))
  // A key that reads is worth more than one that writes: it stays out of addresses.
  if (takesForeignKeys && access === 'ingest') keys.push(...addressKeysOf(query))
  return keys.filter((key) => key !== undefined && key !== '') as string[]
}

/**
 * The key in the address of a request that brings lines: a page that is being left can send no headers
 * (`navigator.sendBeacon`). Addresses end in logs, so that keys of pages alone are taken there.
 */
export function keyOfAddress({ query, routeOptions }: FastifyRequest): string | undefined {
  if (routeOptions.config.access !== 'ingest') return undefined
  const { key } = (query ?? {}) as { key?: unknown }
  return typeof key === 'string' && key !== '' ? key : undefined
}

/** The error for a caller whose request names no key that its route reads. */
export function sentenceWithoutKey({ headers, routeOptions }: FastifyRequest): string {
  const { authorization = '' } = headers
  if (/^\s*tl_[\w-]+\s*$/.test(authorization)) {
    return 'Authorization holds an API key without its scheme. Send it as "Authorization: Bearer <key>".'
  }
  if (/^Bearer\b/i.test(authorization)) {
    return 'Authorization must be "Bearer", a space and the API key, and nothing else.'
  }
  const isForeign =
    /^(ApiKey|Basic|Splunk|Token)\b/i.test(authorization) || headers['x-seq-apikey'] !== undefined
  if (isForeign && !routeOptions.config.takesForeignKeys) {
    return 'This route accepts an API key only as "Authorization: Bearer <key>" or "X-API-Key: <key>".'
  }
  return 'Sign in, or send an API key as "Authorization: Bearer <key>".'
}

/**
 * Keys as other systems send theirs: Seq's and Datadog's headers, Splunk's scheme, Elasticsearch's `ApiKey` (the key
 * alone, or `id:key`, in base64 or not), or the password of `Basic`, with any user name.
 */
function foreignKeysOf(headers: FastifyRequest['headers']): (string | undefined)[] {
  const apiKey = keyOfScheme(headers.authorization, 'apikey')
  const basic = keyOfScheme(headers.authorization, 'basic')
  return [
    textOf(headers['x-seq-apikey']),
    textOf(headers['dd-api-key']),
    keyOfScheme(headers.authorization, 'splunk'),
    ...(apiKey === undefined ? [] : [apiKey, afterColon(apiKey), afterColon(decoded(apiKey))]),
    ...(basic === undefined ? [] : [afterColon(decoded(basic))]),
  ]
}

/** Keys in the address, as senders of Seq, Datadog and Splunk may be set to send theirs. Nothing here writes addresses down. */
function addressKeysOf(query: unknown): string[] {
  const parameters = (query ?? {}) as Record<string, unknown>
  return ['apiKey', 'dd-api-key', 'token'].flatMap((name) => {
    const value = parameters[name]
    return typeof value === 'string' ? [value] : []
  })
}

function keyOfScheme(authorization: string | undefined, wanted: string): string | undefined {
  const [, scheme, value] = /^\s*([a-z]+)\s+(\S+)\s*$/i.exec(authorization ?? '') ?? []
  return scheme?.toLowerCase() === wanted ? value : undefined
}

function textOf(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]?.trim()
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

/** The secret of `id:key` and `user:password`: a user has no colon, a password may. */
function afterColon(pair: string): string | undefined {
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : pair.slice(colon + 1)
}
