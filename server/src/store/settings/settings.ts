import type pg from 'pg'
import { FreshValue } from '../database/fresh-value.ts'
import { DEFAULT_SETTINGS, type Settings } from './settings-schema.ts'

/** How long a value is believed when no notice of a change arrives. */
const MAX_AGE_MS = 30_000

/**
 * The settings, read once and then kept; a notice from the server that changed them, or 30 s, makes them be read anew.
 */
export class SettingsStore {
  readonly #pool: pg.Pool
  readonly #current = new FreshValue<Settings>(MAX_AGE_MS)

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  get(): Promise<Settings> {
    return this.#current.get(() => readSettings(this.#pool))
  }

  /** Forgets what is known. */
  reload(): void {
    this.#current.reload()
  }

  /** The stored rules, as the transaction of this client sees them until its end. */
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
