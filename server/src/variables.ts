// How the variables of the environment are read; config.ts says which there are.
import { StartupError } from './startup-error.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Never printed, not even when they are wrong. */
const SECRETS = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'DATABASE_READ_URL',
  'CAMERA_NAMES_URL',
  '--from',
  'ADMIN_API_KEY',
  'ALERTS_KEY',
  'ALERTS_KEY_FILE',
  'ALERTS_HEARTBEAT_URL',
  'FORWARD_SHARED_KEY',
  'EMBED_SECRET',
  'OIDC_CLIENT_SECRET',
  'BACKUP_S3_URL',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
]

/** Reads each variable by its reader; an empty one counts as unset. */
export function readAll<T>(
  readers: { [name: string]: (text: string | undefined) => Partial<T> },
  environment: Environment,
): Partial<T> {
  const config: Partial<T> = {}
  for (const [name, read] of Object.entries(readers)) {
    Object.assign(config, read(environment[name]?.trim() || undefined))
  }
  return config
}

/** The text. @throws {StartupError} that names the variable, its value and what is allowed */
export function valid(name: string, text: string, isValid: boolean, allowed: string): string {
  if (isValid) return text
  const value = SECRETS.includes(name) ? 'not shown here' : `"${text}"`
  throw new StartupError(`${name} is not valid (${value}). It must be ${allowed}.`)
}
