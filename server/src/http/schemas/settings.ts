import { type Static, Type } from 'typebox'
import { SettingsSchema } from '../../store/settings/settings-schema.ts'
import { Nullable, TimestampSchema } from './fields.ts'

/** See `store/settings/settings-schema.ts`, where each is described. */
export const Settings = SettingsSchema
export type Settings = Static<typeof Settings>

/** `POST /api/redaction/test`: the line as it would be stored. */
export const RedactionTest = Type.Object({
  message: Type.String(),
  extra_data: Nullable(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
  changed: Type.Boolean(),
})
export type RedactionTest = Static<typeof RedactionTest>

/** `GET /api/packing`: how far packing is, and the room it gave back. */
export const Packing = Type.Object({
  pack_after_days: Type.Integer({ description: 'The setting; 0 while nothing is packed' }),
  begun_at: Nullable(TimestampSchema),
  is_unpacking: Type.Boolean(),
  packed_partitions: Type.Integer(),
  due_partitions: Type.Integer(),
  packed_rows: Type.Integer(),
  packed_bytes: Type.Integer({ description: 'Bytes on disk of the packed partitions' }),
  unpacked_bytes: Type.Integer({ description: 'Bytes on disk before packing, with indexes' }),
})
export type Packing = Static<typeof Packing>
