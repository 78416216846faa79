/** The classes by which requests are counted; `unauthenticated` are requests that were refused with 401. */
const RATE_CLASSES = ['sign_in', 'query', 'export', 'ingest', 'administration', 'unauthenticated'] as const
export type RateClass = (typeof RATE_CLASSES)[number]

/** Requests a minute each caller may make, or each address of those nobody knows; Infinity for any number. */
export type RateLimits = Readonly<Record<RateClass, number>>

/**
 * Far above what a person or a healthy program does. Ingest is 500 requests a second: at 1,000 rows a request eight
 * times what the database takes. Failed sign-ins have a limit of their own, see `SignInThrottle`.
 */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  sign_in: 120,
  query: 1200,
  export: 30,
  ingest: 30_000,
  administration: 240,
  unauthenticated: 60,
}

/** Reads `query=600,ingest=off`; classes that are not named keep their default. Undefined when the text is none. */
export function parseRateLimits(text: string): RateLimits | undefined {
  if (text === 'off') return sameForAll(Number.POSITIVE_INFINITY)
  const limits: Record<RateClass, number> = { ...DEFAULT_RATE_LIMITS }
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*(\w+)\s*=\s*(off|[1-9]\d{0,6})\s*$/.exec(part) ?? []
    const rateClass = RATE_CLASSES.find((known) => known === name)
    if (!rateClass) return undefined
    limits[rateClass] = value === 'off' ? Number.POSITIVE_INFINITY : Number(value)
  }
  return limits
}

function sameForAll(limit: number): RateLimits {
  return {
    sign_in: limit,
    query: limit,
    export: limit,
    ingest: limit,
    administration: limit,
    unauthenticated: limit,
  }
}
