import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { ALERT_READERS, type AlertConfig, readAlerts } from './alert-variables.ts'
import { BACKUP_READERS, readBackups, readBucket } from './backup-variables.ts'
import { databaseUrls, readDatabaseUrl } from './database-url.ts'
import { EMBED_READERS, readEmbed } from './embed-variables.ts'
import { misspeltVariables } from './misspelt-variables.ts'
import { OIDC_READERS, readOidc } from './oidc-variables.ts'
import { ALL_ROLES, type Roles, readRoles } from './roles.ts'
import type { EmbedConfig } from './service/access/embed-links.ts'
import type { HeaderConfig } from './service/access/header-sign-in.ts'
import type { OidcConfig } from './service/access/oidc-config.ts'
import { parseRateLimits, type RateLimits } from './service/access/rate-limits.ts'
import type { BackupPlan } from './service/administration/backup-clock.ts'
import { StartupError } from './startup-error.ts'
import type { BucketConfig } from './store/backup/bucket.ts'
import { readTrustedHeader, TRUSTED_HEADER_READERS } from './trusted-header-variables.ts'
import { type Environment, readAll, valid } from './variables.ts'

export { backupPlanOf, MAX_KEPT_BACKUPS } from './backup-variables.ts'

/** The configuration from the environment; everything else is a setting that can be changed while the server runs. */
export type Config = AlertConfig & {
  /** Address to listen on. */
  host: string
  /** 0 takes any free one. */
  port: number
  /** The PostgreSQL to use, perhaps with several hosts, of which one is the primary; the built-in one when undefined. */
  databaseUrl: string | undefined
  /** A standby of the same database, for reads. */
  databaseReadUrl: string | undefined
  /** A database of Timelapser v4, whose table `cameras` has the names of the cameras. */
  cameraNamesUrl: string | undefined
  /** The way to the same database past a pooler, for all that needs a session of its own. */
  databaseDirectUrl: string | undefined
  /** Absolute. */
  dataDir: string
  /** The roles of this server. */
  roles: Roles
  /** Where people reach the page, with its path and without a last slash; undefined when nobody said. */
  publicUrl: string | undefined
  /** Proxies whose `X-Forwarded-…` headers are trusted. */
  trustProxy: boolean | string[]
  /** Files in PEM form with which the server speaks HTTPS itself. */
  tls: TlsConfig | undefined
  /** The OpenID provider by which people sign in, beside names and passwords. */
  oidc: OidcConfig | undefined
  /** The header of the proxy by which people sign in. */
  trustedHeader: HeaderConfig | undefined
  /** Signs links to the page of one camera in other sites; undefined without a secret. */
  embed: EmbedConfig | undefined
  /** Requests a minute each caller may make; undefined for the default ones. */
  rateLimits: RateLimits | undefined
  /** Given by the operator instead of being made at the first start. */
  adminApiKey: string | undefined
  /** A backup each day into a folder; undefined when nobody asked for it. */
  backups: BackupPlan | undefined
  /** Backups are uploaded to it; undefined without an address. */
  bucket: BucketConfig | undefined
  syslog: SyslogConfig
  gelf: GelfConfig
  forward: ForwardConfig
  otlpGrpc: OtlpGrpcConfig
}

/** Files in PEM form. */
export type TlsConfig = { certificate: string; key: string }

/** Where syslog is listened for, each kind when its port is set, and what its messages mean. */
export type SyslogConfig = {
  host: string
  udpPort: number | undefined
  tcpPort: number | undefined
  tlsPort: number | undefined
  /** Files in PEM form. */
  tlsCertificate: string | undefined
  tlsKey: string | undefined
  /** Cameras by address or host name of the sender, lower case. */
  cameras: ReadonlyMap<string, number>
  /** The zone of times without a zone; an existing name. */
  timezone: string
}

/** Where GELF is listened for, each kind when its port is set. */
export type GelfConfig = { host: string; udpPort: number | undefined; tcpPort: number | undefined }

/** Where Fluentd's forward protocol is listened for, plain and over TLS, each when its port is set. */
export type ForwardConfig = {
  host: string
  port: number | undefined
  tlsPort: number | undefined
  /** Files in PEM form. */
  tlsCertificate: string | undefined
  tlsKey: string | undefined
  /** The key that senders have to know; undefined lets everybody in. */
  sharedKey: string | undefined
}

/** Where OTLP over gRPC is listened for when its port is set; over TLS when there is a certificate. */
export type OtlpGrpcConfig = {
  host: string
  port: number | undefined
  /** Files in PEM form. */
  tlsCertificate: string | undefined
  tlsKey: string | undefined
}

/** Guessable keys are worse than none; 16 characters of a password manager have 95 bits. */
const MIN_KEY_CHARACTERS = 16

const READERS: { [name: string]: (text: string | undefined) => Partial<Config> } = {
  HOST: (text = '127.0.0.1') => ({ host: readHost('HOST', text) }),
  PORT: (text = '4700') => ({ port: readPort('PORT', text) }),
  DATABASE_URL: (text) =>
    text === undefined ? {} : { databaseUrl: readDatabaseUrl('DATABASE_URL', text, true) },
  DATABASE_DIRECT_URL: (text) =>
    text === undefined ? {} : { databaseDirectUrl: readDatabaseUrl('DATABASE_DIRECT_URL', text) },
  CAMERA_NAMES_URL: (text) =>
    text === undefined ? {} : { cameraNamesUrl: readDatabaseUrl('CAMERA_NAMES_URL', text) },
  DATABASE_READ_URL: (text) =>
    text === undefined ? {} : { databaseReadUrl: readDatabaseUrl('DATABASE_READ_URL', text) },
  DATA_DIR: (text = './data') => ({ dataDir: resolve(text) }),
  SERVE: (text) => ({ roles: readRoles(text) }),
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
            `at least ${MIN_KEY_CHARACTERS} characters without spaces, such as the output of openssl rand -hex 32`,
          ),
  }),
}

const TLS_READERS: { [name: string]: (text: string | undefined) => { certificate?: string; key?: string } } =
  {
    TLS_CERT: (text) => (text === undefined ? {} : { certificate: text }),
    TLS_KEY: (text) => (text === undefined ? {} : { key: text }),
  }

const SYSLOG_READERS: { [name: string]: (text: string | undefined) => Partial<SyslogConfig> } = {
  SYSLOG_HOST: (text) => (text === undefined ? {} : { host: readHost('SYSLOG_HOST', text) }),
  SYSLOG_UDP_PORT: (text) => ({ udpPort: readOptionalPort('SYSLOG_UDP_PORT', text) }),
  SYSLOG_TCP_PORT: (text) => ({ tcpPort: readOptionalPort('SYSLOG_TCP_PORT', text) }),
  SYSLOG_TLS_PORT: (text) => ({ tlsPort: readOptionalPort('SYSLOG_TLS_PORT', text) }),
  SYSLOG_TLS_CERT: (text) => ({ tlsCertificate: text }),
  SYSLOG_TLS_KEY: (text) => ({ tlsKey: text }),
  SYSLOG_CAMERAS: (text = '') => ({ cameras: readCameras(text) }),
  SYSLOG_TIMEZONE: (text = 'UTC') => ({
    timezone: valid('SYSLOG_TIMEZONE', text, isTimeZone(text), 'a time zone such as UTC or Europe/Berlin'),
  }),
}

const GELF_READERS: { [name: string]: (text: string | undefined) => Partial<GelfConfig> } = {
  GELF_HOST: (text) => (text === undefined ? {} : { host: readHost('GELF_HOST', text) }),
  GELF_UDP_PORT: (text) => ({ udpPort: readOptionalPort('GELF_UDP_PORT', text) }),
  GELF_TCP_PORT: (text) => ({ tcpPort: readOptionalPort('GELF_TCP_PORT', text) }),
}

const FORWARD_READERS: { [name: string]: (text: string | undefined) => Partial<ForwardConfig> } = {
  FORWARD_HOST: (text) => (text === undefined ? {} : { host: readHost('FORWARD_HOST', text) }),
  FORWARD_PORT: (text) => ({ port: readOptionalPort('FORWARD_PORT', text) }),
  FORWARD_TLS_PORT: (text) => ({ tlsPort: readOptionalPort('FORWARD_TLS_PORT', text) }),
  FORWARD_TLS_CERT: (text) => ({ tlsCertificate: text }),
  FORWARD_TLS_KEY: (text) => ({ tlsKey: text }),
  FORWARD_SHARED_KEY: (text) => ({
    sharedKey:
      text === undefined
        ? undefined
        : valid(
            'FORWARD_SHARED_KEY',
            text,
            text.length >= MIN_KEY_CHARACTERS,
            `at least ${MIN_KEY_CHARACTERS} characters, such as the output of openssl rand -hex 32`,
          ),
  }),
}

const OTLP_GRPC_READERS: { [name: string]: (text: string | undefined) => Partial<OtlpGrpcConfig> } = {
  OTLP_GRPC_HOST: (text) => (text === undefined ? {} : { host: readHost('OTLP_GRPC_HOST', text) }),
  OTLP_GRPC_PORT: (text) => ({ port: readOptionalPort('OTLP_GRPC_PORT', text) }),
  OTLP_GRPC_TLS_CERT: (text) => ({ tlsCertificate: text }),
  OTLP_GRPC_TLS_KEY: (text) => ({ tlsKey: text }),
}

/** The variables the server reads; docs/configuration.md has them all. */
export const VARIABLES = [
  READERS,
  ALERT_READERS,
  TLS_READERS,
  OIDC_READERS,
  TRUSTED_HEADER_READERS,
  EMBED_READERS,
  BACKUP_READERS,
  SYSLOG_READERS,
  GELF_READERS,
  FORWARD_READERS,
  OTLP_GRPC_READERS,
].flatMap((readers) => Object.keys(readers))

/**
 * Reads the configuration; an empty variable counts as unset.
 *
 * @throws {StartupError} that names the variable, its value and what is allowed
 */
export function readConfig(environment: Environment = process.env): Config {
  const config = readAll(READERS, environment) as Config
  if (config.databaseDirectUrl !== undefined && config.databaseUrl === undefined) {
    throw new StartupError(
      'DATABASE_DIRECT_URL is set, but DATABASE_URL is not. It bypasses the pooler of DATABASE_URL: set both, or only DATABASE_URL.',
    )
  }
  if (config.roles.size < ALL_ROLES.size && config.databaseUrl === undefined) {
    throw new StartupError(
      'SERVE is set, but DATABASE_URL is not. Servers share their work on one database: set both, or neither.',
    )
  }
  if (config.databaseReadUrl !== undefined && config.databaseUrl === undefined) {
    throw new StartupError(
      'DATABASE_READ_URL is set, but DATABASE_URL is not. It refers to a standby of the database in DATABASE_URL: set both, or neither.',
    )
  }
  if (config.databaseDirectUrl !== undefined && databaseUrls(config.databaseUrl ?? '').length > 1) {
    throw new StartupError(
      'DATABASE_URL contains several hosts, and DATABASE_DIRECT_URL is set. Behind a pooler, DATABASE_URL is the pooler alone.',
    )
  }
  const syslog = { host: config.host, ...readAll(SYSLOG_READERS, environment) } as SyslogConfig
  const { host } = config
  const gelf = { host, ...readAll(GELF_READERS, environment) } as GelfConfig
  const forward = { host, ...readAll(FORWARD_READERS, environment) } as ForwardConfig
  const otlpGrpc = { host, ...readAll(OTLP_GRPC_READERS, environment) } as OtlpGrpcConfig
  return {
    ...config,
    ...readAlerts(environment),
    tls: readTls(environment),
    oidc: readOidc(environment, config.publicUrl),
    trustedHeader: readTrustedHeader(environment, config.trustProxy),
    embed: readEmbed(environment),
    backups: readBackups(environment),
    bucket: readBucket(environment),
    syslog,
    gelf,
    forward,
    otlpGrpc,
  }
}

/** A sentence for each variable whose name resembles the name of a known variable. */
export function misspelt(environment: Environment = process.env): string[] {
  return misspeltVariables(environment, [...VARIABLES, 'TIMELAPSER_LOGS_URL', 'TIMELAPSER_LOGS_API_KEY'])
}

function readTls(environment: Environment): TlsConfig | undefined {
  const { certificate, key } = readAll(TLS_READERS, environment)
  if (certificate !== undefined && key !== undefined) return { certificate, key }
  if (certificate === undefined && key === undefined) return undefined
  const [given, missing] = certificate === undefined ? ['TLS_KEY', 'TLS_CERT'] : ['TLS_CERT', 'TLS_KEY']
  throw new StartupError(
    `${given} is set, but ${missing} is not. HTTPS requires both: the certificate and its private key, as files in PEM form.`,
  )
}

function readHost(name: string, text: string): string {
  return valid(name, text, /^[\w.:-]+$/.test(text), 'an address or host name, such as 127.0.0.1 or 0.0.0.0')
}

function readPort(name: string, text: string): number {
  const isPort = /^\d{1,5}$/.test(text) && Number(text) <= 65_535
  return Number(valid(name, text, isPort, 'a whole number from 0 to 65535'))
}

function readOptionalPort(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : readPort(name, text)
}

function readCameras(text: string): ReadonlyMap<string, number> {
  const cameras = new Map<string, number>()
  for (const pair of text.split(',').filter((one) => one.trim() !== '')) {
    const [sender = '', id = '', ...more] = pair.split('=').map((part) => part.trim())
    const isPair = /^[\w.:-]+$/.test(sender) && /^[1-9]\d{0,8}$/.test(id) && more.length === 0
    valid(
      'SYSLOG_CAMERAS',
      text,
      isPair,
      'senders and camera ids separated by commas, like 10.0.0.21=3,door=4',
    )
    cameras.set(sender.toLowerCase(), Number(id))
  }
  return cameras
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined
  } catch {
    return false
  }
}

/** Parts that need no encoding: the path stands in documents and is compared as it is. */
const PUBLIC_PATH = /^(\/[\w.~-]+)*\/?$/

function readPublicUrl(text: string): string {
  const url = URL.parse(text)
  const isValid =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    PUBLIC_PATH.test(url.pathname) &&
    !url.search &&
    !url.hash
  valid(
    'PUBLIC_URL',
    text,
    isValid,
    'the http or https address of the page, like https://logs.example.org or https://example.org/logs/',
  )
  return url === null ? text : url.origin + url.pathname.replace(/\/$/, '')
}

function readRateLimits(text: string): RateLimits | undefined {
  const limits = parseRateLimits(text)
  valid(
    'RATE_LIMITS',
    text,
    limits !== undefined,
    'off, or limits separated by commas, like query=600,ingest=off',
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
    'true, false, or addresses of proxies separated by commas, like 10.0.0.5,172.16.0.0/12',
  )
  return addresses
}

function isAddressOrNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
