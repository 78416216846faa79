import { type Static, Type } from 'typebox'
import { CameraGrants, LevelSchema, Nullable, TimestampSchema } from './fields.ts'

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
  /** The sites whose pages send by it, and nobody else; null for keys of programs. */
  origins: Nullable(Type.Array(Type.String())),
  /** The key that took its place, while it goes on beside it; null when none did. */
  replaced_by: Nullable(Type.Integer()),
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
    /** Only with the scope `ingest`: sites whose pages send by it, for example `https://shop.example`. */
    origins: Type.Optional(
      Nullable(Type.Array(Type.String({ maxLength: 300 }), { minItems: 1, maxItems: 50 })),
    ),
    /** Days until it expires; absent for never. */
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  },
  { additionalProperties: false },
)
export type ApiKeyInput = Static<typeof ApiKeyInput>

/** A new key with its secret: the only time it is shown. */
export const CreatedApiKey = Type.Object({ key: ApiKey, secret: Type.String() })
export type CreatedApiKey = Static<typeof CreatedApiKey>

/** `POST /api/keys/:id/rotate`; its body may be left out. */
export const KeyRotation = Type.Object(
  {
    /** Hours for which the old secret goes on; 24 when absent, 0 ends it at once. */
    grace_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 720 })),
    /** Days until the new key expires; if absent, the lifetime of the key it replaces. */
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  },
  { additionalProperties: false },
)

/** A key's new secret, the only time it is shown, and the key that it takes the place of. */
export const RotatedApiKey = Type.Object({ key: ApiKey, secret: Type.String(), replaced: ApiKey })
export type RotatedApiKey = Static<typeof RotatedApiKey>
