import type { FastifyInstance } from 'fastify'
import { type Caller, onBehalfOf } from '../caller.ts'
import { FairPlaces } from '../fair-places.ts'
import type { Principal } from '../service/access/access.ts'
import { closingOf } from './closing.ts'

/**
 * Reading requests that are worked on at once. Searches have places of their own and fewer of them, so that the newest page
 * is answered while the same caller's searches run.
 */
const READING_AT_ONCE = 150

/**
 * The caller by whose share a request counts. All links are one: they are on public pages, and readers of three cameras
 * would have everything that users and keys have a third of each.
 */
export function callerOf({ kind, lineage, role }: Principal): Caller {
  return kind === 'link' ? ALL_LINKS : { id: lineage, isAdmin: role === 'admin' }
}

const ALL_LINKS: Caller = { id: 'links', isAdmin: false }

/**
 * Attributes the work of a request to its caller; reading requests wait until their caller's share has room for them.
 * Streams and exports have places of their own.
 */
export function registerCallers(app: FastifyInstance): FairPlaces {
  const places = new FairPlaces(READING_AT_ONCE)
  app.addHook('preHandler', async (request, response) => {
    const { rateClass, isStream } = request.routeOptions.config
    if (!request.principal || rateClass !== 'query' || isStream) return
    const giveBack = await places.take(callerOf(request.principal), closingOf(response))
    if (response.raw.closed) giveBack()
    else response.raw.once('close', giveBack)
  })
  // The last hook: earlier ones, and reading the body, would lose the context on their way.
  app.addHook('preHandler', ({ principal }, _response, done) => {
    if (principal) onBehalfOf(callerOf(principal), done)
    else done()
  })
  return places
}
