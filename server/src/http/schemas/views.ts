// The shapes of `/api/views`: searches kept under a name.
import { type Static, Type } from 'typebox'
import { TimestampSchema } from './fields.ts'

const Name = Type.String({ minLength: 1, maxLength: 200 })
/** The parameters of a list as they stand in a URL, without the question mark: `level=ERROR&q=timeout`. */
const Query = Type.String({ maxLength: 4000, pattern: '^[^?#\\s]*$' })

export const SavedView = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  query: Type.String(),
  /** Everybody who reads logs sees it. */
  shared: Type.Boolean(),
  owner_name: Type.String(),
  is_own: Type.Boolean(),
  /** Whether the one who asks may change and delete it. */
  may_edit: Type.Boolean(),
  created_at: TimestampSchema,
  updated_at: TimestampSchema,
})
export type SavedView = Static<typeof SavedView>

/** `GET /api/views`: one's own and shared ones, by name. */
export const SavedViews = Type.Object({ views: Type.Array(SavedView), total_views: Type.Integer() })
export type SavedViews = Static<typeof SavedViews>

/** `POST /api/views`. */
export const SavedViewInput = Type.Object(
  { name: Name, query: Query, shared: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)
export type SavedViewInput = Static<typeof SavedViewInput>

/** `PATCH /api/views/:id`: absent fields stay. */
export const SavedViewChange = Type.Object(
  {
    name: Type.Optional(Name),
    query: Type.Optional(Query),
    shared: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type SavedViewChange = Static<typeof SavedViewChange>
