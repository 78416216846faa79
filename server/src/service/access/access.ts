import type { Visibility } from '../../store/filter/log-filter.ts'

/** The access that a route requires; every route declares a level. `any` is every signed-in caller. */
export const ACCESS_LEVELS = ['public', 'any', 'ingest', 'read', 'admin'] as const
export type AccessLevel = (typeof ACCESS_LEVELS)[number]

export type Role = 'admin' | 'viewer' | 'ingest'

export type { Visibility }

export const SEES_EVERYTHING: Visibility = { cameras: null }

/** The caller. */
export type Principal = {
  /** `link`: a signed link to the embedded page of a camera. */
  kind: 'user' | 'key' | 'link'
  id: string
  name: string
  role: Role
  visibility: Visibility
  /** Requests a minute at most, beside the limits for everybody. */
  rate_limit?: number
  /** The sites from whose pages alone it is taken; set for keys that stand in pages. */
  origins?: readonly string[]
  /** Whether they signed in by a provider; absent for keys. */
  isExternal?: boolean
  /** The same for a key and its successors; the caller's own marks belong to it. */
  lineage: string
}

/** Somebody who has just come in, and the cookies that say so. */
export type SignedIn = { principal: Principal; cookies: string[] }

/** Whether a role may use a route of this access level. `ingest` and `read` exclude each other: a key that writes reads nothing. */
export function mayUse(role: Role, access: AccessLevel): boolean {
  if (access === 'public' || access === 'any' || role === 'admin') return true
  if (access === 'read') return role === 'viewer'
  if (access === 'ingest') return role === 'ingest'
  return false
}
