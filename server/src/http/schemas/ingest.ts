import { type Static, Type } from 'typebox'
import { Nullable } from './fields.ts'

export const IngestResult = Type.Object({
  accepted: Type.Integer(),
  /** Records refused, by their index in what was sent; at most 1,000 are named. */
  rejected: Type.Array(Type.Object({ index: Type.Integer(), reason: Type.String() })),
  rejected_count: Type.Integer(),
  /** Records held back by the level in force. */
  filtered: Type.Integer(),
  /** Accepted records whose own time is in the future or out of retention: stored at the time of their arrival. */
  retimed: Type.Integer(),
  first_id: Nullable(Type.Integer()),
  last_id: Nullable(Type.Integer()),
})
export type IngestResult = Static<typeof IngestResult>
