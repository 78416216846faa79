import { type Level, RECORD_LIMITS } from '@timelapser/logger'
import type pg from 'pg'

export type Settings = {
  /** Records below it are not stored. */
  log_level: Level
  /** IANA name; where people read times. Stored times are UTC. */
  timezone: string
  /** Lines older than this many days are deleted; 0 keeps everything. */
  retention_days: number
  /** Days for lines of these levels instead; 0 keeps them. */
  retention_by_level: Partial<Record<Level, number>>
  /** Days for lines of these sources instead, whatever their level; 0 keeps them. */
  retention_by_source: Record<string, number>
  /** The oldest partitions are dropped while all of them together take more; 0 sets no limit. */
  retention_max_bytes: number
  /** With less than this free on the disk nothing more is stored, so that PostgreSQL can go on; 0 sets no reserve. */
  disk_reserve_bytes: number
  /** Whether a record naming an unknown camera creates it. */
  register_cameras: boolean
  /** Bytes of UTF-8 a message is cut at. */
  message_max: number
  /** Patterns of what is masked beside credentials; see `compileRedactionPattern`. */
  redaction: string[]
  /** Which requests the server logs: none; changes, failures and slow ones; all but ingest and streams. */
  request_logging: RequestLogging
}

export const REQUEST_LOGGING = ['off', 'changes', 'all'] as const
export type RequestLogging = (typeof REQUEST_LOGGING)[number]

export const DEFAULT_SETTINGS: Settings = {
  log_level: 'INFO',
  timezone: 'UTC',
  retention_days: 30,
  retention_by_level: {},
  retention_by_source: {},
  retention_max_bytes: 0,
  // A checkpoint's worth of WAL and what dropping and rewriting need.
  disk_reserve_bytes: 512 * 1024 * 1024,
  register_cameras: true,
  message_max: RECORD_LIMITS.messageBytes,
  redaction: [],
  request_logging: 'changes',
}

/** How long a value is believed when no notice of a change arrives. */
const MAX_AGE_MS = 30_000

/** The settings, read once and then kept; a notice from whichever server changed them, or 30 s, makes them be read anew. */
export class SettingsStore {
  readonly #pool: pg.Pool
  #current: Promise<Settings> | undefined
  #readAt = 0

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async get(): Promise<Settings> {
    if (this.#current && Date.now() - this.#readAt < MAX_AGE_MS) return this.#current
    this.#readAt = Date.now()
    const reading = readSettings(this.#pool)
    this.#current = reading
    reading.catch(() => this.reload())
    return reading
  }

  /** Forgets what is known. */
  reload(): void {
    this.#current = undefined
  }

  /** What is stored, as the transaction of this client sees it until its end. */
  async readForChange(client: pg.PoolClient): Promise<Settings> {
    await client.query('lock table settings in share row exclusive mode')
    return readSettings(client)
  }

  /** Sets what is given, leaves the rest; for other transactions from its COMMIT on, so call `reload` after it. */
  async update(changes: Partial<Settings>, client: pg.Pool | pg.PoolClient = this.#pool): Promise<void> {
    const names = Object.keys(changes)
    const values = Object.values(changes).map((value) => JSON.stringify(value))
    await client.query({
      name: 'update_settings',
      text: `
        with changed as (
          insert into settings (name, value)
          select name, value
          from unnest($1::text[], $2::jsonb[]) as t (name, value)
          on conflict (name) do update
          set value = excluded.value, updated_at = now()
          returning name
        )
        select pg_notify('settings', string_agg(name, ','))
        from changed`,
      values: [names, values],
    })
    this.reload()
  }
}

async function readSettings(pool: pg.Pool | pg.PoolClient): Promise<Settings> {
  const { rows } = await pool.query<{ name: string; value: unknown }>({
    name: 'read_settings',
    text: 'select name, value from settings',
  })
  const known = rows.filter(({ name }) => Object.hasOwn(DEFAULT_SETTINGS, name))
  return { ...DEFAULT_SETTINGS, ...Object.fromEntries(known.map(({ name, value }) => [name, value])) }
}
