import { isAPIError } from 'better-auth/api'
import type pg from 'pg'
import type { Client } from '../../caller.ts'
import * as store from '../../store/accounts/accounts.ts'
import { awaitPasswordHash, findPasswordHashByName } from '../../store/accounts/passwords.ts'
import { withdrawSession } from '../../store/accounts/sessions.ts'
import { admitUser } from '../../store/accounts/users.ts'
import { notify } from '../../store/database/notices.ts'
import { readOrCreateSecret } from '../../store/database/secrets.ts'
import { AppError } from '../app-error.ts'
import { type Principal, SEES_EVERYTHING, type SignedIn } from './access.ts'
import type { AuditTrail } from './audit-trail.ts'
import { ExternalSignIn } from './external-sign-in.ts'
import { type HeaderConfig, HeaderSignIn } from './header-sign-in.ts'
import type { OidcConfig } from './oidc-config.ts'
import { OwnAccount } from './own-account.ts'
import {
  ADDRESS_HEADER,
  openPasswordSignIn,
  type PasswordHashing,
  type PasswordSignIn,
} from './password-sign-in.ts'
import { randomSecret, sha256 } from './random-secret.ts'
import { type KnownSession, SessionCache } from './session-cache.ts'
import { SignInLinks } from './sign-in-links.ts'
import { SignInThrottle } from './sign-in-throttle.ts'
import { TwoFactor } from './two-factor.ts'
import { USERNAME_PATTERN, uniqueForm, validName } from './username.ts'
import { Users } from './users.ts'

export type AccountsOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  /** The same database with `pg`'s own parsers, for the library. */
  libraryPool: pg.Pool
  /** Whether people come by https, so that the cookie need not go another way. */
  secureCookie: boolean
  /** Receives failures inside the library. */
  onTrouble: (message: string) => void
  passwords?: PasswordHashing | undefined
  /** The provider by which people come in as well. */
  oidc?: OidcConfig | undefined
  /** The header of a proxy that has signed them in, in its place. */
  trustedHeader?: HeaderConfig | undefined
}

/** People: how they come in, stay and leave. */
export class Accounts {
  /**
   * Names the session cookie. Cookies know no ports: each installation has its own, or two on a host would sign each other
   * out. Where people come by https it begins with `__Host-`: no other host of the domain can set it, and no plain HTTP.
   */
  readonly cookieName: string
  /** The one above, and the one of before, which is read until its sessions are renewed. */
  readonly cookieNames: readonly string[]
  readonly #pool: pg.Pool
  readonly #auditTrail: AuditTrail
  readonly #signIn: PasswordSignIn
  readonly #throttle = new SignInThrottle()
  #nobodys: Promise<string> | undefined
  readonly #sessions = new SessionCache((cookie) => this.#read(cookie))
  readonly users: Users
  readonly links: SignInLinks
  /** The actions of people on their own sessions and password. */
  readonly own: OwnAccount
  /** The second factor beside the password. */
  readonly twoFactor: TwoFactor
  /** Coming in by a provider; undefined where none is configured. */
  readonly external: ExternalSignIn | undefined
  /** Coming in by a header of the proxy; undefined where none is configured. */
  readonly byHeader: HeaderSignIn | undefined
  readonly #externalSessionMs: number

  static async open(options: AccountsOptions): Promise<Accounts> {
    return new Accounts(options, await readOrCreateSecret(options.pool, 'session_cookies'))
  }

  constructor(options: AccountsOptions, secret: string) {
    this.#pool = options.pool
    this.#auditTrail = options.auditTrail
    this.links = new SignInLinks(options)
    this.users = new Users({ ...options, onChange: () => this.reload() })
    const plainName = `timelapser_session_${sha256(secret).toString('hex', 0, 4)}`
    this.cookieName = options.secureCookie ? `__Host-${plainName}` : plainName
    this.cookieNames = [...new Set([this.cookieName, plainName])]
    this.#signIn = openPasswordSignIn({
      pool: options.libraryPool,
      secret,
      cookieName: this.cookieName,
      secureCookie: options.secureCookie,
      onTrouble: options.onTrouble,
      passwords: options.passwords,
      isWelcome: async (id) => (await store.findActiveUser(options.pool, id)) !== undefined,
    })
    this.twoFactor = new TwoFactor({
      ...options,
      throttle: this.#throttle,
      signIn: this.#signIn,
      check: (cookie) => this.check(cookie),
      headersOf: (cookie) => this.#headers(cookie),
      onChange: () => this.reload(),
    })
    const { oidc, trustedHeader } = options
    const { sessionHours = DEFAULT_SESSION_HOURS } = oidc ?? trustedHeader ?? {}
    this.#externalSessionMs = sessionHours * HOUR_MS
    const admission = {
      ...options,
      startSession: (userId: string, client: Client) => this.#startVouchedSession(userId, client),
      onChange: () => this.reload(),
    }
    this.external = oidc && new ExternalSignIn({ ...admission, config: oidc, secret })
    this.byHeader = trustedHeader && new HeaderSignIn(trustedHeader, admission)
    this.own = new OwnAccount({
      ...options,
      throttle: this.#throttle,
      passwords: async () => (await this.#signIn.$context).password,
      check: (cookie) => this.check(cookie),
      onChange: () => this.reload(),
    })
  }

  /**
   * @throws {AppError} UNAUTHENTICATED, with one sentence for every reason; CODE_REQUIRED when the password is right and a
   * second factor has to come with it; RATE_LIMITED after too many failures
   */
  async signIn(
    input: { username: string; password: string; code?: string | undefined },
    client: Client,
  ): Promise<SignedIn> {
    const username = input.username.trim()
    const succeed = this.#throttle.begin(client.address, uniqueForm(username))
    const signedIn = await this.#startSession({ ...input, username }, client).catch(
      async (error: unknown) => {
        // Asking for the code is no failure, and says no more than the password's owner knows.
        if (error instanceof AppError && error.code === 'CODE_REQUIRED') succeed()
        else if (error instanceof AppError) await this.#auditFailure(username)
        throw error
      },
    )
    succeed()
    await this.#audit('sign-in', `user ${signedIn.principal.name}`)
    return signedIn
  }

  /** Ends a session, on every server; returns the cookies that make the browser forget it. */
  async signOut(cookie: string): Promise<string[]> {
    const session = await this.identify(cookie)
    const { headers } = await this.#signIn.api.signOut({
      headers: this.#headers(cookie),
      returnHeaders: true,
    })
    await notify(this.#pool, 'sessions', '')
    this.reload()
    // The library passes over a session that could not be deleted; saying that it ended would be a lie.
    if (await this.check(cookie)) throw new AppError('UNAVAILABLE', 'Signing out failed. Try again shortly.')
    if (session) await this.#audit('sign-out', `user ${session.principal.name}`)
    return [...headers.getSetCookie(), ...this.#formerCookies()]
  }

  /** The session that a cookie stands for, read at most every few seconds; undefined when it is not valid (any more). */
  identify(cookie: string): Promise<KnownSession | undefined> {
    return this.#sessions.get(cookie)
  }

  /** The owner of a session now, not as lately read, and without prolonging it: no response could take the cookie. */
  async check(cookie: string): Promise<Principal | undefined> {
    return (await this.#read(cookie, { disableRefresh: true }))?.principal
  }

  /** Forgets what is known of sessions; called on every notice that some ended. */
  reload(): void {
    this.#sessions.clear()
  }

  /**
   * Uses a one-time link up: its owner's name and password are these from now on, and a session begins.
   *
   * @throws {AppError} FORBIDDEN for a link that is unknown, used or too old; CONFLICT for a name that is taken;
   * INVALID_REQUEST for a name or password that will not do
   */
  async redeemLink(
    input: { secret: string; username: string; password: string },
    client: Client,
  ): Promise<SignedIn> {
    const name = validName(input.username)
    const username = uniqueForm(name)
    if (uniqueForm(input.password) === username) {
      throw new AppError('INVALID_REQUEST', 'password must not be the name.')
    }
    // By the link, not for all together: or a stranger's guesses would keep everybody from theirs.
    const link = `link ${sha256(input.secret).toString('hex')}`
    const succeed = this.#throttle.begin(client.address, link)
    const { password } = await this.#signIn.$context
    const passwordHash = await password.hash(input.password)
    try {
      await this.links.redeem({ secret: input.secret, name, passwordHash })
      succeed()
    } catch (error) {
      // A holder of a valid link who chose a taken name is not guessing.
      if (error instanceof AppError && error.code === 'CONFLICT') succeed()
      throw error
    }
    this.reload()
    return this.#startSession({ username: name, password: input.password }, client)
  }

  async #startSession(
    { code, ...body }: { username: string; password: string; code?: string | undefined },
    client: Client,
  ): Promise<SignedIn> {
    const headers = new Headers({ [ADDRESS_HEADER]: client.address, 'user-agent': client.userAgent })
    const hash = USERNAME_PATTERN.test(body.username)
      ? await findPasswordHashByName(this.#pool, uniqueForm(body.username))
      : undefined
    // The library answers at once for a user without a password. An unknown name, an invited user and a wrong password all
    // cost one comparison, so that the time does not distinguish them.
    if (hash === undefined) {
      await (await this.#signIn.$context).password.verify({
        hash: await this.#nobodysHash(),
        password: body.password,
      })
      throw wrong(undefined)
    }
    try {
      const { headers: answer, response } = await this.#signIn.api.signInUsername({
        body,
        headers,
        returnHeaders: true,
      })
      const { token, userId, cookies } = isChallenge(response)
        ? await this.#answerChallenge({ username: body.username, answer, headers }, code)
        : { token: response.token, userId: response.user.id, cookies: answer.getSetCookie() }
      // Checking takes a while. A change that ended all sessions meanwhile knew nothing of this one: look again, after it.
      const isStillRight = await this.#isStillRight(userId, hash, body.password)
      const user = isStillRight ? await admitUser(this.#pool, userId) : undefined
      if (!user) {
        await withdrawSession(this.#pool, token)
        throw wrong(undefined)
      }
      await store.deleteExpiredSessions(this.#pool)
      return { principal: toPrincipal(user), cookies: [...this.#ours(cookies), ...this.#formerCookies()] }
    } catch (error) {
      if (isAPIError(error) && error.statusCode < 500) throw wrong(error)
      throw error
    }
  }

  async #answerChallenge(
    { username, ...challenge }: { username: string; answer: Headers; headers: Headers },
    code: string | undefined,
  ) {
    const user = await store.findUserByName(this.#pool, uniqueForm(username))
    if (!user) throw wrong(undefined)
    return this.twoFactor.pass({ ...challenge, userId: user.id }, code)
  }

  /** Those of sessions: the library ends a challenge's as well, which no browser has got. */
  #ours(cookies: readonly string[]): string[] {
    return cookies.filter((cookie) => cookie.startsWith(`${this.cookieName}=`))
  }

  /** A session of somebody whom a provider vouches for; undefined when they may not come in. */
  async #startVouchedSession(userId: string, client: Client): Promise<SignedIn | undefined> {
    const headers = new Headers({ [ADDRESS_HEADER]: client.address, 'user-agent': client.userAgent })
    const { headers: answer, response } = await this.#signIn.api.startSession({
      body: { userId },
      headers,
      returnHeaders: true,
    })
    // Rights may have changed since they were found; a user who was disabled meanwhile gets no cookie.
    const user = await admitUser(this.#pool, userId)
    if (!user) {
      await withdrawSession(this.#pool, response.token)
      return undefined
    }
    await store.deleteExpiredSessions(this.#pool)
    return { principal: toPrincipal(user), cookies: [...answer.getSetCookie(), ...this.#formerCookies()] }
  }

  /** The hash of a password that nobody has. */
  #nobodysHash(): Promise<string> {
    this.#nobodys ??= this.#signIn.$context.then(({ password }) => password.hash(randomSecret()))
    return this.#nobodys
  }

  /** Whether the password is still the one, given the hash from before it was compared. */
  async #isStillRight(userId: string, before: string | undefined, password: string): Promise<boolean> {
    const hash = await awaitPasswordHash(this.#pool, userId)
    if (hash === undefined || hash === before) return hash !== undefined
    return (await this.#signIn.$context).password.verify({ hash, password })
  }

  async #read(cookie: string, query?: { disableRefresh: true }): Promise<KnownSession | undefined> {
    const { headers, response } = await this.#signIn.api.getSession({
      query: query ?? {},
      headers: this.#headers(cookie),
      returnHeaders: true,
    })
    const user = response && (await store.findActiveUser(this.#pool, response.user.id))
    if (!user) return undefined
    // Groups are asked for at a sign-in alone: such a session ends, however much it is used.
    const age = Date.now() - response.session.createdAt.getTime()
    if (user.is_external && age > this.#externalSessionMs) {
      await withdrawSession(this.#pool, response.session.token)
      return undefined
    }
    return { principal: toPrincipal(user), renewal: headers.getSetCookie() }
  }

  /** A name that nobody has is not written down: it may be a password that was typed in the wrong place. */
  async #auditFailure(username: string): Promise<void> {
    const isName = USERNAME_PATTERN.test(username)
    const user = isName ? await store.findUserByName(this.#pool, uniqueForm(username)) : undefined
    const entity = user ? `user ${user.name}` : 'unknown user'
    await this.#auditTrail.writeOften({ action: 'sign-in.failed', entity }, FAILURES_AN_HOUR)
  }

  /** Right after it happened: the library's transactions are its own. */
  #audit(action: string, entity: string, after?: unknown): Promise<void> {
    return this.#auditTrail.write({ action, entity, after })
  }

  /** Has the browser forget the cookie of before. */
  #formerCookies(): string[] {
    return this.cookieNames
      .slice(1)
      .map((name) => `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure`)
  }

  #headers(cookie: string): Headers {
    return new Headers({ cookie: `${this.cookieName}=${cookie}` })
  }
}

const HOUR_MS = 3_600_000
/** For users of a provider that is not configured any more. */
const DEFAULT_SESSION_HOURS = 24

/** Entries of failures, by whomever: guessing from many addresses must not fill the trail. */
const FAILURES_AN_HOUR = 1000

function toPrincipal({ id, name, role, cameras, is_external }: store.User): Principal {
  const visibility = role === 'admin' ? SEES_EVERYTHING : { cameras }
  return { kind: 'user', id, name, role, visibility, lineage: `user ${id}`, isExternal: is_external }
}

/** As the library answers a right password where a second factor is needed. */
function isChallenge(response: object): boolean {
  return 'twoFactorRedirect' in response
}

function wrong(cause: unknown): AppError {
  return new AppError('UNAUTHENTICATED', 'The name or the password is wrong.', { cause })
}
