import type { Configuration } from 'openid-client'
import { FreshValue } from '../../store/database/fresh-value.ts'
import { AppError } from '../app-error.ts'
import type { Identity } from './external-admission.ts'
import { claimOf, groupsOf, type OidcConfig } from './oidc-config.ts'

/** Loaded when somebody signs in by it: a start does without. */
const load = () => import('openid-client')

/** The values that have to be known again when the person comes back from the provider. */
export type Attempt = { state: string; nonce: string; verifier: string }

/** How long the discovery document counts, in milliseconds: addresses and keys change rarely. */
const DISCOVERY_MS = 60 * 60_000
/** How long the provider may take for an answer, in seconds. */
const TIMEOUT_S = 10

/** The OpenID provider: the authorization code flow with PKCE, state and nonce. */
export class OidcProvider {
  readonly #config: OidcConfig
  readonly #configuration = new FreshValue<Configuration>(DISCOVERY_MS)

  constructor(config: OidcConfig) {
    this.#config = config
  }

  /** Where to send the browser. @throws {AppError} UNAVAILABLE when the provider does not answer */
  async begin(): Promise<{ url: string; attempt: Attempt }> {
    const client = await load()
    const configuration = await this.#discover()
    const attempt = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    }
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#config.redirectUrl,
      scope: this.#config.scopes,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
    })
    return { url: url.href, attempt }
  }

  /**
   * The person who comes back. State, issuer, the ID token's signature, audience, time and nonce are checked, and the code
   * is exchanged with the verifier of the attempt.
   *
   * @param query as the browser brought it, with its question mark
   * @throws {AppError} UNAVAILABLE when the provider does not answer
   * @throws when the answer is not right
   */
  async finish(query: string, { state, nonce, verifier }: Attempt): Promise<Identity> {
    const client = await load()
    const configuration = await this.#discover()
    const tokens = await client.authorizationCodeGrant(
      configuration,
      new URL(query, this.#config.redirectUrl),
      {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      },
    )
    const claims = tokens.claims()
    if (claims === undefined) throw new Error('the provider sent no ID token')
    const { groupsClaim, nameClaim } = this.#config
    const isWhole = groupsOf(claims, groupsClaim) !== undefined && claimOf(claims, nameClaim) !== undefined
    const hasMore = !isWhole && configuration.serverMetadata().userinfo_endpoint !== undefined
    const more = hasMore ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub) : {}
    // The ID token is signed; it has precedence.
    const all = { ...more, ...claims }
    return { subject: claims.sub, name: nameOf(all, nameClaim), groups: groupsOf(all, groupsClaim) ?? [] }
  }

  /** Where the provider ends its own session; undefined when it has no such page, or does not answer. */
  async signOutUrl(returnUrl: string): Promise<string | undefined> {
    const client = await load()
    const configuration = await this.#discover().catch(() => undefined)
    if (configuration?.serverMetadata().end_session_endpoint === undefined) return undefined
    return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnUrl }).href
  }

  #discover(): Promise<Configuration> {
    return this.#configuration.get(() => this.#askForConfiguration())
  }

  async #askForConfiguration(): Promise<Configuration> {
    const client = await load()
    const { issuer, clientId, clientSecret } = this.#config
    const url = new URL(issuer)
    try {
      const isPlain = url.protocol === 'http:'
      const options = { timeout: TIMEOUT_S, ...(isPlain && { execute: [client.allowInsecureRequests] }) }
      const complete = (configuration: Configuration) => {
        configuration.timeout = TIMEOUT_S
        if (isPlain) client.allowInsecureRequests(configuration)
        // The signature of an ID token as well, though it comes from the provider itself.
        client.enableNonRepudiationChecks(configuration)
        return configuration
      }
      const found = await client.discovery(url, clientId, undefined, client.None(), options)
      if (clientSecret === undefined) return complete(found)
      // The method that every provider has to know, unless it says that it knows others alone.
      const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } =
        found.serverMetadata()
      const method = methods.includes('client_secret_basic')
        ? client.ClientSecretBasic
        : client.ClientSecretPost
      return complete(
        new client.Configuration(found.serverMetadata(), clientId, undefined, method(clientSecret)),
      )
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new AppError(
        'UNAVAILABLE',
        `The sign-in provider (${issuer}) gave no usable response: ${reason}.`,
        { cause },
      )
    }
  }
}

/** Names that providers give a person, the best first. */
function nameOf(claims: object, nameClaim: string): string {
  const names = [nameClaim, 'preferred_username', 'email', 'name', 'sub'].map((claim) =>
    claimOf(claims, claim),
  )
  const name = names.find((one) => typeof one === 'string' && one.trim() !== '')
  return typeof name === 'string' ? name : ''
}
