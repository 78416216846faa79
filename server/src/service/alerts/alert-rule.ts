import { type Static, Type } from 'typebox'
import { AlertConditionSchema } from './alert-condition.ts'
import { GROUPING_PATTERN, type Grouping } from './grouping.ts'
import { OneOf } from './one-of.ts'

const SEVERITIES = ['info', 'warning', 'critical'] as const
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** Levels that are stored for a while when a rule fires, and for how long at most. */
const RAISED_LEVELS = ['DEBUG', 'INFO'] as const
const MAX_RAISED_MINUTES = 240

const Clock = (description: string) =>
  Type.String({
    pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|(sunrise|sunset)([+-]\\d{1,3})?)$',
    description: `${description}; or sunrise or sunset, with minutes after or before it: sunset-30`,
  })
const place = {
  latitude: Type.Number({ minimum: -90, maximum: 90, description: 'Degrees, north above zero' }),
  longitude: Type.Number({ minimum: -180, maximum: 180, description: 'Degrees, east above zero' }),
}

const hours = (description: string) =>
  Type.Object(
    {
      timezone: Type.String({ minLength: 1, maxLength: 60, description: 'IANA name, such as Europe/Berlin' }),
      days: Type.Optional(Type.Array(OneOf(WEEKDAYS, 'A day of the week'), { minItems: 1, maxItems: 7 })),
      from: Clock('First minute, such as 07:00'),
      to: Clock('First minute after; before `from` it is of the next day'),
      latitude: Type.Optional(place.latitude),
      longitude: Type.Optional(place.longitude),
      places: Type.Optional(
        Type.Array(
          Type.Object({ group: Type.String({ maxLength: 200 }), ...place }, { additionalProperties: false }),
          {
            maxItems: 500,
            description:
              'Where groups are that are elsewhere: the id of a camera, the name of a source or logger',
          },
        ),
      ),
    },
    { additionalProperties: false, description },
  )
const ActiveHoursSchema = hours('Outside of them nothing is evaluated')
const QuietHoursSchema = hours('Within them nobody is told; what is still so afterwards is told then')
export type ActiveHoursInput = Static<typeof ActiveHoursSchema>

/** How a rule, or one of its thresholds, is told. */
const telling = {
  severity: Type.Optional(OneOf(SEVERITIES, 'warning unless given')),
  channels: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      maxItems: 20,
      description: 'Names of the channels that are told',
    }),
  ),
}

const definition = {
  query: Type.String({
    maxLength: 4000,
    pattern: '^[^?#\\s]*$',
    description: 'Filters of a list as they stand in its address, without time: min_level=ERROR&q=timeout',
  }),
  condition: AlertConditionSchema,
  group_by: Type.Optional(
    Type.Unsafe<Grouping>({
      type: 'string',
      maxLength: 211,
      pattern: GROUPING_PATTERN,
      description:
        'One alert for each camera, source, logger_name, or value of a field such as extra_data.site',
    }),
  ),
  active_hours: Type.Optional(ActiveHoursSchema),
  quiet_hours: Type.Optional(QuietHoursSchema),
  ...telling,
  thresholds: Type.Optional(
    Type.Array(
      Type.Object(
        {
          at: Type.Number({
            minimum: -1_000_000_000,
            maximum: 1_000_000_000,
            description: "In place of the condition's limit, and stricter than the one before",
          }),
          ...telling,
        },
        { additionalProperties: false },
      ),
      {
        maxItems: 5,
        description:
          'Further limits; one that fires holds back the notices of those below. Severity and channels are those of the rule unless given',
      },
    ),
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
