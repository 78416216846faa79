import { isDeepStrictEqual } from 'node:util'
import { RECORD_LIMITS } from '@timelapser/logger'
import { REQUEST_LOGGING, type Settings, type SettingsStore } from '../store/settings.ts'
import { AppError } from './app-error.ts'
import type { AuditTrail } from './audit-trail.ts'
import { parseLevelName } from './log-query.ts'
import { compileAll, MAX_PATTERNS } from './redaction-service.ts'
import { isTimeZone } from './time-zone.ts'

/** A hundred years; longer is `0`, everything. */
const MAX_RETENTION_DAYS = 36_500

/** Shorter ones would not say what happened. */
const MIN_MESSAGE_BYTES = 100

/** Rules a kind: each is a condition in every retention statement. */
const MAX_RETENTION_RULES = 100

/** Checks each value as it was given; names the field and the limit where it is none. */
const CHECKS: { [N in keyof Settings]: (value: unknown) => Settings[N] } = {
  log_level: (value) => parseLevelName(String(value)),
  timezone: (value) => {
    if (typeof value === 'string' && isTimeZone(value)) return value
    throw new AppError(
      'INVALID_REQUEST',
      `timezone has to be an IANA name such as Europe/Berlin; "${value}" is none.`,
    )
  },
  retention_days: (value) => days('retention_days', value),
  retention_by_level: (value) =>
    Object.fromEntries(
      entriesOf('retention_by_level', value).map(([level, kept]) => [
        parseLevelName(level),
        days(`retention_by_level.${level}`, kept),
      ]),
    ),
  retention_by_source: (value) =>
    Object.fromEntries(
      entriesOf('retention_by_source', value).map(([source, kept]) => {
        if (source.length > 0 && source.length <= 100)
          return [source, days(`retention_by_source.${source}`, kept)]
        throw new AppError('INVALID_REQUEST', 'A source in retention_by_source has 1 to 100 characters.')
      }),
    ),
  retention_max_bytes: (value) => bytes('retention_max_bytes', value),
  disk_reserve_bytes: (value) => bytes('disk_reserve_bytes', value),
  register_cameras: (value) => {
    if (typeof value === 'boolean') return value
    throw new AppError('INVALID_REQUEST', 'register_cameras has to be true or false.')
  },
  message_max: (value) => {
    const { messageBytes } = RECORD_LIMITS
    if (Number.isInteger(value) && Number(value) >= MIN_MESSAGE_BYTES && Number(value) <= messageBytes)
      return Number(value)
    throw new AppError(
      'INVALID_REQUEST',
      `message_max has to be a whole number of bytes from ${MIN_MESSAGE_BYTES} to ${messageBytes}.`,
    )
  },
  redaction: (value) => {
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string')
    if (!isList || value.length > MAX_PATTERNS) {
      throw new AppError(
        'INVALID_REQUEST',
        `redaction has to be a list of patterns, ${MAX_PATTERNS} at most.`,
      )
    }
    compileAll('redaction', value)
    return value
  },
  request_logging: (value) => {
    const known = REQUEST_LOGGING.find((choice) => choice === value)
    if (known) return known
    throw new AppError('INVALID_REQUEST', `request_logging has to be one of ${REQUEST_LOGGING.join(', ')}.`)
  },
}

/** The settings people change while everything runs. */
export class SettingsService {
  readonly #store: SettingsStore
  readonly #auditTrail: AuditTrail

  constructor(store: SettingsStore, auditTrail: AuditTrail) {
    this.#store = store
    this.#auditTrail = auditTrail
  }

  get(): Promise<Settings> {
    return this.#store.get()
  }

  /**
   * Changes what is given; returns all.
   *
   * @throws {AppError} INVALID_REQUEST or INVALID_LEVEL that names the field; nothing is changed then
   */
  async update(changes: Record<string, unknown>): Promise<Settings> {
    const checked: Partial<Settings> = {}
    for (const [name, value] of Object.entries(changes)) {
      if (!Object.hasOwn(CHECKS, name)) {
        throw new AppError(
          'INVALID_REQUEST',
          `${name} is not a setting. There are ${Object.keys(CHECKS).join(', ')}.`,
        )
      }
      Object.assign(checked, { [name]: CHECKS[name as keyof Settings](value) })
    }
    await this.#auditTrail.change(async (client) => {
      const old = await this.#store.readForChange(client)
      const names = (Object.keys(checked) as (keyof Settings)[]).filter(
        (name) => !isDeepStrictEqual(old[name], checked[name]),
      )
      if (names.length === 0) return { result: undefined, entry: undefined }
      const only = (from: Partial<Settings>) => Object.fromEntries(names.map((name) => [name, from[name]]))
      await this.#store.update(only(checked), client)
      const entry = { action: 'settings.update', entity: 'settings', before: only(old), after: only(checked) }
      return { result: undefined, entry }
    })
    this.#store.reload()
    return this.#store.get()
  }
}

function days(name: string, value: unknown): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_RETENTION_DAYS)
    return Number(value)
  throw new AppError(
    'INVALID_REQUEST',
    `${name} has to be a whole number from 0 (keep everything) to ${MAX_RETENTION_DAYS}.`,
  )
}

function bytes(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value)
  throw new AppError(
    'INVALID_REQUEST',
    `${name} has to be a whole number of bytes from 0 (no limit) to ${Number.MAX_SAFE_INTEGER}.`,
  )
}

function entriesOf(name: string, value: unknown): [string, unknown][] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const entries = isObject ? Object.entries(value) : []
  if (isObject && entries.length <= MAX_RETENTION_RULES) return entries
  throw new AppError(
    'INVALID_REQUEST',
    `${name} has to be an object of names and days, ${MAX_RETENTION_RULES} at most.`,
  )
}
