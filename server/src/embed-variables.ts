import type { EmbedConfig } from './service/access/embed-links.ts'
import { StartupError } from './startup-error.ts'
import { type Environment, readAll, valid } from './variables.ts'

/** A secret that signs links may be guessed by trying them: 32 characters of a random text cannot. */
const MIN_SECRET_CHARACTERS = 32

/** The variables of the page of one camera in other sites. */
export const EMBED_READERS: { [name: string]: (text: string | undefined) => Partial<EmbedConfig> } = {
  EMBED_SECRET: (text) =>
    text === undefined
      ? {}
      : {
          secret: valid(
            'EMBED_SECRET',
            text,
            text.length >= MIN_SECRET_CHARACTERS,
            `at least ${MIN_SECRET_CHARACTERS} characters, such as what openssl rand -hex 32 prints`,
          ),
        },
  EMBED_ORIGINS: (text = '') => ({
    origins: text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(readOrigin),
  }),
}

/** Undefined without a secret. @throws {StartupError} when a variable is wrong or the secret is missing */
export function readEmbed(environment: Environment): EmbedConfig | undefined {
  const { secret, origins = [] } = readAll(EMBED_READERS, environment)
  if (secret !== undefined) return { secret, origins }
  if (origins.length > 0) {
    throw new StartupError(
      'EMBED_ORIGINS is set, and EMBED_SECRET is not. Links to the embedded page are signed with it: set both.',
    )
  }
  return undefined
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.origin === text.toLowerCase()
  return valid(
    'EMBED_ORIGINS',
    text,
    isOrigin,
    'origins with commas between, each scheme, host and port alone, like https://app.example',
  ).toLowerCase()
}
