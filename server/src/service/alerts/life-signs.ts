import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import type { Dimensions } from '../../store/alerts/alert-matches.ts'
import { saveSigns } from '../../store/alerts/alert-signs.ts'

const FLUSH_MS = 2000
/** Where no rule waits for silence, nothing is noted for so long. */
const UNWANTED_MS = 10_000
/** Dimensions noted between two writes; senders name sources as they like. */
const MAX_NOTED = 20_000

export type LifeSignsOptions = {
  pool: pg.Pool
  /** Whether some rule waits for silence. */
  isWanted: () => Promise<boolean>
  onFailure: (error: unknown) => void
}

/**
 * Lines that came and were not stored: a camera whose lines a level holds back is not silent. They are noted by level,
 * source and camera, and written together.
 */
export class LifeSigns {
  readonly #options: LifeSignsOptions
  #noted = new Map<string, Dimensions>()
  #unwantedUntil = 0
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(options: LifeSignsOptions) {
    this.#options = options
  }

  note({ level, source, camera_id }: Pick<LogRecord, 'level' | 'source' | 'camera_id'>): void {
    if (this.#noted.size >= MAX_NOTED || performance.now() < this.#unwantedUntil) return
    const key = `${level} ${camera_id ?? ''} ${source}`
    if (this.#noted.has(key)) return
    this.#noted.set(key, { level, source, camera_id: camera_id ?? null })
    this.#timer ??= setTimeout(() => {
      this.#flushing = this.flush()
    }, FLUSH_MS).unref()
  }

  /** Writes what was noted; what cannot be written is noted by the lines that come next. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const noted = [...this.#noted.values()]
    this.#noted = new Map()
    if (noted.length === 0) return
    try {
      if (await this.#options.isWanted()) await saveSigns(this.#options.pool, noted)
      else this.#unwantedUntil = performance.now() + UNWANTED_MS
    } catch (error) {
      this.#options.onFailure(error)
    }
  }

  async close(): Promise<void> {
    await this.#flushing
    await this.flush()
  }
}
