import { countRemoved, type ExportSnapshot, takeSnapshot } from './export-snapshot.ts'
import { type Chunk, chunkStatement, type ExportShape } from './export-statement.ts'
import { isCountable, type LogFilter } from './log-filter.ts'
import { type Group, groupsFor } from './log-groups.ts'
import type { Order, Position } from './log-rows.ts'
import { isTimeout, queryWithin } from './reader.ts'
import { SearchPlan } from './search-plan.ts'
import type { Store } from './store.ts'
import { fromMillis, toMillis } from './timestamp.ts'

/** Rows of a chunk: at 250 bytes a megabyte, 15 ms of one connection. */
const CHUNK_ROWS = 5000

/** Text of a chunk; two of them are in memory at a time. */
const CHUNK_BYTES = 4 * 1024 * 1024

/** Where fewer than this among 40,000 rows match, they are looked up rather than looked for. */
const FEW_ROWS = 250

/** A statement that takes longer reaches over too much time: it is repeated for one half of it after the other. */
const STATEMENT_MS = 5000

/** No shorter stretch is cut in two. */
const SHORTEST_MS = 1000

export type ExportOptions = ExportShape & { order: Order; signal?: AbortSignal | undefined }

/** An export about to begin. */
export type LogExport = {
  total: ExportSnapshot['total']
  /** The lines, many at a time, in order; the next ones are read when the last ones were taken. */
  chunks: AsyncGenerator<{ lines: string; rows: number }>
  /** How many rows were gone before they were read, once all `rows` were; undefined when that is not known. */
  countRemoved: (rows: number) => Promise<number | undefined>
}

/** Everything that matches at this moment, as lines: in short statements, so that nobody waits for them. */
export async function exportRows(
  store: Store,
  filter: LogFilter,
  options: ExportOptions,
): Promise<LogExport> {
  const snapshot = await takeSnapshot(store, filter)
  return {
    total: snapshot.total,
    chunks: oneAhead(readChunks({ ...store, signal: options.signal }, snapshot, options)),
    countRemoved: (rows) => countRemoved(store, snapshot, rows),
  }
}

async function* readChunks(
  store: Store,
  snapshot: ExportSnapshot,
  { format, fields, order }: ExportOptions,
): AsyncGenerator<{ lines: string; rows: number }> {
  const { filter } = snapshot
  const plan = isCountable(filter) ? undefined : new SearchPlan(filter)
  let edge: Position | undefined
  let mostRows = CHUNK_ROWS
  for await (const group of groupsFor(store, filter, order, undefined)) {
    for (const stretches = [group]; stretches[0] !== undefined; ) {
      const asSet = plan?.prefersIndex(FEW_ROWS) ?? false
      const lookAt = Math.min(plan && !asSet ? plan.lookAt(CHUNK_ROWS) : CHUNK_ROWS, mostRows)
      const began = performance.now()
      const query = { filter, ...stretches[0], beyond: edge, order, snapshot, format, fields, lookAt, asSet }
      let chunk: Chunk
      try {
        chunk = await readChunk(store, { ...query, maxBytes: CHUNK_BYTES })
      } catch (error) {
        if (!isTimeout(error)) throw error
        if (asSet) plan?.avoidIndex()
        else stretches.splice(0, 1, ...halvesOf(stretches[0], order, error))
        continue
      }
      if (chunk.rows > 0 && chunk.lines === null) {
        mostRows = Math.max(1, Math.floor(chunk.looked_at / 8))
        continue
      }
      mostRows = Math.min(mostRows * 2, plan ? Number.POSITIVE_INFINITY : CHUNK_ROWS)
      if (!asSet) plan?.learn(chunk.looked_at, chunk.rows, performance.now() - began)
      if (chunk.timestamp !== null && chunk.id !== null) edge = { timestamp: chunk.timestamp, id: chunk.id }
      if (chunk.lines !== null) yield { lines: chunk.lines, rows: chunk.rows }
      if (chunk.looked_at < lookAt) stretches.shift()
    }
  }
}

async function readChunk(store: Store, query: Parameters<typeof chunkStatement>[0]): Promise<Chunk> {
  const { text, values } = chunkStatement(query)
  const limits = { signal: store.signal, timeoutMs: STATEMENT_MS }
  const { rows } = await queryWithin<Chunk>(store.pool, text, values, limits)
  return rows[0] as Chunk
}

/** @throws `error` when the stretch is too short to be cut */
function halvesOf({ lower, upper }: Group, order: Order, error: unknown): Group[] {
  const [from, to] = [toMillis(lower), toMillis(upper)]
  if (to - from < SHORTEST_MS) throw error
  const middle = fromMillis(Math.floor((from + to) / 2))
  const halves = [
    { lower, upper: middle },
    { lower: middle, upper },
  ]
  return order === 'oldest' ? halves : halves.reverse()
}

/** Reads the next while the caller is busy with the last. */
async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const next = () => {
    const coming = source.next()
    // Its failure is told when the caller asks for it; until then it must not end the process.
    coming.catch(() => undefined)
    return coming
  }
  try {
    for (let coming = next(); ; ) {
      const { done, value } = await coming
      if (done) return
      coming = next()
      yield value
    }
  } finally {
    await source.return(undefined)
  }
}
