import { isTimeout, queryWithin } from '../database/reader.ts'
import { comparable, fromMillis, toMillis } from '../database/timestamp.ts'
import { isCountable, type LogFilter } from '../filter/log-filter.ts'
import { type Chunk, type ChunkQuery, chunkStatement } from './chunk-statement.ts'
import { endOf, groupsFor } from './log-groups.ts'
import type { Group, Order, Position } from './log-rows.ts'
import { SearchPlan } from './search-plan.ts'
import type { Store } from './store.ts'

/** Rows of a chunk: at 250 bytes a megabyte, 15 ms of one connection. */
const CHUNK_ROWS = 5000

/** Text of a chunk. */
const CHUNK_BYTES = 4 * 1024 * 1024

/** Where fewer than this among 40,000 rows match, they are looked up rather than looked for. */
const FEW_ROWS = 250

/** A statement that takes longer reaches over too much time: or too many rows: it is repeated for fewer. */
const STATEMENT_MS = 5000

/** No shorter stretch is cut in two. */
const SHORTEST_MS = 1000

export type ChunksQuery = Pick<ChunkQuery, 'line' | 'moment'> & {
  filter: LogFilter
  order: Order
  /** Only rows that come after this position in the order. */
  beyond?: Position | undefined
  statementMs?: number
}

/** Some matching rows as text, and how far has been read: everything before it, in order. */
export type RowChunk = { lines: string; rows: number; edge: Position }

/**
 * All matching rows in order, as lines that PostgreSQL writes, in short statements between which nothing stays open. A
 * chunk without rows says how far was looked in vain.
 */
export async function* readChunks(store: Store, query: ChunksQuery): AsyncGenerator<RowChunk> {
  const { filter, order, line, moment, statementMs = STATEMENT_MS } = query
  const plan = isCountable(filter) ? undefined : new SearchPlan(filter)
  let edge = query.beyond
  let mostRows = CHUNK_ROWS
  for await (const group of groupsFor(store, filter, order, edge)) {
    for (let stretches = [group]; stretches[0] !== undefined; ) {
      const stretch = stretches[0]
      const asSet = plan?.prefersIndex(FEW_ROWS) ?? false
      const lookAt = Math.min(plan && !asSet ? plan.lookAt(CHUNK_ROWS) : CHUNK_ROWS, mostRows)
      const began = performance.now()
      let chunk: Chunk
      try {
        const place = { filter, ...stretch, beyond: edge, order }
        const asked = { ...place, line, moment, lookAt, asSet, maxBytes: CHUNK_BYTES }
        chunk = await readChunk(store, asked, statementMs)
      } catch (error) {
        if (!isTimeout(error)) throw error
        // Too many rows were looked at, or too few of very many: less of both.
        if (asSet) plan?.avoidIndex()
        else {
          const halves = halvesOf(stretch, order)
          if (halves.length === 1 && lookAt === 1) throw error
          mostRows = Math.max(1, Math.floor(lookAt / 8))
          stretches = [...halves, ...stretches.slice(1)]
        }
        continue
      }
      const isTooLong = chunk.rows > 0 && chunk.lines === null
      if (isTooLong) {
        mostRows = Math.max(1, Math.floor(chunk.looked_at / 8))
        continue
      }
      mostRows = Math.min(mostRows * 2, plan ? Number.POSITIVE_INFINITY : CHUNK_ROWS)
      if (!asSet) plan?.learn(chunk.looked_at, chunk.rows, performance.now() - began)
      const isDone = chunk.looked_at < lookAt
      edge = isDone
        ? further(edge, endOf(stretch, order), order)
        : { timestamp: chunk.timestamp ?? '', id: chunk.id ?? 0 }
      if (isDone) stretches = stretches.slice(1)
      yield { lines: chunk.lines ?? '', rows: chunk.rows, edge }
    }
  }
}

async function readChunk(store: Store, query: ChunkQuery, timeoutMs: number): Promise<Chunk> {
  const { text, values } = chunkStatement(query)
  const { rows } = await queryWithin<Chunk>(store.pool, text, values, { signal: store.signal, timeoutMs })
  return rows[0] as Chunk
}

/** If a stretch was cut in two after part of it was read, its first half may end before that part does. */
function further(edge: Position | undefined, end: Position, order: Order): Position {
  if (!edge) return end
  const isPast = comparable(end.timestamp) < comparable(edge.timestamp)
  return isPast === (order === 'newest') ? end : edge
}

/** The stretch in two, in order; as it is when it is too short for that. */
function halvesOf({ lower, upper }: Group, order: Order): Group[] {
  const [from, to] = [toMillis(lower), toMillis(upper)]
  if (to - from < SHORTEST_MS) return [{ lower, upper }]
  const middle = fromMillis(Math.floor((from + to) / 2))
  const halves = [
    { lower, upper: middle },
    { lower: middle, upper },
  ]
  return order === 'oldest' ? halves : halves.reverse()
}
