import { setTimeout as delay } from 'node:timers/promises'
import type { Store } from '../../store/reading/store.ts'
import type { ScrubChange } from '../../store/removal/scrub-batch.ts'
import {
  addScrubRun,
  continueScrubRun,
  endScrubRun,
  findScrubRun,
  type ScrubRun,
} from '../../store/removal/scrub-runs.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import { compileAll } from './redaction-service.ts'

/** How long a job goes on before another one takes over: a server that stops waits for it. */
const TURN_MS = 5000

/** Lines on their way are stored by then, and other servers have heard of new rules. */
const SETTLE_MS = 3000

/** Until it is looked again whether they are. The clock of the jobs would have it wait for ten seconds. */
const EARLY_MS = 300

/** When it is tried again while something else deletes or rewrites rows. */
const BUSY_MS = 2000

export type ScrubServiceOptions = {
  store: Store
  auditTrail: AuditTrail
  /** All rows there are, by the kept counts. */
  countRows: () => Promise<number>
  /** Has a job call `work` then, on any server. */
  wake: (inMs: number) => Promise<void>
  /** Receives every run that ended on this server, for its own log and for pages that show masked lines. */
  onEnd: (run: ScrubRun) => Promise<void>
}

/** Masking of stored lines in the background: begun by somebody, done by the jobs, there after a reload and a restart. */
export class ScrubService {
  readonly #options: ScrubServiceOptions

  constructor(options: ScrubServiceOptions) {
    this.#options = options
  }

  /** The current run, or else the last one; null when there was none. */
  async find(): Promise<ScrubRun | null> {
    return (await findScrubRun(this.#options.store.pool)) ?? null
  }

  /**
   * Begins to mask what the pattern matches.
   *
   * @throws {AppError} INVALID_REQUEST for a pattern that is not taken, CONFLICT while another run is under way
   */
  async start(pattern: string): Promise<ScrubRun> {
    compileAll('pattern', [pattern])
    const { auditTrail, countRows, wake } = this.#options
    const totalRows = await countRows()
    const run = await auditTrail.change(async (client) => {
      const result = await addScrubRun(client, { pattern, by: auditTrail.actor, totalRows })
      if (!result)
        throw new AppError('CONFLICT', 'Stored lines are already being masked. Wait, or stop that run.')
      // The search text may be the secret itself; its shape is enough.
      const after = { pattern_characters: pattern.length }
      return { result, entry: { action: 'logs.scrub.started', entity: 'logs', after } }
    })
    await wake(0)
    return run
  }

  /** Ends the current run; masked lines stay masked. @throws {AppError} NOT_FOUND when there is none */
  async stop(): Promise<ScrubRun> {
    const run = await this.#end('stopped')
    if (run) return run
    throw new AppError('NOT_FOUND', 'No stored lines are being masked.')
  }

  /** Goes on with the run under way for a few seconds and asks for another turn when there is more. */
  async work(): Promise<void> {
    const { store, auditTrail, wake } = this.#options
    const outcome = await continueScrubRun(store, changeOf, {
      turnMs: TURN_MS,
      waitMs: TURN_MS,
      settleMs: SETTLE_MS,
    }).catch((error: unknown) => {
      // Something else deletes or rewrites rows at this moment.
      if (error instanceof Error && error.name === 'TimeoutError') return 'busy' as const
      throw error
    })
    if (outcome === 'more') await wake(0)
    if (outcome === 'early') {
      await delay(EARLY_MS)
      await wake(0)
    }
    if (outcome === 'busy') await wake(BUSY_MS)
    if (outcome !== 'all') return
    const run = await this.find()
    if (!run) return
    await auditTrail.as({ name: run.started_by, address: null, request_id: null }, () => this.#end('done'))
  }

  async #end(outcome: 'done' | 'stopped'): Promise<ScrubRun | undefined> {
    const run = await this.#options.auditTrail.change(async (client) => {
      const result = await endScrubRun(client, outcome)
      if (!result) return { result, entry: undefined }
      const { scanned_rows, matched_rows } = result
      const action = outcome === 'done' ? 'logs.scrub' : 'logs.scrub.stopped'
      return { result, entry: { action, entity: 'logs', after: { scanned_rows, matched_rows } } }
    })
    if (run) await this.#options.onEnd(run)
    return run
  }
}

function changeOf(pattern: string): ScrubChange {
  const patterns = compileAll('pattern', [pattern])
  return (record) => patterns.mask(record)
}
