// The shapes of `/api/line-forms`: how the plain lines of a file or pipe are written, as `timelapser-logs ingest` found it.
import { type Static, Type } from 'typebox'
import type { LogForm } from '../../ingest/inference/log-form.ts'
import { Nullable } from './fields.ts'

/** Long enough for a host, a path of Linux's usual length and a source. */
const MAX_PLACE = 1000
const MAX_INDEX = 10_000

const Index = Type.Integer({ minimum: 0, maximum: MAX_INDEX })
/** So that the next one is an integer of PostgreSQL too. */
const MAX_VERSION = 2 ** 31 - 2
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const closed = { additionalProperties: false }

const PlaceInLine = Type.Union([
  Type.Object({ kind: Type.Literal('offset'), at: Index }, closed),
  Type.Object({ kind: Type.Literal('column'), index: Index }, closed),
  Type.Object(
    {
      kind: Type.Literal('field'),
      separator: Type.String({ minLength: 1, maxLength: 1 }),
      index: Index,
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('key'), key: Type.String({ minLength: 1, maxLength: 60 }) }, closed),
  Type.Object({ kind: Type.Literal('first'), until: Index }, closed),
])

const InferredTime = Type.Object(
  {
    parts: Type.Array(
      Type.Object({ place: PlaceInLine, template: Type.String({ minLength: 1, maxLength: 64 }) }, closed),
      { minItems: 1, maxItems: 2 },
    ),
    order: Type.Optional(Type.Union([Type.Literal('decided'), Type.Literal('assumed')])),
  },
  closed,
)

const InferredLevel = Type.Union([
  Type.Object({ key: Type.String({ minLength: 1, maxLength: 60 }) }, closed),
  Type.Object(
    {
      from: Type.Union([Type.Literal('line'), Type.Literal('time')]),
      index: Index,
      part: Type.Union(['whole', 'before', 'behind', 'letter'].map((part) => Type.Literal(part))),
    },
    closed,
  ),
])

/** See `ingest/inference/log-form.ts`. */
const LineForm = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    time: Type.Union([Type.Literal('fixed'), InferredTime]),
    order: Type.Optional(Type.Union([Type.Literal('day first'), Type.Literal('month first')])),
    level: Type.Optional(InferredLevel),
    lines: Count,
    dated: Count,
    leveled: Count,
  },
  closed,
)

export const LinePlace = {
  way_in: Type.Union([Type.Literal('file'), Type.Literal('pipe')]),
  source: Type.String({
    minLength: 1,
    maxLength: MAX_PLACE,
    description: 'The file or pipe, by a text that is unique for the key',
  }),
}

/** `GET /api/line-forms`: version 0 without a form where none is known. */
export const KnownLineForm = Type.Object({
  version: Type.Integer(),
  form: Nullable(Type.Unsafe<LogForm>(LineForm)),
})
export type KnownLineForm = Static<typeof KnownLineForm>

/** `POST /api/line-forms`: `after` is the version by which the lines were read. */
export const LineFormInput = Type.Object(
  {
    ...LinePlace,
    after: Type.Integer({ minimum: 0, maximum: MAX_VERSION }),
    form: Type.Unsafe<LogForm>(LineForm),
  },
  closed,
)
export type LineFormInput = Static<typeof LineFormInput>
