import { type ExternalConfig, MAX_GROUPS } from './external-groups.ts'

/** The OpenID provider by which people sign in. */
export type OidcConfig = ExternalConfig & {
  /** As its discovery document names it. */
  issuer: string
  clientId: string
  /** Undefined for a public client, which has PKCE alone. */
  clientSecret: string | undefined
  /** With spaces between. */
  scopes: string
  /** The claims that hold the groups and the name; of a path of objects with dots between. */
  groupsClaim: string
  nameClaim: string
  /** Where the provider sends people back to. */
  redirectUrl: string
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
