import { type Static, Type } from 'typebox'
import { Nullable, TimestampSchema } from './fields.ts'

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
