import { type Static, Type } from 'typebox'
import { Nullable, TimestampSchema } from './fields.ts'

export const LogSummary = Type.Object({
  total_logs: Type.Integer(),
  critical_count: Type.Integer(),
  error_count: Type.Integer(),
  warning_count: Type.Integer(),
  info_count: Type.Integer(),
  debug_count: Type.Integer(),
  unique_sources: Type.Integer(),
  unique_cameras: Type.Integer(),
  first_log_at: Nullable(TimestampSchema),
  last_log_at: Nullable(TimestampSchema),
})
export type LogSummary = Static<typeof LogSummary>

export const LogStats = Type.Object({
  summary: LogSummary,
  period_hours: Type.Integer(),
  metadata: Type.Object({
    generated_at: TimestampSchema,
    data_range: Type.Object({ first_log: Nullable(TimestampSchema), last_log: Nullable(TimestampSchema) }),
    coverage: Type.Object({ unique_sources: Type.Integer(), unique_cameras: Type.Integer() }),
  }),
})
export type LogStats = Static<typeof LogStats>

export const LogSource = Type.Object({
  source: Type.String(),
  log_count: Type.Integer(),
  last_log_at: Nullable(TimestampSchema),
  error_count: Type.Integer(),
  warning_count: Type.Integer(),
})
export type LogSource = Static<typeof LogSource>

/** By name: those with most lines, 10,000 at most; `total_sources` counts all. */
export const LogSources = Type.Object({ sources: Type.Array(LogSource), total_sources: Type.Integer() })
export type LogSources = Static<typeof LogSources>

/** Rows by level in one step of time, the range [start, start + bucket_seconds). */
export const HistogramBucket = Type.Object({
  start: TimestampSchema,
  debug: Type.Integer(),
  info: Type.Integer(),
  warning: Type.Integer(),
  error: Type.Integer(),
  critical: Type.Integer(),
})
export type HistogramBucket = Static<typeof HistogramBucket>

export const Histogram = Type.Object({
  start: TimestampSchema,
  end: TimestampSchema,
  bucket_seconds: Type.Integer(),
  /** All buckets of the range, empty ones included. */
  buckets: Type.Array(HistogramBucket),
  total: Type.Integer(),
})
export type Histogram = Static<typeof Histogram>

export const FacetValue = Type.Object({
  value: Type.Union([Type.String(), Type.Integer()]),
  label: Type.String(),
  count: Type.Integer(),
})
/**
 * Counts of each value under the other filters, most frequent first (levels: highest first), 1,000 values at most;
 * `totals` says how many there are.
 */
export const Facets = Type.Object({
  level: Type.Array(FacetValue),
  source: Type.Array(FacetValue),
  camera_id: Type.Array(FacetValue),
  totals: Type.Object({ source: Type.Integer(), camera_id: Type.Integer() }),
})
export type Facets = Static<typeof Facets>
