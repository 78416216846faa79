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

/** What the retention of the settings would do now. */
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

/** What a deletion by these filters would delete; `filters_applied` and `rows` are what to send to have it done. */
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
  /** Some of the messages as they are now, or would be. */
  examples: Type.Array(Type.Object({ id: Type.Integer(), message: Type.String() })),
})
export type ScrubResult = Static<typeof ScrubResult>
