import { isDeepStrictEqual } from 'node:util'
import { errorCode } from '../../startup-error.ts'
import { isTimeout, queryWithin } from '../database/reader.ts'
import { comparable, fromMillis, maximum, minimum, toMillis } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { type Fold, type FoldQuery, foldStatement, hasManyCells } from './fold-statement.ts'
import { type FoldedCell, type FoldedPart, MAX_CELLS, MAX_EXACT_CELLS } from './folded-parts.ts'
import { groupsFor } from './log-groups.ts'
import type { Group, Position } from './log-rows.ts'
import { blocksWith, boundsOf, columnOf, type NumberBlock } from './number-blocks.ts'
import { foldBlocks, inBatches } from './number-folds.ts'
import type { Store } from './store.ts'
import { type ScannedPlace, type ScannedValues, scanValues } from './value-scan.ts'

/** Cells, or where a millisecond holds too many rows for them the values of its rows. */
export type FoldedPiece = {
  lines: FoldedPart[] | ScannedValues[]
  /** Everything newer was looked at. */
  searched_to: string
}

/**
 * A statement takes about this long, between two there is progress, and a cancel: a quarter of the time that the fold has
 * taken so far, so that somebody who wants an answer soon waits little longer than that.
 */
const STATEMENT_MS = { least: 40, most: 250 }
const SHARE = 0.25
/** One that takes this many times as long has met far more rows than those before. */
const PATIENCE = 6

/** The first stretch of time, a second of the busiest intake at most, and how much longer the next may be. */
const FIRST_MS = 1000
const MAX_GROWTH = 6

/** PostgreSQL's code for a number that a double does not hold. */
const OUT_OF_RANGE = '22003'

/**
 * The figures of the matching rows by step and group, newest first, as far as the caller reads on. PostgreSQL folds the
 * rows of a stretch of time, so that hundreds of cells travel and not a hundred thousand rows.
 *
 * @param beyond only rows older than this position
 */
export async function* foldValues(
  store: Store,
  filter: LogFilter,
  fold: Fold,
  beyond?: Position,
): AsyncGenerator<FoldedPiece> {
  const name = beyond ? undefined : columnOf(filter, fold)
  let length = FIRST_MS
  let isExact = true
  let isWary = false
  let isMoving = false
  let exactCells = 0
  const start = performance.now()
  for await (const group of groupsFor(store, filter, 'newest', beyond)) {
    const { from, end } = endsOf(group, filter, beyond)
    for (let to = end; to > from; ) {
      const lower = Math.max(from, to - length)
      const stretch = {
        lower: maximum(fromMillis(lower), group.lower),
        upper: minimum(fromMillis(to), group.upper),
      }
      const began = performance.now()
      const aim = Math.min(STATEMENT_MS.most, Math.max(STATEMENT_MS.least, (began - start) * SHARE))
      const columns = await columnsIn(store, filter, stretch, isMoving ? undefined : name)
      const query = { filter, fold, stretch, beyond, isExact, isWary, limit: MAX_CELLS + 1, ...columns }
      const cells = await readCells(store, query, aim * PATIENCE)
      if (cells === 'too large' && !isWary) {
        isWary = true
        continue
      }
      if (typeof cells === 'string' || cells.length > MAX_CELLS) {
        if (typeof cells !== 'string' && isExact && hasManyCells(fold.kind)) isExact = false
        else if (to - lower > 1) length = Math.max(1, Math.floor((to - lower) / 8))
        else {
          yield* scanValues(store, { ...filter, ...millisecond(lower, filter) }, placesOf(fold), beyond)
          to = lower
          continue
        }
        // The reader may have waited long enough.
        yield { lines: [], searched_to: minimum(stretch.upper, filter.end ?? stretch.upper) }
        continue
      }
      const folded = await foldColumns(store, query, name, columns.blocks)
      // Blocks that were made, unmade or numbered meanwhile were read twice or not at all: one statement reads all then.
      isMoving =
        columns.leftOut !== undefined &&
        !isDeepStrictEqual(await columnsIn(store, filter, stretch, name), columns)
      if (isMoving) continue
      isExact = folded.isExact
      yield { lines: [...cells, ...folded.parts], searched_to: stretch.lower }
      if (isExact) exactCells += cells.length
      if (exactCells > MAX_EXACT_CELLS) isExact = false
      const inTime = aim / Math.max(1, performance.now() - began)
      const inRoom = MAX_CELLS / 2 / Math.max(1, cells.length)
      const growth = Math.max(0.25, Math.min(MAX_GROWTH, inTime, inRoom))
      length = Math.max(1, Math.floor((to - lower) * growth))
      to = lower
    }
  }
}

/** The parts of the columns of some blocks, and whether each different number still has a cell of its own. */
async function foldColumns(
  store: Store,
  { filter, fold, stretch, isExact }: FoldQuery,
  name: string | undefined,
  blocks: readonly NumberBlock[],
): Promise<{ parts: FoldedPart[]; isExact: boolean }> {
  const all = { parts: [] as FoldedPart[], isExact }
  if (name === undefined) return all
  const bounds = boundsOf(filter, stretch)
  for (const some of inBatches(blocks)) {
    const folded = await foldBlocks(store, { filter, fold, name, bounds, isExact: all.isExact }, some)
    all.isExact = folded.isExact
    for (const part of folded.parts) all.parts.push(part)
  }
  return all
}

/** The blocks whose columns are read, and what of the packed rows the statement leaves out for them. */
export async function columnsIn(
  store: Store,
  filter: LogFilter,
  stretch: Group,
  name: string | undefined,
): Promise<{ blocks: NumberBlock[]; leftOut: FoldQuery['leftOut'] }> {
  if (name === undefined) return { blocks: [], leftOut: undefined }
  const { blocks, others } = await blocksWith(store, filter, stretch, name)
  return { blocks, leftOut: others === 0 ? 'packed' : { column: name } }
}

/** The milliseconds of a group that the filter asks for, the last one excluded. */
function endsOf(
  { lower, upper }: Group,
  { start = lower, end = upper }: LogFilter,
  beyond: Position | undefined,
): { from: number; end: number } {
  const last = minimum(minimum(end, upper), beyond?.timestamp ?? upper)
  return { from: toMillis(maximum(start, lower)), end: toMillis(last) + 1 }
}

/** The range of a millisecond, both ends included, within the filter's. */
function millisecond(millis: number, { start, end }: LogFilter): { start: string; end: string } {
  const first = fromMillis(millis)
  const last = `${comparable(first).slice(0, 23)}999Z`
  return { start: maximum(start ?? first, first), end: minimum(end ?? last, last) }
}

/** The places that a row's values are read from one by one: its field's, if there is one, and those of its group. */
export function placesOf({ kind, field, by }: Pick<Fold, 'kind' | 'field' | 'by'>): ScannedPlace[] {
  if (field === undefined) return [...by]
  return [kind === 'different' ? { hashOf: field } : field, ...by]
}

/** The statement took too long, or met a number that a double does not hold. */
export type Failure = 'too slow' | 'too large'

type Row = {
  step: number
  k0?: string | null
  k1?: string | null
  other: string | null
  rows: number
  figure: string | null
  most?: string | null
}

export async function readCells(
  store: Store,
  query: FoldQuery,
  timeoutMs: number,
): Promise<FoldedCell[] | Failure> {
  const { text, values } = foldStatement(query)
  const limits = { signal: store.signal, timeoutMs }
  try {
    const { rows } = await queryWithin<Row>(store.pool, text, values, limits)
    const cells = rows.map((row) => cellOf(row, query.fold.by.length))
    return !query.isWary && cells.some(({ figure }) => figure !== null && !Number.isFinite(figure))
      ? 'too large'
      : cells
  } catch (error) {
    if (isTimeout(error)) return 'too slow'
    if (!query.isWary && errorCode(error) === OUT_OF_RANGE) return 'too large'
    throw error
  }
}

function cellOf({ step, k0, k1, other, rows, figure, most }: Row, keys: number): FoldedCell {
  return {
    step,
    keys: [k0, k1].slice(0, keys).map((json) => (json == null ? null : JSON.parse(json))),
    rows,
    figure: figure === null ? null : Number(figure),
    most: most == null ? null : Number(most),
    other,
  }
}
