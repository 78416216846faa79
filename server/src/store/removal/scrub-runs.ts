// Masking in the background: the row of a run has the pattern and the progress, and moves on in the transaction
// that masks. After a stop, any server continues at the last COMMIT.
import type pg from 'pg'
import { withMaintenance } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Store } from '../reading/store.ts'
import { UNDO_MINUTES } from './clear.ts'
import { type ScrubChange, scrubBatch } from './scrub-batch.ts'
import { isSettled } from './scrub-settling.ts'
import { findStretch } from './scrub-stretch.ts'

export type ScrubRun = {
  id: number
  started_by: string
  started_at: string
  ended_at: string | null
  outcome: 'done' | 'stopped' | null
  /** Rows there were at the start. */
  total_rows: number
  scanned_rows: number
  matched_rows: number
}

type Outcome = 'nothing' | 'early' | 'more' | 'all'

type OpenRun = ScrubRun & { pattern: string; place_timestamp: string | null; place_id: number }

const COLUMNS = 'id, started_by, started_at, ended_at, outcome, total_rows, scanned_rows, matched_rows'

/** The current run, or the last run. */
export async function findScrubRun(pool: pg.Pool): Promise<ScrubRun | undefined> {
  const { rows } = await pool.query<ScrubRun>({
    name: 'find_scrub_run',
    text: `
      select ${COLUMNS}
      from scrub_runs
      order by id desc
      limit 1`,
  })
  return rows[0]
}

/**
 * Begins a run; undefined while another run is under way. Earlier runs are forgotten: the audit trail knows them.
 *
 * @param totalRows of `logs`; cleared rows that an undo can bring back come on top
 */
export async function addScrubRun(
  client: pg.PoolClient,
  { pattern, by, totalRows }: { pattern: string; by: string; totalRows: number },
): Promise<ScrubRun | undefined> {
  await client.query({ name: 'forget_scrub_runs', text: 'delete from scrub_runs where ended_at is not null' })
  const { rows } = await client.query<ScrubRun>({
    name: 'add_scrub_run',
    text: `
      insert into scrub_runs (pattern, started_by, total_rows)
      select $1, $2, $3::bigint + coalesce(sum(rows), 0)::bigint
      from log_clears
      where undone_at is null and dropped_at is null and cleared_at > now() - $4::integer * interval '1 minute'
      on conflict do nothing
      returning ${COLUMNS}`,
    values: [pattern, by, totalRows, UNDO_MINUTES],
  })
  return rows[0]
}

/** Ends the current run after its batch; undefined when there is none. Masked rows stay masked. */
export async function endScrubRun(
  client: pg.PoolClient,
  outcome: 'done' | 'stopped',
): Promise<ScrubRun | undefined> {
  const { rows } = await client.query<ScrubRun>({
    name: 'end_scrub_run',
    text: `
      update scrub_runs
      set ended_at = now(), outcome = $1, pattern = null
      where ended_at is null
      returning ${COLUMNS}`,
    values: [outcome],
  })
  return rows[0]
}

export type ScrubTurn = {
  turnMs: number
  waitMs: number
  /**
   * How long after its start a run begins, and not before the transactions that had begun by then have ended: rows that
   * were on their way when the rules changed would come behind its back.
   */
  settleMs?: number
}

/**
 * Goes on with the run under way for one turn.
 *
 * @param changeOf what a pattern makes of a row
 * @throws TimeoutError when something else deletes or rewrites rows for longer than `waitMs`
 * @returns `nothing` when there is none, `early` when it cannot begin yet, `more` when its time was over, `all` when no
 * row is left to look at
 */
export async function continueScrubRun(
  store: Store,
  changeOf: (pattern: string) => ScrubChange,
  { turnMs, waitMs, settleMs = 0 }: ScrubTurn,
): Promise<Outcome> {
  const step = () => inTransaction(store.pool, (client) => nextBatch(client, changeOf, settleMs))
  const until = Date.now() + turnMs
  for (;;) {
    // Sessions that wait to delete or rewrite rows go in between.
    const outcome = await withMaintenance(store.pool, step, AbortSignal.timeout(waitMs))
    if (outcome !== 'more' || Date.now() >= until) return outcome
  }
}

async function nextBatch(
  client: pg.PoolClient,
  changeOf: (pattern: string) => ScrubChange,
  settleMs: number,
): Promise<Outcome> {
  const run = await lockOpenRun(client)
  if (!run) return 'nothing'
  const timestamp = run.place_timestamp
  const place = timestamp === null ? undefined : { timestamp, id: run.place_id }
  if (settleMs > 0 && !place && !(await isSettled(client, run.started_at, settleMs))) return 'early'
  const stretch = await findStretch(client, place, true)
  if (!stretch) return 'all'
  const change = changeOf(run.pattern)
  const { scanned, matched, next } = await scrubBatch(client, stretch, {
    change,
    isDryRun: false,
    maxExamples: 0,
  })
  await client.query({
    name: 'move_scrub_run',
    text: `
      update scrub_runs
      set scanned_rows = scanned_rows + $1, matched_rows = matched_rows + $2, place_timestamp = $3, place_id = $4
      where id = $5`,
    values: [scanned, matched, next.timestamp, next.id, run.id],
  })
  return 'more'
}

/** Locked until the transaction ends, so that stopping the run waits for the batch. */
async function lockOpenRun(client: pg.PoolClient): Promise<OpenRun | undefined> {
  const { rows } = await client.query<OpenRun>({
    name: 'lock_scrub_run',
    text: `
      select ${COLUMNS}, pattern, place_timestamp, place_id
      from scrub_runs
      where ended_at is null
      for update`,
  })
  return rows[0]
}
