import type { Client } from '../../caller.ts'
import { AppError } from '../app-error.ts'
import { SecretBox } from '../secret-box.ts'
import {
  type AdmissionOptions,
  ExternalAdmission,
  type ExternalOutcome,
  type Identity,
  ownPath,
  type SignInFailure,
} from './external-admission.ts'
import type { OidcConfig } from './oidc-config.ts'
import { type Attempt, OidcProvider } from './oidc-provider.ts'

export type ExternalSignInOptions = Omit<AdmissionOptions, 'config' | 'provider'> & {
  config: OidcConfig
  /** Seals what a browser keeps while its person is at the provider. */
  secret: string
}

/** The browser keeps this, sealed, so that no other can finish the attempt, nor this one with another's answer. */
type Kept = Attempt & { path: string; expires: number }

/** How long somebody may take at the provider, in seconds. */
export const ATTEMPT_S = 10 * 60

/** Coming in by the OpenID provider. Its groups say what a person may do, each time they come in. */
export class ExternalSignIn {
  readonly #config: OidcConfig
  readonly #admission: ExternalAdmission
  readonly #provider: OidcProvider
  readonly #box: SecretBox

  constructor(options: ExternalSignInOptions) {
    const { config } = options
    this.#config = config
    this.#admission = new ExternalAdmission({ ...options, provider: `oidc ${config.issuer}` })
    this.#provider = new OidcProvider(config)
    this.#box = new SecretBox(`oidc ${options.secret}`)
  }

  /** On the button. */
  get name(): string {
    return this.#config.name
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
      return this.#admission.refuse(path, failure, failure === 'denied' ? undefined : reasonOf(error))
    }
    return this.#admission.enter(identity, path, client)
  }

  /** Where the provider ends its own session; undefined when it has no such page, or does not answer. */
  signOutUrl(): Promise<string | undefined> {
    const { redirectUrl } = this.#config
    return this.#provider.signOutUrl(redirectUrl.replace(/\/api\/auth\/oidc\/callback$/, '/sign-in'))
  }

  #open(kept: string): Kept | undefined {
    try {
      return this.#box.open<Kept>(Buffer.from(kept, 'base64url'))
    } catch {
      return undefined
    }
  }
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
