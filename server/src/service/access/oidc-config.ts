import type { UserRole } from '../../store/accounts/accounts.ts'

/** The OpenID provider by which people sign in, and what its groups may do. */
export type OidcConfig = {
  /** As its discovery document names it. */
  issuer: string
  clientId: string
  /** Undefined for a public client, which has PKCE alone. */
  clientSecret: string | undefined
  /** On the button. */
  name: string
  /** With spaces between. */
  scopes: string
  /** The claims that hold the groups and the name; of a path of objects with dots between. */
  groupsClaim: string
  nameClaim: string
  adminGroups: readonly string[]
  viewerGroups: readonly string[]
  /** The cameras whose logs the members of a group see. */
  cameraGroups: ReadonlyMap<string, readonly number[]>
  /** Hours until a session ends, and groups are asked for again. */
  sessionHours: number
  /** Where the provider sends people back to. */
  redirectUrl: string
}

/** A role, and the cameras whose logs a viewer may see. */
export type Grant = { role: UserRole; cameras: number[] | null }

/** No person is in more groups; the rest is not looked at. */
const MAX_GROUPS = 2000

/** The rights that a person's groups give, the largest of each; undefined when none of the groups is named. */
export function grantOf(config: OidcConfig, groups: readonly string[]): Grant | undefined {
  const isIn = (names: readonly string[]) => names.some((name) => groups.includes(name))
  if (isIn(config.adminGroups)) return { role: 'admin', cameras: null }
  if (isIn(config.viewerGroups)) return { role: 'viewer', cameras: null }
  const cameras = groups.flatMap((group) => config.cameraGroups.get(group) ?? [])
  if (cameras.length === 0) return undefined
  return { role: 'viewer', cameras: [...new Set(cameras)].toSorted((a, b) => a - b) }
}

/** The groups that a claim names: texts, or one. */
export function groupsOf(claims: object, claim: string): string[] | undefined {
  const value = claimOf(claims, claim)
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value)) return undefined
  return value.slice(0, MAX_GROUPS).filter((group) => typeof group === 'string')
}

/** A claim by its name, which may hold dots, else by its path through objects. */
export function claimOf(claims: object, name: string): unknown {
  if (Object.hasOwn(claims, name)) return (claims as Record<string, unknown>)[name]
  let value: unknown = claims
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}
