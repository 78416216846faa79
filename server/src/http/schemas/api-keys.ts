import { type Static, Type } from 'typebox'
import { LevelSchema, Nullable, TimestampSchema } from './fields.ts'
import { CameraGrants } from './grants.ts'

const KeyScope = Type.Union([Type.Literal('ingest'), Type.Literal('read'), Type.Literal('admin')])

/** An API key without its secret, which nobody can see again. */
export const ApiKey = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  /** The first characters of the secret, enough to recognise it. */
  prefix: Type.String(),
  scope: KeyScope,
  /** The cameras whose logs it reads; null for all logs. */
  cameras: Nullable(Type.Array(Type.Integer())),
  /** It reads logs of this level and above; null for all levels. */
  min_level: Nullable(LevelSchema),
  /** Requests a minute, beside the limits for everybody; null for those alone. */
  rate_limit: Nullable(Type.Integer()),
  expires_at: Nullable(TimestampSchema),
  created_at: TimestampSchema,
  /** To the minute. */
  last_used_at: Nullable(TimestampSchema),
})
export type ApiKey = Static<typeof ApiKey>

/** `GET /api/keys`: those that are not revoked, newest first. */
export const ApiKeys = Type.Object({ keys: Type.Array(ApiKey), total_keys: Type.Integer() })
export type ApiKeys = Static<typeof ApiKeys>

/** `POST /api/keys`. */
export const ApiKeyInput = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    scope: KeyScope,
    /** Only with the scope `read`; absent or null for all logs. */
    cameras: Type.Optional(CameraGrants),
    /** Only with the scope `read`: it reads logs of this level and above. */
    min_level: Type.Optional(Type.String({ maxLength: 20, description: 'A level, as ingest takes it' })),
    /** Requests a minute of all classes together, beside the limits for everybody. */
    rate_limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    /** Days until it expires; absent for never. */
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  },
  { additionalProperties: false },
)
export type ApiKeyInput = Static<typeof ApiKeyInput>

/** A new key with its secret: the only time it is shown. */
export const CreatedApiKey = Type.Object({ key: ApiKey, secret: Type.String() })
export type CreatedApiKey = Static<typeof CreatedApiKey>
