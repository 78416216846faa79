import type pg from 'pg'

/** The clock of alerting in a test's database: it stands until it is moved. */
export type AlertClock = {
  /** In milliseconds. */
  readonly now: number
  set: (millis: number) => Promise<void>
}

/** Puts a clock that stands in the place of the database's own, for alerting alone. */
export async function standStill(pool: pg.Pool, at: number): Promise<AlertClock> {
  let now = at
  await pool.query('create table test_clock (at timestamptz not null)')
  await pool.query('insert into test_clock values (to_timestamp($1 / 1000.0))', [at])
  await pool.query(`
    create or replace function log_clock() returns timestamptz language sql volatile
    as $$ select at from test_clock $$`)
  return {
    get now() {
      return now
    },
    async set(millis) {
      now = millis
      await pool.query('update test_clock set at = to_timestamp($1 / 1000.0)', [millis])
    },
  }
}
