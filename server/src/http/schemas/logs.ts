import { type Static, Type } from 'typebox'
import { LevelSchema, Nullable, TimestampSchema } from './fields.ts'

export const LogRow = Type.Object({
  id: Type.Integer(),
  level: LevelSchema,
  message: Type.String(),
  timestamp: TimestampSchema,
  camera_id: Nullable(Type.Integer()),
  camera_name: Nullable(Type.String()),
  source: Type.String(),
  logger_name: Nullable(Type.String()),
  extra_data: Nullable(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
})
export type LogRow = Static<typeof LogRow>

export const Pagination = Type.Object({
  page: Type.Integer(),
  limit: Type.Integer(),
  /** Exact, or a lower bound when `total_is_exact` is false. */
  total_pages: Type.Integer(),
  total_items: Type.Integer(),
  total_is_exact: Type.Boolean(),
  has_next: Type.Boolean(),
  has_previous: Type.Boolean(),
  /** Pass as `cursor` for the page after this one; null at the end. */
  next_cursor: Nullable(Type.String()),
  /** Pass as `cursor` for the page before this one; null on the first. */
  previous_cursor: Nullable(Type.String()),
  /** Where a search stopped because its time was over: the cursors go on from there. Null: all of it was searched. */
  searched_to: Nullable(TimestampSchema),
  /** Whether the page ends before its limit because its lines have 8 MB together: `next_cursor` goes on from there. */
  is_cut: Type.Boolean(),
})
export type Pagination = Static<typeof Pagination>

/** The filters in force, as they were understood; unset ones are absent, several values become a list. */
export const FiltersApplied = Type.Record(Type.String(), Type.Unknown())

export const LogPage = Type.Object({
  logs: Type.Array(LogRow),
  pagination: Pagination,
  filters_applied: FiltersApplied,
})
export type LogPage = Static<typeof LogPage>

export const LogSearchPage = Type.Object({
  logs: Type.Array(LogRow),
  search_query: Type.String(),
  pagination: Pagination,
  filters_applied: FiltersApplied,
})
export type LogSearchPage = Static<typeof LogSearchPage>

export const CameraLogs = Type.Object({
  logs: Type.Array(LogRow),
  camera_id: Type.Integer(),
  /** All the logs of this camera, not just the ones on this page. At least, when the total of `pagination` is not exact. */
  count: Type.Integer(),
  pagination: Pagination,
})
export type CameraLogs = Static<typeof CameraLogs>

/** `event: log_entry_created` on `GET /api/events`. */
export const LogEntryEvent = Type.Object({
  type: Type.Literal('log_entry_created'),
  data: Type.Object({
    log_id: Type.Integer(),
    level: LevelSchema,
    source: Type.String(),
    camera_id: Nullable(Type.Integer()),
    /** The first 100 characters. */
    message: Type.String(),
    timestamp: TimestampSchema,
  }),
  priority: Type.Literal('normal'),
  source: Type.Literal('logging_system'),
})
export type LogEntryEvent = Static<typeof LogEntryEvent>
