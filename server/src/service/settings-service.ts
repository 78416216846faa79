import type { Settings, SettingsStore } from '../store/settings.ts'
import { AppError } from './app-error.ts'
import { parseLevelName } from './log-query.ts'

/** A hundred years; longer is `0`, everything. */
const MAX_RETENTION_DAYS = 36_500

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
  retention_days: (value) => {
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_RETENTION_DAYS)
      return Number(value)
    throw new AppError(
      'INVALID_REQUEST',
      `retention_days has to be a whole number from 0 (keep everything) to ${MAX_RETENTION_DAYS}.`,
    )
  },
  register_cameras: (value) => {
    if (typeof value === 'boolean') return value
    throw new AppError('INVALID_REQUEST', 'register_cameras has to be true or false.')
  },
}

/** The settings people change while everything runs. */
export class SettingsService {
  readonly #store: SettingsStore

  constructor(store: SettingsStore) {
    this.#store = store
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
    return Object.keys(checked).length > 0 ? this.#store.update(checked) : this.#store.get()
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    // Offsets such as +02:00 are accepted by Intl, but are no zones: they know no summer time.
    return !/^[+-]/.test(name)
  } catch {
    return false
  }
}
