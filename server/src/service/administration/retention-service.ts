import { fromMillis, now, toMillis } from '../../store/database/timestamp.ts'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { UNDO_MINUTES, UndoRunning } from '../../store/removal/clear.ts'
import { MoreRowsMatch, previewMatching } from '../../store/removal/delete-matching.ts'
import type { PlannedRemoval } from '../../store/removal/retention-plan.ts'
import { cutoffsOf } from '../../store/removal/retention-policy.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import type { Settings } from '../../store/settings/settings-schema.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import type { ServerEvents } from '../live/server-events.ts'
import { appliedFilters, type LogQuery, type SearchQueries } from '../logs/log-query.ts'
import { checkSettings } from './setting-check.ts'

/** Rows that were removed or came back: the actor and the action. */
export type Removal = {
  action: 'retention' | 'cleanup' | 'clear' | 'undo' | 'delete'
  /** Rows removed; for an undo the rows that came back. */
  deleted_count: number
  days_kept: number | null
  /** A person, a key, or what started a job. */
  by: string
}

/** The settings that say what is removed. */
const RETENTION_RULES = [
  'retention_days',
  'retention_by_level',
  'retention_by_source',
  'retention_max_bytes',
] as const satisfies readonly (keyof Settings)[]

export type RetentionPreview = { would_delete: number; would_free_bytes: number }

export type RetentionServiceOptions = {
  logOperations: LogOperations
  settings: SettingsStore
  serverEvents: ServerEvents
  queries: SearchQueries
  auditTrail: AuditTrail
  /** Receives everything that was removed, for the server's own log. */
  onRemoval: (removal: Removal) => void
}

/** The rules of removing logs: by age and size, by filter, all at once, and having them back. */
export class RetentionService {
  readonly #options: RetentionServiceOptions

  constructor(options: RetentionServiceOptions) {
    this.#options = options
  }

  /** Applies the retention of the settings, as it is done all the time; the removal is audited. */
  async apply(by: string): Promise<number> {
    const deleted_count = await this.#apply(by)
    if (deleted_count > 0) {
      const entry = { action: 'logs.retention', entity: 'logs', after: { by, deleted_count } }
      await this.#options.auditTrail.write(entry)
    }
    return deleted_count
  }

  /** Applies the retention of the settings because somebody asked for it. */
  applyNow(by: string): Promise<number> {
    return this.#audited(
      'logs.retention',
      {},
      () => this.#apply(by),
      (deleted_count) => ({ deleted_count }),
    )
  }

  async #apply(by: string): Promise<number> {
    const { logOperations, settings } = this.#options
    const current = await settings.get()
    const { deleted_count } = await logOperations.applyRetention(
      cutoffsOf(current, Date.now()),
      current.retention_max_bytes,
    )
    await this.#tell({ action: 'retention', deleted_count, days_kept: current.retention_days, by })
    return deleted_count
  }

  /**
   * The removals by the retention of the settings if it ran now, partition by partition.
   *
   * @param changes rules that are not in force yet, to see what they would do before they do it
   * @throws {AppError} INVALID_REQUEST or INVALID_LEVEL that names the rule
   */
  async plan(changes: Record<string, unknown> = {}): Promise<PlannedRemoval[]> {
    const { logOperations, settings } = this.#options
    const current = { ...(await settings.get()), ...checkSettings(changes, RETENTION_RULES) }
    return logOperations.planRetention(cutoffsOf(current, Date.now()), current.retention_max_bytes)
  }

  /** The rows that `cleanup` would delete now. */
  async previewCleanup(daysToKeep: number): Promise<RetentionPreview> {
    const { logOperations } = this.#options
    const [would_delete, removals] = await Promise.all([
      logOperations.countOldLogs(daysToKeep),
      logOperations.planOldLogs(daysToKeep),
    ])
    return { would_delete, would_free_bytes: removals.reduce((sum, { bytes }) => sum + bytes, 0) }
  }

  /**
   * Deletes the rows older than `daysToKeep` days, all rows for 0.
   *
   * @returns how many; `undo_until` for all of them: until then `undo` brings them back
   * @throws {AppError} CONFLICT while an undo runs
   */
  async cleanup(daysToKeep: number, by: string): Promise<{ deleted_count: number; undo_until?: string }> {
    const { logOperations } = this.#options
    if (daysToKeep > 0) {
      const deleted_count = await this.#audited(
        'logs.cleanup',
        { days_kept: daysToKeep },
        () => logOperations.deleteOldLogs(daysToKeep),
        (count) => ({ deleted_count: count }),
      )
      await this.#tell({ action: 'cleanup', deleted_count, days_kept: daysToKeep, by })
      return { deleted_count }
    }
    const clear = () =>
      logOperations.clearLogs().catch((error: unknown) => {
        if (!(error instanceof UndoRunning)) throw error
        throw new AppError('CONFLICT', 'An undo is in progress. Try again when it has finished.')
      })
    const { rows, cleared_at } = await this.#audited('logs.clear', {}, clear, (cleared) => ({
      deleted_count: cleared.rows,
    }))
    await this.#tell({ action: 'clear', deleted_count: rows, days_kept: 0, by })
    return { deleted_count: rows, undo_until: fromMillis(toMillis(cleared_at) + UNDO_MINUTES * 60_000) }
  }

  /**
   * Brings back what was cleared last, and returns how many rows.
   *
   * @throws {AppError} NOT_FOUND when nothing was cleared in the last ten minutes
   */
  async undo(by: string): Promise<number> {
    const undo = async () => {
      const clear = await this.#options.logOperations.undoClear()
      if (clear) return clear
      throw new AppError('NOT_FOUND', `Nothing was cleared in the last ${UNDO_MINUTES} minutes.`)
    }
    const clear = await this.#audited('logs.undo', {}, undo, ({ rows }) => ({ restored_count: rows }))
    await this.#tell({ action: 'undo', deleted_count: clear.rows, days_kept: null, by })
    return clear.rows
  }

  /** Gives back the room of what was cleared more than ten minutes ago, or of all that was cleared. */
  dropCleared(minutes?: number): Promise<number> {
    return this.#options.logOperations.dropCleared(minutes)
  }

  /**
   * The rows that `deleteMatching` would delete, and the filters to give it: without an end they get the present as
   * their end.
   */
  async previewMatching(query: LogQuery, visibility: Visibility) {
    const bounded = { ...query, end_date: query.end_date || now() }
    const found = await this.#options.logOperations.read(
      previewMatching,
      await this.#filterOf(bounded, visibility),
      undefined,
    )
    return { ...found, filters_applied: appliedFilters(bounded) }
  }

  /**
   * Deletes the rows that match.
   *
   * @param confirmRows the number that the preview reported; if more rows match nothing is deleted
   * @param signal ends it; rows deleted by then stay deleted
   * @throws {AppError} CONFLICT when more rows match than were confirmed, INVALID_REQUEST without a filter
   */
  async deleteMatching(
    query: LogQuery,
    confirmRows: number,
    { visibility, by, signal }: { visibility: Visibility; by: string; signal: AbortSignal },
  ): Promise<number> {
    const { logOperations } = this.#options
    // Lines of later are nobody's to have agreed to.
    const filter = await this.#filterOf({ ...query, end_date: query.end_date || now() }, visibility)
    const work = () =>
      logOperations.deleteMatching(filter, { mostRows: confirmRows, signal }).catch((error: unknown) => {
        if (!(error instanceof MoreRowsMatch)) throw error
        throw new AppError(
          'CONFLICT',
          `${error.rows} rows match, more than the ${confirmRows} that were confirmed; nothing was deleted. Repeat the preview.`,
        )
      })
    const deleted_count = await this.#audited(
      'logs.delete',
      { filters: withoutText(query), confirmed_rows: confirmRows },
      work,
      (count) => ({ deleted_count: count }),
    )
    await this.#tell({ action: 'delete', deleted_count, days_kept: null, by })
    return deleted_count
  }

  #audited<T>(action: string, asked: object, work: () => Promise<T>, describe: (result: T) => object) {
    return this.#options.auditTrail.around({ action, entity: 'logs', after: asked }, work, describe)
  }

  async #filterOf(query: LogQuery, visibility: Visibility): Promise<LogFilter> {
    const filter = await this.#options.queries.toFilter(query, visibility)
    const { visibility: _, end: __, ...others } = filter
    if (Object.keys(others).length > 0) return filter
    throw new AppError(
      'INVALID_REQUEST',
      'Give at least one filter. To delete everything, or everything older than some days, use /api/logs/cleanup.',
    )
  }

  async #tell(removal: Removal): Promise<void> {
    if (removal.deleted_count === 0 && removal.action === 'retention') return
    this.#options.onRemoval(removal)
    const { action, deleted_count, days_kept, by } = removal
    if (action === 'undo') {
      await this.#options.serverEvents.publish('logs_restored', { restored_count: deleted_count, by })
      return
    }
    await this.#options.serverEvents.publish('logs_cleaned', { deleted_count, days_kept, by })
  }
}

/** The filters without what was looked for: that may be the very password that must not stay. */
function withoutText({ search, q, ...others }: LogQuery): Record<string, unknown> {
  return {
    ...appliedFilters(others),
    ...(search && { search_characters: search.length }),
    ...(q && { q_characters: q.length }),
  }
}
