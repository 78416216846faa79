// The shapes of the debugging views: the replies of `GET /api/debug/…` and `GET /api/logs/:id/context`.
import { type Static, type TSchema, Type } from 'typebox'
import { LevelSchema, TimestampSchema } from './fields.ts'
import { LogRow } from './logs.ts'

const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, nullable: true })

const LevelCounts = Type.Object({
  debug: Type.Integer(),
  info: Type.Integer(),
  warning: Type.Integer(),
  error: Type.Integer(),
  critical: Type.Integer(),
})

/** Messages that are the same but for numbers, ids, addresses, times and quoted text. */
export const MessageGroup = Type.Object({
  /** For example `Retry <n> of <n> in <n> s`. */
  shape: Type.String(),
  count: Type.Integer(),
  /** The highest among them. */
  level: LevelSchema,
  /** Most first, at most ten. */
  sources: Type.Array(Type.String()),
  logger_names: Type.Array(Type.String()),
  first_at: TimestampSchema,
  last_at: TimestampSchema,
  /** The newest of them. */
  last_id: Type.Integer(),
  last_message: Type.String(),
  /** The text for `q` that lists them, and sometimes similar messages; empty when all of the shape is folded. */
  q: Type.String(),
})
export type MessageGroup = Static<typeof MessageGroup>

/** `GET /api/debug/errors`: most first. */
export const ErrorGroups = Type.Object({
  groups: Type.Array(MessageGroup),
  /** Lines looked at, and those of them in groups that are not listed. */
  total: Type.Integer(),
  others: Type.Integer(),
  start: TimestampSchema,
  end: TimestampSchema,
  /** When the time was over first: all later lines were looked at. Null for the whole range. */
  searched_to: Nullable(TimestampSchema),
})
export type ErrorGroups = Static<typeof ErrorGroups>

/** `GET /api/debug/new`: messages seen since `start` and not between `compared_from` and `start`. */
export const NewMessages = Type.Object({
  groups: Type.Array(MessageGroup),
  /** Sources, by name, that were not heard of before. */
  sources: Type.Array(Type.Object({ source: Type.String(), count: Type.Integer() })),
  start: TimestampSchema,
  end: TimestampSchema,
  compared_from: TimestampSchema,
  searched_to: Nullable(TimestampSchema),
})
export type NewMessages = Static<typeof NewMessages>

/** `GET /api/debug/requests/:request_id`: all that belongs to it, oldest first. */
export const RequestTrail = Type.Object({
  request_id: Type.String(),
  lines: Type.Array(
    Type.Object({
      log: LogRow,
      /** Milliseconds since the first line, and since the one before. */
      offset_ms: Type.Number(),
      gap_ms: Type.Number(),
    }),
  ),
  sources: Type.Array(Type.String()),
  duration_ms: Type.Number(),
  /** The longest time nothing was logged: from which line on. Null for a single line. */
  longest_gap: Nullable(Type.Object({ after_id: Type.Integer(), gap_ms: Type.Number() })),
  /** There are more lines than are listed. */
  is_cut: Type.Boolean(),
})
export type RequestTrail = Static<typeof RequestTrail>

/** `GET /api/logs/:id/context`: newest first, the line itself among them. */
export const LogContext = Type.Object({
  log: LogRow,
  logs: Type.Array(LogRow),
  has_newer: Type.Boolean(),
  has_older: Type.Boolean(),
})
export type LogContext = Static<typeof LogContext>

/** `GET /api/debug/loggers`: most lines first. */
export const NoisyLoggers = Type.Object({
  loggers: Type.Array(
    Type.Object({
      logger_name: Nullable(Type.String()),
      count: Type.Integer(),
      /** The share among all lines counted, in [0, 1]. */
      share: Type.Number(),
      rate_per_minute: Type.Number(),
      by_level: LevelCounts,
      /** Most first, at most ten. */
      sources: Type.Array(Type.String()),
      last_at: TimestampSchema,
    }),
  ),
  total: Type.Integer(),
  start: TimestampSchema,
  end: TimestampSchema,
  searched_to: Nullable(TimestampSchema),
})
export type NoisyLoggers = Static<typeof NoisyLoggers>

const FieldValue = Type.Object({
  /** As JSON writes it, text without its quotes; long text is cut to 200 characters and `…`. */
  text: Type.String(),
  kind: Type.Unsafe<'text' | 'number' | 'boolean' | 'null'>({
    type: 'string',
    enum: ['text', 'number', 'boolean', 'null'],
  }),
  count: Type.Integer(),
  /** Lines among them at ERROR and above. */
  errors: Type.Integer(),
  last_at: TimestampSchema,
  /** The text for `q` that lists them; null where the search cannot express it. */
  q: Nullable(Type.String()),
})

/** `GET /api/debug/fields`: the fields of `extra_data`; the fields that most lines have first. */
export const Fields = Type.Object({
  fields: Type.Array(
    Type.Object({
      /** Its keys with dots between. */
      field: Type.String(),
      /** Lines that have it, and those of them where it is a list, which is not looked into. */
      lines: Type.Integer(),
      lists: Type.Integer(),
      /** Most first. */
      values: Type.Array(FieldValue),
      /** Distinct values; when `is_distinct_cut` there are more. */
      distinct: Type.Integer(),
      is_distinct_cut: Type.Boolean(),
      /** Lines whose value is not listed. */
      others: Type.Integer(),
      /** Figures of the numeric values; quantiles are within 1 % above 5,000 distinct values. */
      numbers: Nullable(
        Type.Object({
          count: Type.Integer(),
          min: Type.Number(),
          max: Type.Number(),
          mean: Type.Number(),
          p50: Type.Number(),
          p90: Type.Number(),
          p99: Type.Number(),
        }),
      ),
    }),
  ),
  /** Lines looked at. */
  total: Type.Integer(),
  /** There are fields besides that were not counted. */
  is_cut: Type.Boolean(),
  start: TimestampSchema,
  end: TimestampSchema,
  searched_to: Nullable(TimestampSchema),
})
export type Fields = Static<typeof Fields>

/** `GET /api/debug/services`: in the order asked for, or most lines first. */
export const Services = Type.Object({
  services: Type.Array(
    Type.Object({
      service: Type.String(),
      count: Type.Integer(),
      by_level: LevelCounts,
      rate_per_minute: Type.Number(),
      last_log: Nullable(LogRow),
      /** Errors of it that there were none of in the same time before. */
      first_seen_errors: Type.Array(MessageGroup),
    }),
  ),
  hours: Type.Integer(),
  start: TimestampSchema,
  end: TimestampSchema,
  searched_to: Nullable(TimestampSchema),
})
export type Services = Static<typeof Services>
