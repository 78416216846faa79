import type pg from 'pg'
import type { Client } from '../../caller.ts'
import {
  createExternalUser,
  type ExternalAccount,
  type ExternalUser,
  lockExternalUser,
  saveExternalUser,
} from '../../store/accounts/external-users.ts'
import { endSessions } from '../../store/accounts/sessions.ts'
import { tellServers } from '../../store/accounts/users.ts'
import type { SignedIn } from './access.ts'
import type { AuditDetails, AuditTrail } from './audit-trail.ts'
import { type ExternalConfig, type Grant, grantOf } from './external-groups.ts'
import { USERNAME_PATTERN, uniqueForm } from './username.ts'

/** A person as a provider or a proxy vouches for them. */
export type Identity = { subject: string; name: string; groups: string[] }

/** Why somebody did not come in; the page has a sentence for each. */
export type SignInFailure = 'denied' | 'disabled' | 'expired' | 'failed' | 'groups' | 'name' | 'unavailable'

/** How a person comes back: signed in, or not; and to which of our pages. */
export type ExternalOutcome = { path: string } & ({ signedIn: SignedIn } | { failure: SignInFailure })

export type AdmissionOptions = {
  auditTrail: AuditTrail
  config: ExternalConfig
  /** The provider of the subjects: the same subject of another provider is another person. */
  provider: string
  startSession: (userId: string, client: Client) => Promise<SignedIn | undefined>
  onChange: () => void
  onTrouble: (message: string) => void
}

const MAX_NAME_CHARACTERS = 64
/** Entries of failures an hour. */
const FAILURES_AN_HOUR = 1000

/** Lets people in for whom a provider or a proxy vouches. Their groups say what they may do, each time they come in. */
export class ExternalAdmission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Begins a session of this person, with the rights of their groups now. */
  async enter(identity: Identity, path: string, client: Client): Promise<ExternalOutcome> {
    const { auditTrail, config, startSession } = this.#options
    const admitted = await this.#admit(identity)
    if (typeof admitted === 'string') return { path, failure: admitted }
    const signedIn = await startSession(admitted.id, client)
    if (signedIn === undefined) return { path, failure: 'disabled' }
    const entity = `user ${signedIn.principal.name}`
    await auditTrail.write({ action: 'sign-in', entity, after: { by: config.name } })
    return { path, signedIn }
  }

  /** Writes down that nobody was vouched for. The problem is for the operator alone: it may tell of the inside. */
  async refuse(path: string, failure: SignInFailure, problem: string | undefined): Promise<ExternalOutcome> {
    const { auditTrail, config, onTrouble } = this.#options
    const entry = { action: 'sign-in.failed', entity: 'unknown user', after: { by: config.name, failure } }
    await auditTrail.writeOften(entry, FAILURES_AN_HOUR)
    if (problem !== undefined) onTrouble(`by ${config.name}: ${problem}`)
    return { path, failure }
  }

  /** The user of this person, with the rights of their groups now; the reason when they may not come in. */
  async #admit(identity: Identity): Promise<ExternalUser | SignInFailure> {
    const { auditTrail, config, provider, onChange } = this.#options
    const account = { provider, subject: identity.subject }
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
}

type Change = { result: ExternalUser | SignInFailure; entry: AuditDetails | undefined }

/** A user who has left all groups sees nothing and is signed out everywhere. */
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
export function ownPath(path: string): string {
  const BASE = 'http://own.invalid'
  const url = /^\/(?![/\\])[^\\\p{C}]*$/u.test(path) ? URL.parse(path, BASE) : null
  const isOwn = url !== null && url.origin === BASE && !url.pathname.startsWith('//')
  return isOwn && !url.pathname.startsWith('/sign-in') ? url.pathname + url.search : '/logs'
}
