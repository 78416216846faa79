import type pg from 'pg'
import { backupsIn, type FolderBackup, intoFolder } from '../../store/backup/backup-files.ts'
import { Bucket, type BucketConfig, type Upload } from '../../store/backup/bucket.ts'
import { runAlone } from '../../store/database/job-runs.ts'
import { DAY, fromMillis, HOUR, MINUTE } from '../../store/database/timestamp.ts'
import { BackupUploads, type UploadState } from './backup-uploads.ts'

/** A backup each day at the same time, into a folder. */
export type BackupPlan = {
  folder: string
  /** Minutes after midnight, in UTC. */
  atMinutes: number
  /** How many files stay. */
  keep: number
  /** Each backup is uploaded to it as well. */
  bucket?: BucketConfig | undefined
}

export type BackupClockOptions = BackupPlan & {
  /** The pool of the jobs: one backup runs at a time, however many servers share the database. */
  jobPool: pg.Pool
  /** Connects for as long as a backup takes. */
  open: () => Promise<{ pool: pg.Pool; close: () => Promise<void> }>
  onDone: (backup: FolderBackup) => void
  onUploaded: (upload: Upload) => void
  onFailure: (error: unknown) => void
  now?: () => number
}

/** The state for a diagnosis; times are ISO 8601. */
export type BackupState = {
  folder: string
  newest: string | null
  /** Since when the next one should be there; null while none is due. */
  due_since: string | null
  /** Why it is not there; null once it is. */
  failed: { at: string; message: string } | null
  /** Undefined without a bucket. */
  upload?: UploadState
}

/** A backup that failed is tried again after this time. */
const RETRY_MS = HOUR

/** A backup that is named after a later time than this from now is of a clock that was wrong, and says nothing. */
const CLOCKS_DIFFER_MS = HOUR

/** A day, and the hours that a backup of a large database may take. */
const LATE_AFTER_MINUTES = (DAY + 6 * HOUR) / MINUTE

/**
 * Makes the backup that is due: when the folder holds none since the last time of the plan. The names of the files alone
 * say so, which a restart survives, and a start makes up for the time that was missed.
 */
export class BackupClock {
  readonly #options: BackupClockOptions
  readonly #now: () => number
  readonly #stopping = new AbortController()
  readonly #uploads: BackupUploads | undefined
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #uploading: Promise<void> | undefined
  #failed: { atMs: number; message: string } | undefined

  constructor(options: BackupClockOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    const { bucket, folder, keep, jobPool, onUploaded, onFailure } = options
    this.#uploads =
      bucket &&
      new BackupUploads({
        ...{ folder, keep, jobPool, onFailure, now: this.#now, signal: this.#stopping.signal },
        bucket: new Bucket(bucket),
        onDone: onUploaded,
      })
  }

  start(): void {
    this.#timer = setInterval(() => this.#lookOnce(), MINUTE).unref()
    this.#lookOnce()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort()
    await this.#looking
    await this.#uploading
  }

  /** @throws when the folder cannot be read */
  async state(): Promise<BackupState> {
    const { folder } = this.#options
    const newestMs = (await this.#newest())?.at
    const dueMs = this.#dueMs()
    const isDue = newestMs === undefined || newestMs < dueMs
    return {
      folder,
      newest: newestMs === undefined ? null : fromMillis(newestMs),
      due_since: isDue ? fromMillis(dueMs) : null,
      // Another server may have made it since.
      failed:
        isDue && this.#failed ? { at: fromMillis(this.#failed.atMs), message: this.#failed.message } : null,
      ...(this.#uploads && { upload: this.#uploads.state() }),
    }
  }

  #lookOnce(): void {
    if (this.#looking || this.#stopping.signal.aborted) return
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined
    })
  }

  async #look(): Promise<void> {
    await this.#lookForBackup()
    // The next backup does not wait for a bucket that is slow.
    this.#uploading ??= this.#lookForUpload().finally(() => {
      this.#uploading = undefined
    })
  }

  async #lookForUpload(): Promise<void> {
    if (!this.#uploads) return
    const newest = await this.#newest().catch(() => undefined)
    if (newest) await this.#uploads.look(newest)
  }

  async #lookForBackup(): Promise<void> {
    const { jobPool, onFailure } = this.#options
    if (this.#failed && this.#now() - this.#failed.atMs < RETRY_MS) return
    try {
      // A folder that cannot be read fails as the job does, which is late then.
      if (!(await this.#isDue().catch(() => true))) return
      await runAlone(jobPool, {
        name: 'backup',
        work: () => this.#backUp(),
        isStopping: () => this.#stopping.signal.aborted,
        lateAfterMinutes: LATE_AFTER_MINUTES,
      })
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#failed = { atMs: this.#now(), message: error instanceof Error ? error.message : String(error) }
      onFailure(error)
    }
  }

  async #backUp(): Promise<void> {
    // Another server may have been quicker.
    if (!(await this.#isDue())) return
    const { open, folder, keep, onDone } = this.#options
    const database = await open()
    try {
      onDone(await intoFolder(database.pool, folder, { keep, signal: this.#stopping.signal }))
      this.#failed = undefined
    } finally {
      await database.close()
    }
  }

  async #isDue(): Promise<boolean> {
    const newestMs = (await this.#newest())?.at
    return newestMs === undefined || newestMs < this.#dueMs()
  }

  async #newest(): Promise<{ name: string; at: number } | undefined> {
    const latestMs = this.#now() + CLOCKS_DIFFER_MS
    return (await backupsIn(this.#options.folder)).findLast(({ at }) => at <= latestMs)
  }

  /** The last time of the plan. */
  #dueMs(): number {
    const nowMs = this.#now()
    const offset = this.#options.atMinutes * MINUTE
    return Math.floor((nowMs - offset) / DAY) * DAY + offset
  }
}
