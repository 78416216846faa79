import type { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import type { Order, Position } from './log-rows.ts'
import { readChunks } from './row-chunks.ts'
import type { Store } from './store.ts'

/** No statement of a scan takes longer: its range is then read in two goes. */
const STATEMENT_MS = 1500

/**
 * The matching rows in order, by default newest first, as far as the caller reads on.
 *
 * @param line SQL that writes a row as a JSON array on a line of its own
 * @returns these arrays in pieces; for each, everything before `searched_to` was read
 */
export async function* scanLines<Tuple>(
  store: Store,
  filter: LogFilter,
  line: (parameters: SqlParameters) => string,
  { order = 'newest', beyond }: { order?: Order; beyond?: Position | undefined } = {},
): AsyncGenerator<{ tuples: Tuple[]; searched_to: string; edge: Position }> {
  const query = { filter, order, line, beyond, statementMs: STATEMENT_MS }
  for await (const { lines, edge } of readChunks(store, query)) {
    const tuples = lines === '' ? [] : (JSON.parse(`[${lines.trimEnd().replaceAll('\n', ',')}]`) as Tuple[])
    yield { tuples, searched_to: edge.timestamp, edge }
  }
}
