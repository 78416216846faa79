// Rules that people set for the lines of their sources: the values to read out of a line, and the changes to make. The
// API, the page's types and files of rules take their form from here.
import { type Static, Type } from 'typebox'

/** Each is looked at for every source that comes in. */
export const MAX_PARSE_RULES = 100
const MAX_SOURCES = 50
const MAX_ACTIONS = 50
const MAX_VALUES = 200
export const MAX_PATTERN_CHARACTERS = 2000

const PARSE_FORMS = ['json', 'logfmt', 'key_value', 'regex', 'grok'] as const
export type ParseForm = (typeof PARSE_FORMS)[number]

const PARSE_ACTIONS = ['rename', 'remove', 'level', 'time', 'camera', 'mask', 'drop'] as const
export type ParseActionName = (typeof PARSE_ACTIONS)[number]

const closed = { additionalProperties: false }
const Text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description })
const Field = (description: string) => Text(200, description)
const Pattern = (description: string) => Text(MAX_PATTERN_CHARACTERS, description)

const ParseConditionSchema = Type.Object(
  {
    field: Field('A field of `extra_data`, or `message`, `logger_name`, `source`, `level`, `camera_id`'),
    equals: Type.Optional(
      Type.Array(Type.String({ maxLength: 1000 }), {
        minItems: 1,
        maxItems: MAX_VALUES,
        description: 'The field is one of these, as text',
      }),
    ),
    matches: Type.Optional(Pattern('A regular expression that matches in the field')),
    not: Type.Optional(Type.Boolean({ description: 'Apply the action to lines that do not match' })),
  },
  closed,
)

const ParseActionSchema = Type.Object(
  {
    do: Type.Unsafe<ParseActionName>({
      type: 'string',
      enum: [...PARSE_ACTIONS],
      description:
        'rename a field, remove it, set the level, the time or the camera from it, mask it, or drop the line',
    }),
    field: Type.Optional(Field('The field that the action works on')),
    to: Type.Optional(Field('For rename: the new name; `message` and `logger_name` are columns')),
    value: Type.Optional(Text(200, 'For level and camera: this fixed value, regardless of the line')),
    values: Type.Optional(
      Type.Record(Type.String({ maxLength: 200 }), Type.String({ maxLength: 200 }), {
        maxProperties: MAX_VALUES,
        description: 'For level and camera: the meaning of the values of the field',
      }),
    ),
    format: Type.Optional(Text(60, 'For time: `YYYY-MM-DD hh:mm:ss,fff`, `epoch ms` and the like')),
    zone: Type.Optional(Text(60, 'For time: the IANA zone of times without one; UTC when absent')),
    pattern: Type.Optional(Pattern('For mask: the part of the field that is masked; all of it when absent')),
    when: Type.Optional(ParseConditionSchema),
  },
  closed,
)

const ParseStepSchema = Type.Object(
  {
    as: Type.Unsafe<ParseForm>({ type: 'string', enum: [...PARSE_FORMS] }),
    field: Type.Optional(Field('The field that is parsed; `message` when absent')),
    pattern: Type.Optional(Pattern('For regex: named groups become fields; for grok: `%{IP:client} …`')),
    pair_separator: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 10,
        description: 'For key_value: separator of pairs; a space when absent',
      }),
    ),
    value_separator: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 10,
        description: 'For key_value: separator of key and value; = when absent',
      }),
    ),
    prefix: Type.Optional(Text(100, 'Prefix of the names of the created fields')),
  },
  closed,
)

export const ParseRuleSchema = Type.Object(
  {
    name: Text(100, 'The name; unique among the rules'),
    sources: Type.Array(Text(100, 'A source; `*` stands for any characters'), {
      minItems: 1,
      maxItems: MAX_SOURCES,
    }),
    enabled: Type.Optional(Type.Boolean({ description: 'Whether the rule is in force; true when absent' })),
    contains: Type.Optional(Text(500, 'Only lines whose message contains exactly this text')),
    parse: Type.Optional(ParseStepSchema),
    actions: Type.Optional(Type.Array(ParseActionSchema, { maxItems: MAX_ACTIONS })),
  },
  closed,
)

export type ParseRule = Static<typeof ParseRuleSchema>
export type ParseStep = Static<typeof ParseStepSchema>
export type ParseAction = Static<typeof ParseActionSchema>
export type ParseCondition = Static<typeof ParseConditionSchema>

/** Why a rule is not taken: `path` names the part of it, for example `actions[1].field`. */
export class ParseRuleError extends Error {
  override name = 'ParseRuleError'
  readonly path: string

  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
}
