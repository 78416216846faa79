// The shapes of `/api/boards`: charts pinned together.
import { type Static, Type } from 'typebox'
import { MAX_CHARTS } from '../../service/search/boards.ts'
import { CHART_WIDTHS, type ChartWidth } from '../../store/accounts/boards.ts'
import { TimestampSchema } from './fields.ts'

const Name = Type.String({ minLength: 1, maxLength: 200 })
const Width = Type.Unsafe<ChartWidth>({ type: 'string', enum: [...CHART_WIDTHS] })
/** The parameters of the screen Chart as they stand in a URL, without the question mark. */
const Query = Type.String({ maxLength: 4000, pattern: '^[^?#\\s]*$' })
/** The range as it stands in a URL: `range=6h`, or `from=…&to=…`; empty for the last 24 hours. */
const Range = Type.String({ maxLength: 200, pattern: '^((range|from|to)=[^?#\\s&=]*(&|$))*$' })
const Refresh = Type.Integer({ minimum: 0, maximum: 3600, description: 'Seconds; 0 for never' })

export const PinnedChart = Type.Object({
  title: Type.String(),
  query: Type.String(),
  width: Width,
  /** Whether the range of `query` counts, and not that of the board. */
  own_range: Type.Boolean(),
})
export type PinnedChart = Static<typeof PinnedChart>

const about = {
  id: Type.Integer(),
  name: Type.String(),
  range: Type.String(),
  refresh_seconds: Type.Integer(),
  /** Everybody who reads logs sees it, each with their own lines. */
  shared: Type.Boolean(),
  owner_name: Type.String(),
  is_own: Type.Boolean(),
  /** Whether the one who asks may change and delete it. */
  may_edit: Type.Boolean(),
  /** Counts the changes. */
  version: Type.Integer(),
  created_at: TimestampSchema,
  updated_at: TimestampSchema,
}

export const Board = Type.Object({ ...about, charts: Type.Array(PinnedChart) })
export type Board = Static<typeof Board>

/** `GET /api/boards`: one's own and shared ones, by name. */
export const Boards = Type.Object({
  boards: Type.Array(Type.Object({ ...about, total_charts: Type.Integer() })),
  total_boards: Type.Integer(),
})
export type Boards = Static<typeof Boards>

/** `POST /api/boards/:id/charts`: the last chart of a board. */
export const PinnedChartInput = Type.Object(
  {
    title: Name,
    query: Query,
    width: Type.Optional(Width),
    own_range: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type PinnedChartInput = Static<typeof PinnedChartInput>

const parts = {
  shared: Type.Optional(Type.Boolean()),
  range: Type.Optional(Range),
  refresh_seconds: Type.Optional(Refresh),
  charts: Type.Optional(Type.Array(PinnedChartInput, { maxItems: MAX_CHARTS })),
}

/** `POST /api/boards`. */
export const BoardInput = Type.Object({ name: Name, ...parts }, { additionalProperties: false })
export type BoardInput = Static<typeof BoardInput>

/** `PATCH /api/boards/:id`: absent fields stay, `charts` are all of them; refused when `version` is not the present one. */
export const BoardChange = Type.Object(
  { name: Type.Optional(Name), ...parts, version: Type.Optional(Type.Integer({ minimum: 1 })) },
  { additionalProperties: false },
)
export type BoardChange = Static<typeof BoardChange>
