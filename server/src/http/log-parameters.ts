import { Type } from 'typebox'

const MAX_VALUES = 100
const Name = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const CameraId = Type.Integer({ minimum: -2147483648, maximum: 2147483647 })
const ManyNames = (maxLength: number, description: string) =>
  Type.Optional(Type.Array(Name(maxLength), { maxItems: MAX_VALUES, description }))
const ManyCameras = (description: string) =>
  Type.Optional(Type.Array(CameraId, { maxItems: MAX_VALUES, description }))

/** The filters that every reading endpoint takes. */
export const filterParameters = {
  level: ManyNames(20, 'One of the five levels, any case; repeat for several'),
  min_level: Type.Optional(Type.String({ maxLength: 20, description: 'This level and above' })),
  exclude_level: ManyNames(20, 'Levels to leave out'),
  source: ManyNames(100, 'Exact source; repeat for several'),
  exclude_source: ManyNames(100, 'Sources to leave out'),
  camera_id: ManyCameras('Rows with this camera_id or of the source camera_<id>; repeat for several'),
  exclude_camera_id: ManyCameras('Cameras to leave out'),
  logger_name: ManyNames(200, 'Exact logger name; repeat for several'),
  request_id: Type.Optional(Type.String({ maxLength: 200, description: 'extra_data.request_id' })),
  search: Type.Optional(
    Type.String({ maxLength: 1000, description: 'Case-insensitive substring of message or logger name' }),
  ),
  q: Type.Optional(
    Type.String({
      maxLength: 1000,
      description:
        'Search syntax: words, "phrases", -not, (a or b), /regex/, level:>=warning, camera:"Front Door", source:api*, logger:, message:, id:, request_id:, extra_data.key:value, extra_data.key:>3',
    }),
  ),
  start_date: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601, inclusive; naive is UTC' })),
  end_date: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601, inclusive; naive is UTC' })),
}

/** Page by number, or from a cursor of an earlier reply. */
export const pagingParameters = {
  page: Type.Integer({ minimum: 1, maximum: 100_000_000, default: 1 }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
}
