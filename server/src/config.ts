import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { parseRateLimits, type RateLimits } from './service/rate-limits.ts'
import { StartupError } from './startup-error.ts'

/** What the environment decides; everything else is a setting people change while it runs. */
export type Config = {
  /** Address to listen on. */
  host: string
  /** 0 takes any free one. */
  port: number
  /** The PostgreSQL to use; the built-in one when undefined. */
  databaseUrl: string | undefined
  /** Absolute. */
  dataDir: string
  /** Where people reach the page, without a last slash; undefined when nobody said. */
  publicUrl: string | undefined
  /** Whose `X-Forwarded-…` headers are believed. */
  trustProxy: boolean | string[]
  /** Requests a minute each caller may make; undefined for the default ones. */
  rateLimits: RateLimits | undefined
  /** Given by the operator instead of being made at the first start. */
  adminApiKey: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Guessable keys are worse than none; 16 characters of a password manager have 95 bits. */
const MIN_KEY_CHARACTERS = 16

const READERS: { [name: string]: (text: string | undefined) => Partial<Config> } = {
  HOST: (text = '127.0.0.1') => ({
    host: valid(
      'HOST',
      text,
      /^[\w.:-]+$/.test(text),
      'an address or host name, such as 127.0.0.1 or 0.0.0.0',
    ),
  }),
  PORT: (text = '4700') => ({
    port: Number(
      valid('PORT', text, /^\d{1,5}$/.test(text) && Number(text) <= 65_535, 'a whole number from 0 to 65535'),
    ),
  }),
  DATABASE_URL: (text) => ({
    databaseUrl:
      text === undefined
        ? undefined
        : valid(
            'DATABASE_URL',
            text,
            /^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? ''),
            'like postgres://user:password@host:5432/database',
          ),
  }),
  DATA_DIR: (text = './data') => ({ dataDir: resolve(text) }),
  PUBLIC_URL: (text) => ({ publicUrl: text === undefined ? undefined : readPublicUrl(text) }),
  TRUST_PROXY: (text = 'false') => ({ trustProxy: readTrustProxy(text) }),
  RATE_LIMITS: (text) => ({ rateLimits: text === undefined ? undefined : readRateLimits(text) }),
  ADMIN_API_KEY: (text) => ({
    adminApiKey:
      text === undefined
        ? undefined
        : valid(
            'ADMIN_API_KEY',
            text,
            text.length >= MIN_KEY_CHARACTERS && /^[\x21-\x7e]+$/.test(text),
            `at least ${MIN_KEY_CHARACTERS} characters without spaces, such as what openssl rand -hex 32 prints`,
          ),
  }),
}

/** The variables the server reads; docs/configuration.md has them all. */
export const VARIABLES = Object.keys(READERS)

/** Never printed, not even when they are wrong. */
const SECRETS = ['DATABASE_URL', 'ADMIN_API_KEY']

/**
 * Reads the configuration; an empty variable counts as unset.
 *
 * @throws {StartupError} that names the variable, its value and what is allowed
 */
export function readConfig(environment: Environment = process.env): Config {
  const config: Partial<Config> = {}
  for (const [name, read] of Object.entries(READERS)) {
    Object.assign(config, read(environment[name]?.trim() || undefined))
  }
  return config as Config
}

function valid(name: string, text: string, isValid: boolean, allowed: string): string {
  if (isValid) return text
  const value = SECRETS.includes(name) ? 'not shown here' : `"${text}"`
  throw new StartupError(`${name} is not valid (${value}). It has to be ${allowed}.`)
}

function readPublicUrl(text: string): string {
  const url = URL.parse(text)
  const isValid = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search
  valid(
    'PUBLIC_URL',
    text,
    isValid,
    'the http or https address of the page without a path, like https://logs.example.org',
  )
  return url?.origin ?? text
}

function readRateLimits(text: string): RateLimits | undefined {
  const limits = parseRateLimits(text)
  valid(
    'RATE_LIMITS',
    text,
    limits !== undefined,
    'off, or limits with commas between, like query=600,ingest=off',
  )
  return limits
}

function readTrustProxy(text: string): boolean | string[] {
  if (text === 'true' || text === 'false') return text === 'true'
  const addresses = text.split(',').map((address) => address.trim())
  valid(
    'TRUST_PROXY',
    text,
    addresses.every(isAddressOrNetwork),
    'true, false, or addresses of proxies with commas between, like 10.0.0.5,172.16.0.0/12',
  )
  return addresses
}

function isAddressOrNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
