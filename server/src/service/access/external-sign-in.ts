import type pg from 'pg'
import {
  createExternalUser,
  type ExternalAccount,
  type ExternalUser,
  lockExternalUser,
  saveExternalUser,
} from '../../store/accounts/external-users.ts'
import { endSessions } from '../../store/accounts/sessions.ts'
import { tellServers } from '../../store/accounts/users.ts'
import { AppError } from '../app-error.ts'
import { SecretBox } from '../secret-box.ts'
import type { SignedIn } from './access.ts'
import type { AuditDetails, AuditTrail } from './audit-trail.ts'
import type { Client } from './client.ts'
import { type Grant, grantOf, type OidcConfig } from './oidc-config.ts'
import { type Attempt, type Identity, OidcProvider } from './oidc-provider.ts'
import { USERNAME_PATTERN, uniqueForm } from './username.ts'

/** Why somebody did not come in; the page has a sentence for each. */
export type SignInFailure = 'denied' | 'disabled' | 'expired' | 'failed' | 'groups' | 'name' | 'unavailable'

/** How a person comes back: signed in, or not; and to which of our pages. */
export type ExternalOutcome = { path: string } & ({ signedIn: SignedIn } | { failure: SignInFailure })

export type ExternalSignInOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  config: OidcConfig
  /** Seals what a browser keeps while its person is at the provider. */
  secret: string
  startSession: (userId: string, client: Client) => Promise<SignedIn | undefined>
  onChange: () => void
  onTrouble: (message: string) => void
}

/** The browser keeps this, sealed, so that no other can finish the attempt, nor this one with another's answer. */
type Kept = Attempt & { path: string; expires: number }

/** How long somebody may take at the provider, in seconds. */
export const ATTEMPT_S = 10 * 60
const MAX_NAME_CHARACTERS = 64
/** Entries of failures an hour. */
const FAILURES_AN_HOUR = 1000

/** Coming in by the OpenID provider. Its groups say what a person may do, each time they come in. */
export class ExternalSignIn {
  readonly #options: ExternalSignInOptions
  readonly #provider: OidcProvider
  readonly #box: SecretBox

  constructor(options: ExternalSignInOptions) {
    this.#options = options
    this.#provider = new OidcProvider(options.config)
    this.#box = new SecretBox(`oidc ${options.secret}`)
  }

  /** On the button. */
  get name(): string {
    return this.#options.config.name
  }

  /**
   * Begins an attempt: where to send the browser, and what it is to keep meanwhile.
   *
   * @throws {AppError} UNAVAILABLE when the provider does not answer
   */
  async begin(path: string): Promise<{ url: string; kept: string }> {
    const { url, attempt } = await this.#provider.begin()
    const kept: Kept = { ...attempt, path: ownPath(path), expires: Date.now() + ATTEMPT_S * 1000 }
    return { url, kept: this.#box.seal(kept).toString('base64url') }
  }

  /** Ends an attempt with what the provider sent along, and what the browser kept. */
  async finish(query: string, kept: string | undefined, client: Client): Promise<ExternalOutcome> {
    const attempt = kept === undefined ? undefined : this.#open(kept)
    if (attempt === undefined || attempt.expires < Date.now()) return { path: '/logs', failure: 'expired' }
    const { path } = attempt
    let identity: Identity
    try {
      identity = await this.#provider.finish(query, attempt)
    } catch (error) {
      const failure = failureOf(error)
      await this.#auditFailure({
        action: 'sign-in.failed',
        entity: 'unknown user',
        after: { by: this.name, failure },
      })
      // The reason is for the operator: it may tell of the provider's inside.
      if (failure !== 'denied') this.#options.onTrouble(`by ${this.name}: ${reasonOf(error)}`)
      return { path, failure }
    }
    const admitted = await this.#admit(identity)
    if (typeof admitted === 'string') return { path, failure: admitted }
    const signedIn = await this.#options.startSession(admitted.id, client)
    if (signedIn === undefined) return { path, failure: 'disabled' }
    const entity = `user ${signedIn.principal.name}`
    await this.#options.auditTrail.write({ action: 'sign-in', entity, after: { by: this.name } })
    return { path, signedIn }
  }

  /** Where the provider ends its own session; undefined when it has no such page, or does not answer. */
  signOutUrl(): Promise<string | undefined> {
    const { redirectUrl } = this.#options.config
    return this.#provider.signOutUrl(redirectUrl.replace(/\/api\/auth\/oidc\/callback$/, '/sign-in'))
  }

  #open(kept: string): Kept | undefined {
    try {
      return this.#box.open<Kept>(Buffer.from(kept, 'base64url'))
    } catch {
      return undefined
    }
  }

  /** The user of this person, with the rights of their groups now; the reason when they may not come in. */
  async #admit(identity: Identity): Promise<ExternalUser | SignInFailure> {
    const { auditTrail, config, onChange } = this.#options
    const account = { provider: `oidc ${config.issuer}`, subject: identity.subject }
    const grant = grantOf(config, identity.groups)
    const outcome = await auditTrail.change<ExternalUser | SignInFailure>(async (client) => {
      const user = await lockExternalUser(client, account)
      if (grant === undefined) return withoutGroup(client, user, identity.name)
      if (user === undefined) return create(client, account, identity.name, grant)
      if (user.disabled) return { result: 'disabled', entry: refusal(user.name, 'disabled') }
      return update(client, user, grant)
    })
    onChange()
    return outcome
  }

  #auditFailure(entry: AuditDetails): Promise<void> {
    return this.#options.auditTrail.writeOften(entry, FAILURES_AN_HOUR)
  }
}

type Change = { result: ExternalUser | SignInFailure; entry: AuditDetails | undefined }

/** Who is in none of the groups any more sees nothing, and is signed out everywhere. */
async function withoutGroup(
  client: pg.PoolClient,
  user: ExternalUser | undefined,
  name: string,
): Promise<Change> {
  if (user === undefined) return { result: 'groups', entry: strangerRefused(name, 'groups') }
  const after = { id: user.id, role: 'viewer' as const, cameras: [] }
  await saveExternalUser(client, after)
  await endSessions(client, user.id)
  return { result: 'groups', entry: { ...refusal(user.name, 'groups'), before: rightsOf(user) } }
}

async function create(
  client: pg.PoolClient,
  account: ExternalAccount,
  givenName: string,
  grant: Grant,
): Promise<Change> {
  const name = nameFrom(givenName, account.subject)
  const user = await createExternalUser(client, account, { name, username: uniqueForm(name), ...grant })
  // The name may be in use by a local user, or by another of the provider: neither of them is this person.
  if (user === undefined) return { result: 'name', entry: strangerRefused(name, 'name') }
  return { result: user, entry: { action: 'user.create', entity: `user ${name}`, after: rightsOf(user) } }
}

async function update(client: pg.PoolClient, user: ExternalUser, grant: Grant): Promise<Change> {
  const changed = { ...user, ...grant }
  if (JSON.stringify(rightsOf(changed)) === JSON.stringify(rightsOf(user)))
    return { result: user, entry: undefined }
  await saveExternalUser(client, changed)
  await tellServers(client)
  const entry = {
    action: 'user.update',
    entity: `user ${user.name}`,
    before: rightsOf(user),
    after: rightsOf(changed),
  }
  return { result: changed, entry }
}

function refusal(name: string, why: SignInFailure): AuditDetails {
  return { action: 'sign-in.refused', entity: `user ${name}`, after: { why } }
}

/** Nobody who is known here: the name is the provider's. */
function strangerRefused(name: string, why: SignInFailure): AuditDetails {
  return {
    action: 'sign-in.refused',
    entity: 'unknown user',
    after: { why, name: name.slice(0, MAX_NAME_CHARACTERS) },
  }
}

function rightsOf({ role, cameras }: Grant): Grant {
  return { role, cameras }
}

/** The name as it can be shown; the subject where it has none. */
function nameFrom(given: string, subject: string): string {
  const name = given.trim().slice(0, MAX_NAME_CHARACTERS).trim()
  if (USERNAME_PATTERN.test(name)) return name
  return `user ${subject.replaceAll(/[^\w.-]/g, '')}`.slice(0, MAX_NAME_CHARACTERS).trim()
}

/** A path of our own pages, never another site; the list of lines for everything else. */
function ownPath(path: string): string {
  const BASE = 'http://own.invalid'
  const url = /^\/(?![/\\])[^\\\p{C}]*$/u.test(path) ? URL.parse(path, BASE) : null
  const isOwn = url !== null && url.origin === BASE && !url.pathname.startsWith('//')
  return isOwn && !url.pathname.startsWith('/sign-in') ? url.pathname + url.search : '/logs'
}

/** The error of OAuth 2.0 that says that the person, or the provider, did not want to. */
const DENIED = ['access_denied', 'login_required', 'interaction_required', 'consent_required']

function failureOf(error: unknown): SignInFailure {
  if (error instanceof AppError && error.code === 'UNAVAILABLE') return 'unavailable'
  // As `fetch` fails without an answer.
  if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return 'unavailable'
  const { error: code } = error as { error?: unknown }
  return typeof code === 'string' && DENIED.includes(code) ? 'denied' : 'failed'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.message}${cause}`.slice(0, 500)
}
