import type { Level, LevelOverride, LevelRules, LevelScope } from '@timelapser/logger'
import type pg from 'pg'
import { FreshValue } from '../database/fresh-value.ts'
import type { Notices } from '../database/notices.ts'
import type { SettingsStore } from './settings.ts'

/** An override as it is stored: with who set it, when and why. */
export type StoredOverride = LevelOverride & { reason: string | null; author: string; created_at: string }

/** The global level and the overrides in force. */
export type StoredRules = { log_level: Level; overrides: readonly StoredOverride[] }

/** How long rules are believed when no notice of a change arrives (spec: "User Settings Integration"). */
const MAX_AGE_MS = 30_000

/** The levels people set: read once and then kept; a notice, or 30 s, makes them be read anew. */
export class LevelOverrides {
  readonly #pool: pg.Pool
  readonly #settings: SettingsStore
  readonly #listeners = new Set<() => void>()
  readonly #current = new FreshValue<readonly StoredOverride[]>(MAX_AGE_MS)
  #rules: StoredRules = { log_level: 'INFO', overrides: [] }

  constructor(pool: pg.Pool, settings: SettingsStore) {
    this.#pool = pool
    this.#settings = settings
  }

  /** The rules in force; the same object for as long as nothing changes. */
  async get(): Promise<StoredRules> {
    const [{ log_level }, overrides] = await Promise.all([
      this.#settings.get(),
      this.#current.get(() => this.#read()),
    ])
    if (this.#rules.log_level !== log_level || this.#rules.overrides !== overrides) {
      this.#rules = { log_level, overrides }
    }
    return this.#rules
  }

  /** Forgets the cached rules, and informs the listeners; the global level is reloaded by the settings, before. */
  reload(): void {
    this.#current.reload()
    for (const listener of this.#listeners) listener()
  }

  /**
   * Hears of every change from now on, the settings' too: for a process that has nothing else to listen for. Call it
   * before `notices.open()`.
   */
  follow(notices: Notices): void {
    notices.on('levels', () => this.reload())
    notices.on('settings', () => {
      this.#settings.reload()
      this.reload()
    })
  }

  /** Calls on each change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Sets or replaces the override of a target and returns the one before; those that expired go. */
  async set(
    client: pg.PoolClient,
    override: LevelOverride & { reason: string | null; author: string },
  ): Promise<LevelOverride | undefined> {
    const before = await this.remove(client, override.scope, override.target)
    await client.query({
      name: 'set_level_override',
      text: `
        with expired as (delete from level_overrides where expires_at <= now())
        insert into level_overrides (scope, target, level, expires_at, reason, author, max_lines_per_minute)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (scope, target) do update
        set level = excluded.level, expires_at = excluded.expires_at, reason = excluded.reason,
          author = excluded.author, max_lines_per_minute = excluded.max_lines_per_minute, created_at = now()`,
      values: [
        override.scope,
        override.target,
        override.level,
        override.expires_at,
        override.reason,
        override.author,
        override.max_lines_per_minute,
      ],
    })
    return before
  }

  /** Removes the override of a target and returns it; undefined when there was none. */
  async remove(client: pg.PoolClient, scope: LevelScope, target: string): Promise<LevelOverride | undefined> {
    const { rows } = await client.query<LevelOverride>({
      name: 'remove_level_override',
      text: `
        with removed as (
          delete from level_overrides
          where scope = $1 and target = $2
          returning scope, target, level, expires_at, max_lines_per_minute
        ), told as (select pg_notify('levels', $1 || ' ' || $2))
        select removed.*
        from told
        left join removed on true
        where scope is not null`,
      values: [scope, target],
    })
    return rows[0]
  }

  /** How many overrides there are, expired ones left out. */
  async count(client: pg.PoolClient): Promise<number> {
    const { rows } = await client.query<{ rows: number }>({
      name: 'count_level_overrides',
      text: 'select count(*)::int as rows from level_overrides where expires_at is null or expires_at > now()',
    })
    return rows[0]?.rows ?? 0
  }

  async #read(): Promise<readonly StoredOverride[]> {
    const { rows } = await this.#pool.query<StoredOverride>({
      name: 'read_level_overrides',
      text: `
        select scope, target, level, expires_at, reason, author, created_at, max_lines_per_minute
        from level_overrides
        where expires_at is null or expires_at > now()
        order by scope, target`,
    })
    return rows
  }
}

/** The part of the rules that handlers and loggers need: no reasons and no names of people. */
export function withoutAuthors({ log_level, overrides }: StoredRules): LevelRules {
  return {
    log_level,
    overrides: overrides.map(({ scope, target, level, expires_at, max_lines_per_minute }) => ({
      scope,
      target,
      level,
      expires_at,
      max_lines_per_minute,
    })),
  }
}
