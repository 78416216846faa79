import { type Static, Type } from 'typebox'
import { Nullable, TimestampSchema } from './fields.ts'

export const AuditEntry = Type.Object({
  id: Type.Integer(),
  at: TimestampSchema,
  /** The actor: `user anna`, `key backup`, `system`, `nobody` when nobody had signed in. */
  actor: Type.String(),
  /** The action, the kind of thing first: `settings.update`. */
  action: Type.String(),
  /** The changed thing: `camera 4`. */
  entity: Type.String(),
  /** Values before and after, without secrets. */
  before: Type.Unknown(),
  after: Type.Unknown(),
  /** Where the request came from. */
  address: Nullable(Type.String()),
  request_id: Nullable(Type.String()),
  /** SHA-256 in hex of the hash of the entry before and this entry's content. */
  hash: Type.String(),
})
export type AuditEntry = Static<typeof AuditEntry>

/** `GET /api/audit`, newest first. */
export const AuditPage = Type.Object({
  entries: Type.Array(AuditEntry),
  pagination: Type.Object({
    page: Type.Integer(),
    limit: Type.Integer(),
    total_pages: Type.Integer(),
    total_items: Type.Integer(),
    has_next: Type.Boolean(),
    has_previous: Type.Boolean(),
    /** Whether the page ends before its limit because its entries have 8 MB together: ask for fewer a page. */
    is_cut: Type.Boolean(),
  }),
})
export type AuditPage = Static<typeof AuditPage>

/** `GET /api/audit/verify`. */
export const AuditCheck = Type.Object({
  checked: Type.Integer(),
  /** Hashes kept outside of the database that could be compared. */
  compared: Type.Integer(),
  faults: Type.Array(
    Type.Object({
      id: Type.Integer(),
      fault: Type.Union([Type.Literal('changed'), Type.Literal('missing'), Type.Literal('cut off')]),
      sentence: Type.String(),
    }),
  ),
})
export type AuditCheck = Static<typeof AuditCheck>
