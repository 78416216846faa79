import type { RecordInput } from '@timelapser/logger'
import type { LogRow } from '../../store/database/reader.ts'
import type { SyncLogOperations } from '../../store/sync-log-operations.ts'
import { AppError } from '../app-error.ts'

const MAX_DAYS = 36_500

/** The rules of the synchronous way in, for worker processes (spec: "Worker-compatible sync service"). */
export class SyncLogService {
  readonly #logs: SyncLogOperations

  constructor(logs: SyncLogOperations) {
    this.#logs = logs
  }

  /** Stores one record: its row once it is committed, or null when it was kept to be stored later. */
  writeLogEntry(record: RecordInput): LogRow | null {
    return this.#logs.writeLogEntry(record)
  }

  /**
   * Deletes the rows older than `days` days, everything for 0; returns how many.
   *
   * @throws {AppError} INVALID_REQUEST when it is no whole number of days
   */
  cleanupOldLogs(days: number): number {
    if (Number.isInteger(days) && days >= 0 && days <= MAX_DAYS) return this.#logs.cleanupOldLogs(days)
    throw new AppError('INVALID_REQUEST', `days must be a whole number from 0 to ${MAX_DAYS}.`)
  }
}
