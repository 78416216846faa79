import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import type { ByteBudget } from '../byte-budget.ts'
import { forgetDeletedCameras } from './cameras/deleted-cameras.ts'
import { countRows, type LevelBucket } from './counts/counts.ts'
import type { ReadReplica } from './database/read-replica.ts'
import { type LogRow, PageRoom } from './database/reader.ts'
import { DAY, fromMillis } from './database/timestamp.ts'
import type { LogFilter } from './filter/log-filter.ts'
import { explainPattern } from './filter/search-conditions.ts'
import { Partitions } from './partitions/partitions.ts'
import { findRow } from './reading/find-row.ts'
import {
  type Facet,
  type FacetRows,
  facets,
  histogram,
  type LogSummary,
  type SourceSummary,
  summarise,
  summariseSources,
} from './reading/log-overview.ts'
import { type LogSlice, readBeyond, readPage, readTotal, type Total } from './reading/log-pages.ts'
import { SEARCH_BUDGET_MS } from './reading/search-rows.ts'
import type { Store } from './reading/store.ts'
import { type Clear, clearLogs, dropCleared } from './removal/clear.ts'
import { type DeletionLimits, deleteMatching } from './removal/delete-matching.ts'
import { applyRetention, type RetentionResult } from './removal/retention.ts'
import { type PlannedRemoval, planRemovals } from './removal/retention-plan.ts'
import { type Cutoffs, cutoffForAll } from './removal/retention-policy.ts'
import { undoClear } from './removal/undo-clear.ts'
import type { SettingsStore } from './settings/settings.ts'
import { Admission, type AdmissionOptions } from './writing/admission.ts'
import { IdBlocks } from './writing/id-blocks.ts'
import { type Flush, LogIntake, LogWriter, type TakeResult, type WriteGate } from './writing/log-writer.ts'
import {
  CameraRegister,
  type CameraRegisterOptions,
  NameRegister,
  type NamesFull,
} from './writing/registers.ts'
import type { AddResult, SenderMark } from './writing/senders.ts'

export type LogOperationsOptions = {
  /** Reads, and what writes need beside their own connection. */
  pool: pg.Pool
  /** Chooses where a read of rows goes; `pool` when unset. */
  replica?: Pick<ReadReplica, 'choose'> | undefined
  settings: SettingsStore
  /** Hold live entries back; where they are unset, every level passes. */
  levels?: AdmissionOptions['levels']
  /** Parses what comes in by the rules that people set. */
  parsing?: AdmissionOptions['parsing']
  onCamerasRegistered?: CameraRegisterOptions['onRegistered']
  /** Called when there is no room for more sources, loggers or cameras, once each. */
  onNamesFull?: (full: NamesFull) => void
  /** Called for every batch after its COMMIT. */
  onStored?: (added: AddResult) => void
  /** Called for every transaction that stores rows, or fails to. */
  onFlush?: (flush: Flush) => void
  /** Called for rows that are no imports while they are stored, with the id of the first; they may still be refused. */
  onRows?: (records: readonly LogRecord[], firstId: number) => void
  gate?: WriteGate
  /** How long a search may scan; `SEARCH_BUDGET_MS` when unset. */
  searchBudgetMs?: number
  /** How long a page of a search waits for its total; `PAGE_TOTAL_BUDGET_MS` when unset. */
  pageTotalBudgetMs?: number
}

/** Everything that is done to log rows (spec: "Database Operations Layer"). */
export class LogOperations {
  readonly partitions: Partitions
  readonly #pool: pg.Pool
  readonly #replica: LogOperationsOptions['replica']
  /** The way in of live lines and imports. */
  readonly intake: LogIntake
  readonly #cameras: CameraRegister
  readonly #pageRoom = new PageRoom()
  readonly #searchBudgetMs: number | undefined
  readonly #pageTotalBudgetMs: number | undefined

  constructor(options: LogOperationsOptions) {
    const { pool, settings, levels, parsing, onCamerasRegistered, onStored, onFlush, gate, searchBudgetMs } =
      options
    this.#searchBudgetMs = searchBudgetMs
    this.#pageTotalBudgetMs = options.pageTotalBudgetMs
    this.#pool = pool
    this.#replica = options.replica
    this.partitions = new Partitions(pool)
    const isRegistrationOn = async () => (await settings.get()).register_cameras
    this.#cameras = new CameraRegister({
      pool,
      isRegistrationOn,
      ...(onCamerasRegistered ? { onRegistered: onCamerasRegistered } : {}),
    })
    const names = new NameRegister({ pool, onFull: options.onNamesFull })
    const admission = new Admission({ settings, cameras: this.#cameras, levels, parsing, names })
    const writer = new LogWriter({
      pool,
      partitions: this.partitions,
      ids: new IdBlocks(pool),
      cameras: this.#cameras,
      onFlush,
      onRows: options.onRows,
    })
    this.intake = new LogIntake({ pool, admission, writer, gate, onStored })
  }

  get #store(): Store {
    return {
      pool: this.#pool,
      partitions: this.partitions,
      searchBudgetMs: this.#searchBudgetMs,
      pageTotalBudgetMs: this.#pageTotalBudgetMs,
      pageRoom: this.#pageRoom,
    }
  }

  /** For reads that may go to a replica. */
  async #reading(signal?: AbortSignal): Promise<Store> {
    const pool = this.#replica ? await this.#replica.choose() : this.#pool
    return { ...this.#store, pool, signal }
  }

  /** Rows accepted by `addLogEntries` that no transaction has taken yet. */
  get waitingRows(): number {
    return this.intake.waitingRows
  }

  /** Bounds the text of pages that are being read. */
  get pagesBudget(): ByteBudget {
    return this.#pageRoom.budget
  }

  /** Bounds the rows that are not stored yet. */
  get writesBudget(): ByteBudget {
    return this.intake.budget
  }

  /**
   * Stores a batch; resolves after COMMIT. With a `sender` mark a repeat of the batch stores nothing and is answered
   * as the first time; without one, a caller that repeats after a lost reply stores twice. Entries keep their level and
   * time under any settings; lines that come in live go through `intake`.
   *
   * @throws {WriterOverloaded} when too many rows wait, {@link WriterClosed} after `close()`, or PostgreSQL's error when
   * nothing was stored
   */
  addLogEntries(records: readonly LogRecord[], sender?: SenderMark): Promise<TakeResult> {
    return this.intake.take(records, { isLive: false, isImport: false }, sender)
  }

  /** Stores one record and returns its row; `sender` as in `addLogEntries`. */
  async addLogEntry(record: LogRecord, sender?: SenderMark): Promise<LogRow> {
    const { first_id, rejected, dropped } = await this.addLogEntries([record], sender)
    if (first_id === null)
      throw new Error(
        rejected[0]?.reason ?? (dropped > 0 ? 'a parse rule drops the record' : 'the record was not stored'),
      )
    const row = await this.getLog(first_id, { visibility: { cameras: null } })
    if (!row) throw new Error(`the row ${first_id} was removed as soon as it was stored`)
    return row
  }

  /** Matching rows in the order (timestamp, id), however long: for programs that know what they ask for. */
  async getLogs(asked: LogFilter, slice: LogSlice): Promise<LogRow[]> {
    const store = await this.#reading()
    const filter = await this.#complete(asked)
    if ('beyond' in slice) return readBeyond(store, filter, slice.beyond, slice.order, slice.limit)
    return readPage(store, filter, slice.offset, slice.limit)
  }

  /**
   * Reads by a function that the package has beside this class: `readLogPage`, `readLogSlice`, `summariseSources`,
   * `countDimensions`, `previewMatching` or `exportRows`. It gets the database to read from, a replica where one may answer,
   * and the filter with the cameras that were deleted.
   *
   * @param signal ends the read and its statements
   * @param more the function's parameters after the filter
   */
  async read<F extends LogFilter, More extends unknown[], Answer>(
    how: (store: Store, filter: F, ...more: More) => Promise<Answer>,
    filter: F,
    signal: AbortSignal | undefined,
    ...more: More
  ): Promise<Answer> {
    return how(await this.#reading(signal), await this.#complete(filter), ...more)
  }

  /**
   * Reads bit by bit, newest rows first, for as long as the caller takes: by `scanMessages`, `scanFields`, `scanValues`,
   * `foldValues` or `scanRows`. Parameters as for `read`; a long read holds no transaction.
   */
  async *scan<F extends LogFilter, More extends unknown[], Piece>(
    how: (store: Store, filter: F, ...more: More) => AsyncGenerator<Piece>,
    filter: F,
    signal: AbortSignal | undefined,
    ...more: More
  ): AsyncGenerator<Piece> {
    yield* how(await this.#reading(signal), await this.#complete(filter), ...more)
  }

  /** How many rows match; exact up to 10,000 where the kept counts do not suffice. */
  async countLogs(filter: LogFilter, signal?: AbortSignal): Promise<Total> {
    return readTotal(await this.#reading(signal), await this.#complete(filter))
  }

  /** The fault of a regular expression of a search; undefined when it is valid. */
  explainPattern(pattern: string): Promise<string | undefined> {
    return explainPattern(this.#pool, pattern)
  }

  /** One row by id, if the filter's visibility allows it. */
  async getLog(id: number, filter: LogFilter): Promise<LogRow | undefined> {
    return findRow(this.#pool, this.partitions, id, await this.#complete(filter))
  }

  /** Counts, coverage and first and last timestamp of the last `hours` hours, or of a filter's own range. */
  async getLogSummary(
    hours: number | undefined,
    asked: LogFilter,
    signal?: AbortSignal,
  ): Promise<LogSummary> {
    const filter = await this.#complete(asked)
    const range =
      hours === undefined ? filter : { ...filter, start: fromMillis(Date.now() - hours * 3_600_000) }
    return summarise(await this.#reading(signal), range)
  }

  /** Every source with its counts, by name, 10,000 at most, those with most lines. */
  async getLogSources(filter: LogFilter, signal?: AbortSignal): Promise<SourceSummary[]> {
    return (await this.read(summariseSources, filter, signal)).sources
  }

  /** Rows by level in steps of time; steps without rows are left out. */
  async getHistogram(
    filter: LogFilter & { start: string; end: string },
    origin: number,
    bucketMs: number,
    signal?: AbortSignal,
  ): Promise<LevelBucket[]> {
    return histogram(await this.#reading(signal), await this.#complete(filter), origin, bucketMs)
  }

  /** Rows by each value of one column. */
  async getFacet(
    filter: LogFilter,
    name: Facet,
    signal?: AbortSignal,
  ): Promise<{ value: string | number; rows: number }[]> {
    const [values] = await this.getFacets([[name, filter]], signal)
    return values as FacetRows[]
  }

  /** Rows by each value of some columns, each under a filter of its own. Those with equal filters are counted at once. */
  async getFacets(
    asked: readonly (readonly [name: Facet, filter: LogFilter])[],
    signal?: AbortSignal,
  ): Promise<FacetRows[][]> {
    const complete = asked.map(async ([name, filter]) => [name, await this.#complete(filter)] as const)
    const filters = await Promise.all(complete)
    return facets(await this.#reading(signal), filters)
  }

  /** How many rows `deleteOldLogs(days)` would delete now. */
  countOldLogs(days: number): Promise<number> {
    const everything = { visibility: { cameras: null } }
    if (days === 0) return countRows(this.#pool, everything)
    return countRows(this.#pool, { ...everything, end: fromMillis(Date.now() - days * DAY) })
  }

  /** Deletes the rows older than `days` times 24 hours, everything for 0 (see `undoClear`); returns how many. */
  async deleteOldLogs(days: number): Promise<number> {
    if (days === 0) return (await this.clearLogs()).rows
    const cutoffs = cutoffForAll(fromMillis(Date.now() - days * DAY))
    return (await applyRetention(this.#store, cutoffs, 0)).deleted_count
  }

  /** The removals that `deleteOldLogs(days)` would do, partition by partition. */
  planOldLogs(days: number): Promise<PlannedRemoval[]> {
    const cutoff = days === 0 ? 'infinity' : fromMillis(Date.now() - days * DAY)
    return planRemovals(this.#store, cutoffForAll(cutoff), 0)
  }

  /** Removes what the cut-offs name, then the oldest partitions beyond the budget (0: none). */
  applyRetention(cutoffs: Cutoffs, maxBytes: number): Promise<RetentionResult> {
    return applyRetention(this.#store, cutoffs, maxBytes)
  }

  /** The removals that `applyRetention` would do now. */
  planRetention(cutoffs: Cutoffs, maxBytes: number): Promise<PlannedRemoval[]> {
    return planRemovals(this.#store, cutoffs, maxBytes)
  }

  /** Clears everything; can be undone for ten minutes. */
  async clearLogs(): Promise<Clear> {
    const clear = await clearLogs(this.#pool)
    this.partitions.reload()
    return clear
  }

  /** Takes the last clear back; undefined when there is none of the past ten minutes. */
  async undoClear(): Promise<Clear | undefined> {
    const clear = await undoClear(this.#pool)
    this.partitions.reload()
    return clear
  }

  /** Drops for good the rows cleared `minutes` ago or earlier; returns how many clears that were. */
  dropCleared(minutes?: number): Promise<number> {
    return dropCleared(this.#pool, minutes)
  }

  /** Deletes the rows the filter matches, one partition after the other; returns how many, up to the signal. */
  async deleteMatching(filter: LogFilter, limits?: DeletionLimits): Promise<number> {
    return deleteMatching(this.#store, await this.#complete(filter), limits)
  }

  /** Rewrites the logs of deleted cameras to have none; returns how many. */
  forgetDeletedCameras(): Promise<number> {
    return forgetDeletedCameras(this.#store)
  }

  /** The cameras that were deleted; their logs read as having none. */
  deletedCameras(): Promise<readonly number[]> {
    return this.#cameras.deleted()
  }

  /** Forgets what was kept in memory about cameras. */
  reloadCameras(): void {
    this.#cameras.reload()
  }

  /** How long a search may scan, in milliseconds. */
  get searchBudgetMs(): number {
    return this.#searchBudgetMs ?? SEARCH_BUDGET_MS
  }

  /** Waits until everything accepted is stored; refuses what comes after. */
  close(): Promise<void> {
    return this.intake.close()
  }

  async #complete<F extends LogFilter>(filter: F): Promise<F> {
    const deleted_cameras = await this.#cameras.deleted()
    return deleted_cameras.length > 0 ? { ...filter, deleted_cameras } : filter
  }
}
