import type pg from 'pg'

/** Why a line that reached the server is not in the table, or not at the time it came with. */
export type NotStoredReason =
  | 'filtered'
  | 'rate_limited'
  | 'dropped_by_rule'
  | 'rejected'
  | 'refused_by_database'
  | 'dropped_by_sender'
  | 'stored_at_arrival'

const FLUSH_MS = 2000

/** Counts what was not stored, by reason and day; kept in memory for at most two seconds. */
export class NotStored {
  readonly #pool: pg.Pool
  readonly #counts = new Map<NotStoredReason, number>()
  #timer: NodeJS.Timeout | undefined

  readonly #onCounted: ((reason: NotStoredReason, rows: number) => void) | undefined

  constructor(pool: pg.Pool, onCounted?: (reason: NotStoredReason, rows: number) => void) {
    this.#pool = pool
    this.#onCounted = onCounted
  }

  add(reason: NotStoredReason, rows: number): void {
    if (rows === 0) return
    this.#onCounted?.(reason, rows)
    this.#keep(reason, rows)
  }

  #keep(reason: NotStoredReason, rows: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + rows)
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref()
  }

  /** Writes what was counted; on failure it is kept and tried again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const counts = [...this.#counts]
    if (counts.length === 0) return
    this.#counts.clear()
    try {
      await this.#pool.query({
        name: 'add_not_stored',
        text: `
          insert into not_stored (day, reason, rows)
          select (now() at time zone 'UTC')::date, reason, rows
          from unnest($1::text[], $2::bigint[]) as t (reason, rows)
          on conflict (day, reason) do update
          set rows = not_stored.rows + excluded.rows`,
        values: [counts.map(([reason]) => reason), counts.map(([, rows]) => rows)],
      })
    } catch {
      // The database is away; the next flush carries these numbers with it.
      for (const [reason, rows] of counts) this.#keep(reason, rows)
    }
  }

  async close(): Promise<void> {
    await this.flush()
    clearTimeout(this.#timer)
  }
}
