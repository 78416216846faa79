import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import type { SearchNode } from '../../store/filter/search-conditions.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { CameraService } from '../administration/camera-service.ts'
import { type LogQuery, toFilter } from '../logs/log-query.ts'
import { type ParsedSearch, parseSearch, queryError } from './search-syntax.ts'

export type SearchQueriesOptions = {
  logOperations: Pick<LogOperations, 'explainPattern'>
  cameras: CameraService
}

/** Turns what a caller asks for into a filter, the search syntax included. */
export class SearchQueries {
  readonly #logs: Pick<LogOperations, 'explainPattern'>
  readonly #cameras: CameraService

  constructor({ logOperations, cameras }: SearchQueriesOptions) {
    this.#logs = logOperations
    this.#cameras = cameras
  }

  /** @throws {AppError} INVALID_LEVEL, INVALID_DATE or, with a position, INVALID_QUERY */
  async toFilter(query: LogQuery, visibility: Visibility): Promise<LogFilter> {
    const filter = toFilter(query, visibility)
    const { tree, patterns } = parseSearch(query.q ?? '')
    if (!tree) return filter
    for (const { pattern, at } of patterns) {
      const problem = await this.#logs.explainPattern(pattern)
      if (problem === undefined) continue
      const said = `The regular expression is invalid (${problem})`
      throw queryError(said, at, 'Correct it, or quote it to search for the text.')
    }
    const cameras = await this.#cameras.list(visibility)
    return { ...filter, q: withCameraIds(tree, cameras) }
  }
}

/** The search with each camera's name as the ids of the cameras called so, in any case. */
function withCameraIds(tree: ParsedSearch, cameras: readonly { id: number; name: string }[]): SearchNode {
  switch (tree.kind) {
    case 'and':
    case 'or':
      return { kind: tree.kind, nodes: tree.nodes.map((node) => withCameraIds(node, cameras)) }
    case 'not':
      return { kind: 'not', node: withCameraIds(tree.node, cameras) }
    case 'camera_name': {
      const name = tree.name.trim().toLowerCase()
      const named = cameras.filter((camera) => camera.name.trim().toLowerCase() === name)
      const nodes = named.map(({ id }) => ({ kind: 'camera' as const, id }))
      return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'or', nodes }
    }
    default:
      return tree
  }
}
