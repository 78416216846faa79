import { type Static, Type } from 'typebox'
import { AppError } from '../app-error.ts'

const CONDITION_KINDS = ['any', 'count', 'silence'] as const
const GROUPINGS = ['camera', 'source', 'logger_name'] as const
export type Grouping = (typeof GROUPINGS)[number]
const SEVERITIES = ['info', 'warning', 'critical'] as const
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

const OneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], description })

/** Levels that are stored for a while when a rule fires, and for how long at most. */
const RAISED_LEVELS = ['DEBUG', 'INFO'] as const
const MAX_RAISED_MINUTES = 240

/** The widest window and the longest silence: a day and a week. */
const MAX_WINDOW_MINUTES = 1440
const MAX_SILENCE_MINUTES = 10_080

const Clock = (description: string) => Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description })

const AlertConditionSchema = Type.Object(
  {
    kind: OneOf(CONDITION_KINDS, 'any: a line matches; count: so many match; silence: none does'),
    over: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'Of count: fires above this many' }),
    ),
    under: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Of count: fires below this many' }),
    ),
    minutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_SILENCE_MINUTES,
        description: 'Length of the window, or of the silence; of any: quiet minutes after which it is over',
      }),
    ),
  },
  { additionalProperties: false },
)

const hours = (description: string) =>
  Type.Object(
    {
      timezone: Type.String({ minLength: 1, maxLength: 60, description: 'IANA name, such as Europe/Berlin' }),
      days: Type.Optional(Type.Array(OneOf(WEEKDAYS, 'A day of the week'), { minItems: 1, maxItems: 7 })),
      from: Clock('First minute, such as 07:00'),
      to: Clock('First minute after; before `from` it is of the next day'),
    },
    { additionalProperties: false, description },
  )
const ActiveHoursSchema = hours('Outside of them nothing is evaluated')
const QuietHoursSchema = hours('Within them nobody is told; what is still so afterwards is told then')
export type ActiveHoursInput = Static<typeof ActiveHoursSchema>

const definition = {
  query: Type.String({
    maxLength: 4000,
    pattern: '^[^?#\\s]*$',
    description: 'Filters of a list as they stand in its address, without time: min_level=ERROR&q=timeout',
  }),
  condition: AlertConditionSchema,
  group_by: Type.Optional(OneOf(GROUPINGS, 'One alert for each of them')),
  active_hours: Type.Optional(ActiveHoursSchema),
  quiet_hours: Type.Optional(QuietHoursSchema),
  severity: Type.Optional(OneOf(SEVERITIES, 'warning unless given')),
  channels: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: 20,
      description: 'Names of the channels that are told',
    }),
  ),
  note: Type.Optional(Type.String({ maxLength: 2000, description: 'Sent along: what to do about it' })),
  raise_level: Type.Optional(
    Type.Object(
      {
        level: OneOf(RAISED_LEVELS, 'What of the camera, source or logger is stored from then on'),
        minutes: Type.Integer({ minimum: 1, maximum: MAX_RAISED_MINUTES }),
      },
      { additionalProperties: false, description: 'When a group fires; by administrators alone' },
    ),
  ),
  include_own: Type.Optional(
    Type.Boolean({ description: "Whether the server's own lines count; they do not unless it is set" }),
  ),
}

/** A rule as people write it, without its name. */
export const AlertDefinitionSchema = Type.Object(definition, { additionalProperties: false })
export type AlertDefinition = Static<typeof AlertDefinitionSchema>

export const AlertRuleInputSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    enabled: Type.Optional(Type.Boolean()),
    ...definition,
  },
  { additionalProperties: false },
)
export type AlertRuleInput = Static<typeof AlertRuleInputSchema>

/** A condition with everything it needs. */
export type Condition =
  | { kind: 'any'; minutes: number }
  | { kind: 'over' | 'under'; threshold: number; minutes: number }
  | { kind: 'silence'; minutes: number }

/** Quiet minutes after which an incident of `any` is over, unless the rule says otherwise. */
const ANY_MINUTES = 5

/** @throws {AppError} INVALID_REQUEST that names the part of the condition that is missing or too much */
export function conditionOf(asked: AlertDefinition['condition']): Condition {
  const { kind, over, under, minutes } = asked
  if (kind !== 'count' && (over !== undefined || under !== undefined)) {
    const field = over === undefined ? 'under' : 'over'
    throw invalid(`condition.${field} goes with the kind count alone`)
  }
  if (kind === 'any') {
    if (minutes !== undefined && minutes > MAX_WINDOW_MINUTES) throw tooWide()
    return { kind, minutes: minutes ?? ANY_MINUTES }
  }
  if (minutes === undefined) throw invalid(`condition.minutes is missing: the kind ${kind} needs it`)
  if (kind === 'silence') return { kind, minutes }
  if ((over === undefined) === (under === undefined)) {
    throw invalid('condition needs either over or under with the kind count')
  }
  if (minutes > MAX_WINDOW_MINUTES) throw tooWide()
  if (over !== undefined) return { kind: 'over', threshold: over, minutes }
  return { kind: 'under', threshold: under ?? 1, minutes }
}

function tooWide(): AppError {
  return invalid(`condition.minutes is at most ${MAX_WINDOW_MINUTES} (a day); only silence may be longer`)
}

function invalid(sentence: string): AppError {
  return new AppError('INVALID_REQUEST', `${sentence}.`)
}
