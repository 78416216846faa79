import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ACCESS_LEVELS, type AccessLevel, mayUse, type Principal } from '../service/access/access.ts'
import type { Accounts } from '../service/access/accounts.ts'
import type { ApiKeys } from '../service/access/api-keys.ts'
import type { EmbedLinks } from '../service/access/embed-links.ts'
import { AppError } from '../service/app-error.ts'
import type { Notices } from '../store/database/notices.ts'
import { keyOfAddress, keysOf, sentenceWithoutKey } from './credentials.ts'
import { OpenStreams } from './open-streams.ts'
import { changesState, isFromOurPage } from './same-origin.ts'
import { readSessionCookie, setCookies } from './session-cookie.ts'
import { isWebSocket } from './web-socket.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The access that the route requires of its caller. */
    access?: AccessLevel
    /** Whether the route's callers, programs of other systems, may send their key in the forms those know. */
    takesForeignKeys?: boolean
    /** Whether the embedded page of a camera, which anyone with its link may open, reads the route. */
    isEmbedded?: boolean
    /** Whether the reply goes on for as long as its reader stays: its time says nothing, and each of its lines is seen. */
    isStream?: boolean
    /** Whether it answers what browsers ask before a page of another site may send. */
    isPreflight?: boolean
    /** Whether it is asked again and again while somebody types, and changes nothing: no line is written of it. */
    isTrial?: boolean
  }
  interface FastifyRequest {
    /** The caller; on every route but the public routes. */
    principal: Principal
  }
}

export type AccessGuardOptions = {
  accounts: Accounts
  apiKeys: ApiKeys
  embedLinks: EmbedLinks
  notices: Notices
  publicUrl: string | undefined
}

/** Lets nobody through who is not entitled to the route, and no route that does not say who is. */
export function registerAccessGuard(app: FastifyInstance, options: AccessGuardOptions): void {
  const streams = new OpenStreams()
  followChanges(app, options, streams)

  app.decorateRequest('principal', null as unknown as Principal)
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access !== undefined && ACCESS_LEVELS.includes(config.access)) return
    throw new Error(`${method} ${url} does not declare config.access: one of ${ACCESS_LEVELS.join(', ')}.`)
  })
  app.addHook('onRequest', async (request, response) => {
    if (request.is404) return
    // Pages of other sites may open WebSockets and read them, with the cookies of ours.
    const mustBeOurs = changesState(request) || isWebSocket(request.raw)
    const isOurs = mustBeOurs ? isFromOurPage(request, options.publicUrl) : true
    if (request.routeOptions.config.access === 'public') {
      // Another site must not sign people in, or out.
      if (isOurs === false) throw FOREIGN_PAGE()
      return
    }
    // A reply for one caller must not be kept in a shared cache.
    response.header('cache-control', 'no-store')
    const since = streams.changes
    const caller = await identify(request, response, isOurs, options)
    if (!caller) {
      // A page asks who is there before it shows the sign-in form: others of its address must not take that from it.
      const isPageAsking = keysOf(request).length === 0 && request.routeOptions.url === '/api/session'
      if (!isPageAsking) await app.countUnauthenticated(request, response)
      response.header('www-authenticate', 'Bearer')
      throw unauthenticated(request)
    }
    checkEntitled(request, caller.principal)
    request.principal = caller.principal
    if (!changesState(request)) {
      streams.watch(response.raw, caller, since)
    }
  })
}

/** Keys and sessions that change, here or on another server, are looked up again, and so are the readers of streams. */
function followChanges(
  app: FastifyInstance,
  { accounts, apiKeys, notices }: AccessGuardOptions,
  streams: OpenStreams,
): void {
  const onKeys = () => {
    apiKeys.reload()
    void streams.recheck()
  }
  const onSessions = () => {
    accounts.reload()
    void streams.recheck()
  }
  notices.on('api_keys', onKeys)
  notices.on('sessions', onSessions)
  app.addHook('onClose', async () => {
    streams.close()
    notices.off('api_keys', onKeys)
    notices.off('sessions', onSessions)
  })
}

/** A caller, with the credential that stands for it and how that is looked up again. */
type Identified = {
  principal: Principal
  credential: string
  identify: () => Promise<Principal | undefined>
}

/** The caller of a request: by its keys, by the key in its address, or by its session where it names no key. */
async function identify(
  request: FastifyRequest,
  response: FastifyReply,
  isOurs: boolean | undefined,
  options: AccessGuardOptions,
): Promise<Identified | undefined> {
  const keys = keysOf(request)
  const inAddress = keyOfAddress(request)
  const byKeys = await byKey(keys, options)
  if (byKeys) return byKeys
  if (inAddress !== undefined) {
    const caller = await byKey([inAddress], options)
    return caller?.principal.origins ? caller : undefined
  }
  return keys.length > 0 ? undefined : bySession(request, response, isOurs, options)
}

async function byKey(
  secrets: readonly string[],
  { apiKeys, embedLinks }: AccessGuardOptions,
): Promise<Identified | undefined> {
  for (const secret of secrets) {
    const identify = async () => embedLinks.identify(secret) ?? (await apiKeys.identify(secret))
    const principal = await identify()
    if (principal) return { principal, credential: principal.id, identify }
  }
  return undefined
}

async function bySession(
  request: FastifyRequest,
  response: FastifyReply,
  isOurs: boolean | undefined,
  { accounts }: AccessGuardOptions,
): Promise<Identified | undefined> {
  const cookie = readSessionCookie(request, accounts.cookieNames)
  if (cookie === undefined) return undefined
  const session = await accounts.identify(cookie)
  if (!session) return undefined
  if (!isOurs) throw FOREIGN_PAGE()
  setCookies(request, response, session.renewal)
  return { principal: session.principal, credential: cookie, identify: () => accounts.check(cookie) }
}

function unauthenticated(request: FastifyRequest): AppError {
  if (keysOf(request).length > 0)
    return new AppError('UNAUTHENTICATED', 'The API key is unknown, expired or revoked.')
  const ofPages =
    'The key in the address is unknown, expired, revoked, or not a key for pages, which is created with origins.'
  return new AppError('UNAUTHENTICATED', keyOfAddress(request) ? ofPages : sentenceWithoutKey(request))
}

/** @throws {AppError} when the caller may not use the route, or not from that page */
function checkEntitled({ headers, routeOptions }: FastifyRequest, principal: Principal): void {
  const { access, isEmbedded } = routeOptions.config
  const mayRead = principal.kind !== 'link' || isEmbedded
  if (access === undefined || !mayRead || !mayUse(principal.role, access)) throw forbidden(principal)
  if (principal.origins) checkOrigin(headers.origin, principal.origins)
}

const FOREIGN_PAGE = () =>
  new AppError(
    'FORBIDDEN',
    'The request came from a page of another site. If this server is behind a proxy, set PUBLIC_URL to its public address.',
  )

/** The secret of a key of pages is no secret: it is good for what browsers say comes from those pages. */
function checkOrigin(origin: string | undefined, allowed: readonly string[]): void {
  if (origin !== undefined && allowed.includes(origin)) return
  const from = origin === undefined ? 'no page' : `a page of ${origin.slice(0, 300)}`
  throw new AppError(
    'FORBIDDEN',
    `This key only accepts requests from pages of its origins; the request came from ${from}.`,
  )
}

function forbidden({ kind, role }: Principal): AppError {
  if (kind === 'link') return new AppError('FORBIDDEN', 'A link to an embedded page may not do this.')
  const who = kind === 'key' ? `An API key with the scope ${role === 'viewer' ? 'read' : role}` : `A ${role}`
  return new AppError('FORBIDDEN', `${who} may not do this.`)
}
