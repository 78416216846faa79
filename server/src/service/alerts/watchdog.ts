import type pg from 'pg'
import { readAlertFigures } from '../../store/alerts/alert-deliveries.ts'

/** How far behind evaluation may be: a notice that comes later is of little use, and a step takes seconds at most. */
const LATE_SECONDS = 120
const LOOK_MS = 60_000

export type WatchdogOptions = {
  pool: pg.Pool
  /** Told once that evaluation is late, and once that it is not any more. */
  onLate: (news: { isLate: boolean; lag_seconds: number }) => void
  onFailure: (error: unknown) => void
}

/** Looks whether the rules are evaluated in time, by whichever server, also when a step hangs or none is taken. */
export class AlertWatchdog {
  readonly #options: WatchdogOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #isLate = false

  constructor(options: WatchdogOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking = this.look()
    }, LOOK_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  async look(): Promise<void> {
    try {
      const lag_seconds = Math.round((await readAlertFigures(this.#options.pool)).lag_seconds ?? 0)
      const isLate = lag_seconds > LATE_SECONDS
      if (isLate === this.#isLate) return
      this.#isLate = isLate
      this.#options.onLate({ isLate, lag_seconds })
    } catch (error) {
      this.#options.onFailure(error)
    }
  }
}
