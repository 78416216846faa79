let token: string | null = null

/** Sends every request of this window with the token in place of cookies, which frames of other sites do not have. */
export function authorizeBy(given: string): void {
  token = given
}

/** The header of a request; none where cookies say who it is. */
export function authorization(): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

/** Whether this window is an embedded page: it has no session, and leads to no sign-in. */
export function isEmbedded(): boolean {
  return token !== null
}
