import type pg from 'pg'
import { runAlone } from '../../store/database/job-runs.ts'
import { MINUTE } from '../../store/database/timestamp.ts'
import { readOldCameras } from '../../store/old-logs.ts'
import { inLine } from '../in-line.ts'
import type { CameraService } from './camera-service.ts'

export type CameraNamesOptions = {
  /** The database of Timelapser v4, whose table `cameras` has the names. */
  url: string
  cameras: CameraService
  jobPool: pg.Pool
  onFailure: (error: unknown) => void
}

const EVERYTHING = { cameras: null }

/** As many characters as the API takes for a name. */
const MAX_NAME_CHARACTERS = 200

/**
 * Gives the cameras the names that they have in another database, once a minute on one of the servers. Cameras that are
 * not known here are left to their first line; those that are not known there keep their names.
 */
export class CameraNames {
  readonly #options: CameraNamesOptions
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isStopping = false

  constructor(options: CameraNamesOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#runOnce(), MINUTE).unref()
    this.#runOnce()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#timer)
    await this.#running
  }

  #runOnce(): void {
    const { jobPool, onFailure } = this.#options
    this.#running ??= runAlone(jobPool, {
      name: 'camera-names',
      work: () => this.#follow(),
      isStopping: () => this.#isStopping,
    })
      .catch(onFailure)
      .finally(() => {
        this.#running = undefined
      })
  }

  async #follow(): Promise<void> {
    const { url, cameras } = this.#options
    const known = await cameras.list(EVERYTHING)
    if (known.length === 0) return
    const names = new Map(
      (
        await readOldCameras(
          url,
          known.map(({ id }) => id),
        )
      ).map(({ id, name }) => [id, name]),
    )
    for (const { id, name } of known) {
      const wanted = inLine(names.get(id) ?? '')
        .trim()
        .slice(0, MAX_NAME_CHARACTERS)
        .toWellFormed()
      if (wanted && wanted !== name && !this.#isStopping) await cameras.rename(id, wanted)
    }
  }
}
