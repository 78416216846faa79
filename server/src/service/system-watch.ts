/** How often it looks; the figures of the database are those of a scrape. */
const LOOK_MS = 5 * 60_000
const AUDIT_MS = 24 * 3_600_000
/** The first look at the audit trail comes this long after the start: a server may be restarted every day. */
const FIRST_AUDIT_MS = 3_600_000

/** Behind by so much, live views and alerts look late to people. */
const FEED_LATE_SECONDS = 60
/** Lines of the server itself on disk: a short absence of the database leaves fewer. */
const SPOOLED_ROWS = 100

export type TroubleName = 'jobs' | 'feed' | 'spool' | 'intake' | 'audit'
export type Trouble = { name: TroubleName; isOver: boolean; count: number; message: string }

export type SystemWatchOptions = {
  figures: () => Promise<{ lateJobs: number | null; feedLagSeconds: number | null }>
  ownLog: () => { spooledRows: number; dropped: number }
  /** Rows that senders tried to store and that were refused, since the start. */
  refusedRows: () => number
  auditFaults: () => Promise<number>
  /** Told when a trouble begins, and when it is over. */
  onTrouble: (trouble: Trouble) => void
  onFailure: (error: unknown) => void
}

/** Looks after the server itself and puts each trouble into words once, so that alert rules can be about it. */
export class SystemWatch {
  readonly #options: SystemWatchOptions
  readonly #troubled = new Set<TroubleName>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #refused: number
  #dropped: number
  #auditedAt = performance.now() - AUDIT_MS + FIRST_AUDIT_MS

  constructor(options: SystemWatchOptions) {
    this.#options = options
    this.#refused = options.refusedRows()
    this.#dropped = options.ownLog().dropped
  }

  start(): void {
    this.#timer = setInterval(() => {
      const isAuditDue = performance.now() - this.#auditedAt >= AUDIT_MS
      this.#looking = this.look(isAuditDue)
    }, LOOK_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  async look(withAudit = false): Promise<void> {
    const { figures, ownLog, refusedRows, auditFaults, onFailure } = this.#options
    try {
      const { spooledRows, dropped } = ownLog()
      const refused = refusedRows()
      const lost = refused - this.#refused + dropped - this.#dropped
      this.#refused = refused
      this.#dropped = dropped
      this.#say('intake', lost, lost > 0, `${lost} lines were refused or lost in the last minutes`)
      this.#say(
        'spool',
        spooledRows,
        spooledRows > SPOOLED_ROWS,
        `${spooledRows} lines of the server wait on disk`,
      )
      const { lateJobs, feedLagSeconds } = await figures()
      const jobs = lateJobs ?? 0
      this.#say('jobs', jobs, jobs > 0, jobs === 1 ? 'A job is late' : `${jobs} jobs are late`)
      const lag = Math.round(feedLagSeconds ?? 0)
      this.#say('feed', lag, lag > FEED_LATE_SECONDS, `Stored lines reach this server ${lag} seconds late`)
      if (!withAudit) return
      this.#auditedAt = performance.now()
      const faults = await auditFaults()
      this.#say('audit', faults, faults > 0, `The chain of the audit trail is broken in ${faults} places`)
    } catch (error) {
      onFailure(error)
    }
  }

  #say(name: TroubleName, count: number, isTrouble: boolean, message: string): void {
    if (isTrouble === this.#troubled.has(name)) return
    if (isTrouble) this.#troubled.add(name)
    else this.#troubled.delete(name)
    this.#options.onTrouble({ name, isOver: !isTrouble, count, message })
  }
}
