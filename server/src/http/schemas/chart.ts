// The shape of a chart: the reply of `GET /api/logs/chart`.
import { type Static, Type } from 'typebox'
import { MEASURES, type Measure } from '../../service/insights/chart/chart-request.ts'
import { Nullable, TimestampSchema } from './fields.ts'

const NullableNumber = Type.Unsafe<number | null>({ type: 'number', nullable: true })
const NullableText = Type.Unsafe<string | null>({ type: 'string', nullable: true })

/** The filters that list a group's lines, beside those of the chart; `q` is to be joined with the chart's own. */
export const ChartFilter = Type.Object({
  level: Type.Optional(Type.Array(Type.String())),
  source: Type.Optional(Type.Array(Type.String())),
  camera_id: Type.Optional(Type.Array(Type.Integer())),
  logger_name: Type.Optional(Type.Array(Type.String())),
  q: Type.Optional(Type.String()),
})
export type ChartFilter = Static<typeof ChartFilter>

/** The lines of a chart that have the same value of each of `by`. */
export const ChartSeries = Type.Object({
  /** The value of each of `by`; null where the lines have none. */
  values: Type.Array(NullableText),
  /** The same for people: a camera by its name. */
  labels: Type.Array(Type.String()),
  lines: Type.Integer(),
  /** The figure of the whole range. */
  value: NullableNumber,
  /** The figure of each step; null where there is none, or where the time was over first. */
  points: Type.Array(NullableNumber),
  /** Null where filters cannot tell the group from others. */
  filter: Type.Unsafe<ChartFilter | null>({ ...ChartFilter, nullable: true }),
})
export type ChartSeries = Static<typeof ChartSeries>

/** The lines that a chart of many stands on, spread evenly over the range. */
const ChartSample = Type.Object({
  /** The part of the range that was read. */
  share: Type.Number(),
  /** Lines that were read. */
  lines: Type.Integer(),
  /** How many there are, in whole minutes; null where only reading them would tell. */
  of: Nullable(Type.Integer()),
})

/** The lines of the groups without a series of their own, together. */
const ChartOther = Type.Object({
  groups: Type.Integer(),
  lines: Type.Integer(),
  value: NullableNumber,
  points: Type.Array(NullableNumber),
})

export const Chart = Type.Object({
  measure: Type.Unsafe<Measure>({ type: 'string', enum: [...MEASURES] }),
  field: NullableText,
  by: Type.Array(Type.String()),
  start: TimestampSchema,
  end: TimestampSchema,
  /** Null for totals. */
  bucket_seconds: Type.Unsafe<number | null>({ type: 'integer', nullable: true }),
  /** When each step begins. */
  buckets: Type.Array(TimestampSchema),
  /** Those with most lines first. */
  series: Type.Array(ChartSeries),
  other: Type.Unsafe<Static<typeof ChartOther> | null>({ ...ChartOther, nullable: true }),
  /** Groups there are; more than 1,000 are not told apart, which `is_groups_cut` says. */
  total_groups: Type.Integer(),
  is_groups_cut: Type.Boolean(),
  /** Lines that are counted. */
  lines: Type.Integer(),
  /** Matching lines that are not counted: they have no such field, or no number in it. */
  left_out: Type.Object({
    without_field: Type.Integer(),
    not_numbers: Type.Integer(),
    /** At most five of these values. */
    examples: Type.Array(Type.String()),
  }),
  /** Whether percentiles may be off by 1 %, and distinct counts by some per cent: there were too many different values. */
  is_estimate: Type.Boolean(),
  /** When time or room was used up first: everything newer was looked at. Null for the whole range. */
  searched_to: Nullable(TimestampSchema),
  stopped_by: Type.Unsafe<'time' | 'room' | null>({ type: 'string', enum: ['time', 'room'], nullable: true }),
  /** When means and percentiles are those of a sample of the lines; `is_estimate` is true then. Null for all lines. */
  sample: Type.Unsafe<Static<typeof ChartSample> | null>({ ...ChartSample, nullable: true }),
})
export type Chart = Static<typeof Chart>
