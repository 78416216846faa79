import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import type { Bucket, Upload } from '../../store/backup/bucket.ts'
import { runAlone } from '../../store/database/job-runs.ts'
import { fromMillis, HOUR } from '../../store/database/timestamp.ts'

export type BackupUploadsOptions = {
  bucket: Bucket
  folder: string
  /** The number of backups that stay in the bucket. */
  keep: number
  /** One upload runs at a time, however many servers share the database. */
  jobPool: pg.Pool
  signal: AbortSignal
  now: () => number
  onDone: (upload: Upload) => void
  onFailure: (error: unknown) => void
}

/** The state for a diagnosis; times are ISO 8601. */
export type UploadState = {
  url: string
  /** The time of the newest backup that is known to be in the bucket. */
  newest: string | null
  /** Why the newest backup of the folder is not there; null once it is. */
  failed: { at: string; message: string } | null
}

/** An upload that failed is retried after this time. */
const RETRY_MS = HOUR

/** Uploads the newest backup of a folder to a bucket, unless it is there. */
export class BackupUploads {
  readonly #options: BackupUploadsOptions
  #uploaded: { name: string; at: number } | undefined
  #failed: { atMs: number; message: string } | undefined

  constructor(options: BackupUploadsOptions) {
    this.#options = options
  }

  async look(newest: { name: string; at: number }): Promise<void> {
    const { jobPool, signal, now, onFailure } = this.#options
    if (this.#uploaded?.name === newest.name || signal.aborted) return
    if (this.#failed && now() - this.#failed.atMs < RETRY_MS) return
    try {
      await runAlone(jobPool, {
        name: 'backup-upload',
        work: () => this.#upload(newest),
        isStopping: () => signal.aborted,
      })
    } catch (error) {
      if (signal.aborted) return
      // The database, which says that the job has ended, may fail behind an upload that did not.
      if (this.#uploaded?.name !== newest.name) {
        this.#failed = { atMs: now(), message: error instanceof Error ? error.message : String(error) }
      }
      onFailure(error)
    }
  }

  async #upload(newest: { name: string; at: number }): Promise<void> {
    const { bucket, folder, keep, signal, onDone } = this.#options
    const file = join(folder, newest.name)
    const { size } = await stat(file)
    // Another server may have uploaded it, or this one before a restart.
    if (!(await bucket.has(newest.name, size, signal))) onDone(await bucket.upload(file, { keep, signal }))
    this.#uploaded = newest
    this.#failed = undefined
  }

  state(): UploadState {
    const failed = this.#failed && { at: fromMillis(this.#failed.atMs), message: this.#failed.message }
    return {
      url: this.#options.bucket.url,
      newest: this.#uploaded ? fromMillis(this.#uploaded.at) : null,
      failed: failed ?? null,
    }
  }
}
