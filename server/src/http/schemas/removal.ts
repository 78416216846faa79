import { type Static, Type } from 'typebox'
import { Nullable, TimestampSchema } from './fields.ts'
import { FiltersApplied } from './logs.ts'

export const CleanupResult = Type.Object({
  deleted_count: Type.Integer(),
  days_kept: Type.Integer(),
  /** When everything was cleared: until then `POST /api/logs/cleanup/undo` brings it back. */
  undo_until: Type.Optional(TimestampSchema),
})
export type CleanupResult = Static<typeof CleanupResult>

/** The deletions that the retention settings would do now. */
export const RetentionPlan = Type.Object({
  would_delete: Type.Integer(),
  would_free_bytes: Type.Integer(),
  partitions: Type.Array(
    Type.Object({
      start: TimestampSchema,
      end: TimestampSchema,
      /** Dropped whole, written anew without the rows that go, or thinned in short batches. */
      action: Type.Union([Type.Literal('drop'), Type.Literal('rewrite'), Type.Literal('delete')]),
      reason: Type.Union([Type.Literal('age'), Type.Literal('size')]),
      rows: Type.Integer(),
      bytes: Type.Integer(),
    }),
  ),
})
export type RetentionPlan = Static<typeof RetentionPlan>

/** The preview of a deletion by these filters; send `filters_applied` and `rows` to have it done. */
export const DeletionPreview = Type.Object({
  rows: Type.Integer(),
  first_log_at: Nullable(TimestampSchema),
  last_log_at: Nullable(TimestampSchema),
  filters_applied: FiltersApplied,
})
export type DeletionPreview = Static<typeof DeletionPreview>

/** `POST /api/logs/scrub`. */
export const ScrubResult = Type.Object({
  scanned_rows: Type.Integer(),
  matched_rows: Type.Integer(),
  examples: Type.Array(
    Type.Object({
      id: Type.Integer(),
      /** As it is now, or would be. */
      message: Type.String(),
      /** Where something is masked first. */
      field: Type.Union([Type.Literal('message'), Type.Literal('logger_name'), Type.Literal('extra_data')]),
      /** The field around the first difference; `before` is null once it is masked. */
      before: Nullable(Type.String()),
      after: Type.String(),
    }),
  ),
})
export type ScrubResult = Static<typeof ScrubResult>

/** `GET /api/logs/scrub/run`: the current masking run, or the last one. */
export const ScrubRun = Type.Object({
  id: Type.Integer(),
  started_by: Type.String(),
  started_at: TimestampSchema,
  /** Null while it is under way. */
  ended_at: Nullable(TimestampSchema),
  outcome: Nullable(Type.Unsafe<'done' | 'stopped'>({ type: 'string', enum: ['done', 'stopped', null] })),
  /** Lines there were at the start; those that come meanwhile are not looked through. */
  total_rows: Type.Integer(),
  scanned_rows: Type.Integer(),
  matched_rows: Type.Integer(),
})
export type ScrubRun = Static<typeof ScrubRun>
