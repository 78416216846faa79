import { mayBePacked } from '../database/packed-state.ts'
import { readerFor } from '../database/reader.ts'
import { DAY, floorTo, fromMillis, toMillis } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { type Fold, type FoldQuery, hasManyCells } from './fold-statement.ts'
import { type FoldedCell, type FoldedPart, MAX_CELLS, MAX_EXACT_CELLS } from './folded-parts.ts'
import { groupsFor } from './log-groups.ts'
import type { Group } from './log-rows.ts'
import { columnOf } from './number-blocks.ts'
import { type ColumnPlace, ColumnSample } from './number-sample.ts'
import { jumping, type Pass, type Slice, slicesOf, strataOf } from './sample-slices.ts'
import type { Store } from './store.ts'
import { columnsIn, readCells } from './value-folds.ts'

/** Cells of a part of the range that is spread over all of it. */
export type SampledPiece = {
  cells: FoldedPart[]
  /** The share of the range that was read, with this: 1 for all of it. */
  share: number
}

/** The sample cannot be taken: too many rows or cells lie in one place. The rows are to be read in order. */
export class NotSampledError extends Error {
  override name = 'NotSampledError'
}

/** Rows of the first pass, about; each pass reads as many as all before it together, or more where that takes no time. */
const OF_ROWS = { firstRows: 20_000, growth: 2 }
const OF_COLUMNS = { firstRows: 300_000, growth: 5 }
const LEAST_SHARE = 1 / 2048

/** The share of a sample that may lack some rows. */
const ALMOST = 0.9999

/** Statements at once, of two connections. */
const LANES = 2

/** A statement takes about this long: between two there is progress, and a cancel. */
const STATEMENT_MS = 150
const PATIENCE = 10

/** Stretches of one statement at first, and at most. */
const FIRST_SLICES = 150
const MAX_SLICES = 3000

/**
 * The figures of the matching rows by step and group, from a sample that grows until it is all rows, as far as the caller
 * reads on. At any time it is spread evenly over the range. For a field's mean and quantiles, which rows left out do not
 * shift.
 *
 * @param expected how many rows there are, about
 * @throws {NotSampledError} where it cannot be taken
 */
export async function* foldSample(
  store: Store,
  filter: LogFilter & { start: string; end: string },
  fold: Fold,
  expected: number,
): AsyncGenerator<SampledPiece> {
  const range = { from: toMillis(filter.start), end: toMillis(filter.end) + 1, starts: fold.starts }
  const name = columnOf(filter, fold)
  const places = await placesOf(store, filter, range, name)
  const sampler = new Sampler(store, filter, fold)
  const columns = name === undefined ? undefined : new ColumnSample(store, { filter, fold, name }, places)
  const blocks = await blocksIn(store, filter)
  const pace = places.every(({ isBare }) => isBare) ? OF_COLUMNS : OF_ROWS
  let share = 0
  while (share < 1) {
    const first = Math.max(LEAST_SHARE, pace.firstRows / Math.max(1, expected))
    const next = share === 0 ? first : pace.growth * share
    const pass = { from: share, to: next > 0.75 ? 1 : next }
    for await (const { cells, done } of readPass(sampler, columns, places, pass)) {
      const isAll = done === 1 && pass.to === 1
      // Rows that were packed meanwhile may have been read twice, or not at all.
      const isSound = !isAll || (await blocksIn(store, filter)) === blocks
      const read = pass.from + (pass.to - pass.from) * done
      yield { cells, share: isAll && isSound ? 1 : Math.min(read, ALMOST) }
    }
    share = pass.to
  }
}

/** Rows and columns of a pass, at one pace; the share of the pass that is done of both. */
async function* readPass(
  sampler: Sampler,
  columns: ColumnSample | undefined,
  places: readonly Place[],
  pass: Pass,
): AsyncGenerator<{ cells: FoldedPart[]; done: number }> {
  const isFirst = pass.from === 0
  const batches = columns?.batchesOf(pass) ?? []
  const work = places.flatMap(({ group, strata, isBare, leftOut }) =>
    isBare ? [] : [{ group, leftOut, slices: strata.flatMap((stratum) => slicesOf(stratum, pass)) }],
  )
  if (isFirst) {
    for (const { group, isBare } of places)
      if (isBare) yield { cells: await sampler.readRows(group), done: 0 }
  }
  let read = 0
  for await (const { cells, done } of sampler.read(work, isFirst)) {
    yield { cells, done: batches.length === 0 ? done : Math.min(done, read / batches.length) }
    while (columns && read < done * batches.length) {
      const some = batches.slice(read, read + LANES)
      for (const own of await columns.read(some)) {
        read++
        yield { cells: own, done: Math.min(done, read / batches.length) }
      }
    }
  }
}

/** Tells the blocks of the range from those of another time. */
async function blocksIn(store: Store, { start, end }: { start: string; end: string }): Promise<string> {
  if (!mayBePacked()) return ''
  const { rows } = await readerFor(store).query<{ blocks: string }>(
    `/* blocks_in_range */
    select count(*) || ' ' || coalesce(sum(rows), 0) || ' ' || count(numbers) as blocks
    from log_blocks
    where first_timestamp >= $1::timestamptz and first_timestamp <= $2::timestamptz`,
    [fromMillis(floorTo(start, DAY)), end],
  )
  return rows[0]?.blocks ?? ''
}

/** A stretch of time of some partitions; bare where its rows are few beside blocks with columns. */
type Place = ColumnPlace & { isBare: boolean; leftOut: FoldQuery['leftOut'] }

async function placesOf(
  store: Store,
  filter: LogFilter,
  range: { from: number; end: number; starts: readonly number[] },
  name: string | undefined,
): Promise<Place[]> {
  const groups: Group[] = []
  for await (const group of groupsFor(store, filter, 'newest', undefined)) groups.push(group)
  const places: Place[] = []
  for (const [index, group] of groups.entries()) {
    const strata = strataOf(group, range, groups[index + 1]?.upper)
    const { blocks, leftOut } = await columnsIn(store, filter, group, name)
    const isBare = leftOut === 'packed' && (await hasFewRows(store, group))
    places.push({ group, strata, blocks, leftOut, isBare })
  }
  return places
}

/** Rows that are read at once where all others are packed. */
const FEW_ROWS = 5000

async function hasFewRows(store: Store, { lower, upper }: Group): Promise<boolean> {
  const { rows } = await readerFor(store).query<{ rows: number }>(
    `/* count_few_rows */
    select count(*) as rows
    from (
      select from logs where timestamp >= $1::timestamptz and timestamp < $2::timestamptz limit ${FEW_ROWS + 1}
    ) few`,
    [lower, upper],
  )
  return (rows[0]?.rows ?? 0) <= FEW_ROWS
}

type Work = { group: Group; slices: Slice[]; leftOut: FoldQuery['leftOut'] }

/** Reads slices, so many at a time as a statement has time for. */
class Sampler {
  readonly #store: Store
  readonly #filter: LogFilter
  readonly #fold: Fold
  #slices = FIRST_SLICES
  #isExact = true
  #isWary = false
  #exactCells = 0

  constructor(store: Store, filter: LogFilter, fold: Fold) {
    this.#store = store
    this.#filter = filter
    this.#fold = fold
  }

  /**
   * The cells of all slices, and the share of the slices that is done.
   *
   * @param isFirst whether each piece is to be spread over all groups: the reader may have time for one alone. Slices next
   * to each other have fewer cells together.
   */
  async *read(
    work: readonly Work[],
    isFirst: boolean,
  ): AsyncGenerator<{ cells: FoldedCell[]; done: number }> {
    const total = countOf(work)
    const parted = (some: readonly Work[]) =>
      isFirst ? spread(some, this.#slices) : scattered(some, this.#slices)
    let rounds = parted(work)
    let done = 0
    if (total === 0) yield { cells: [], done: 1 }
    for (let round = rounds.shift(); round; round = rounds.shift()) {
      const size = this.#slices
      const cells = await this.#readRound(round)
      done += countOf(round)
      yield { cells, done: done === total ? 1 : done / total }
      // The others of this pass are cut anew when statements turn out to be much shorter or longer.
      if (this.#slices > 2 * size || this.#slices < size / 2) rounds = parted(joined(rounds.flat()))
    }
  }

  async #readRound(round: readonly Work[]): Promise<FoldedCell[]> {
    const found: FoldedCell[][] = []
    for (let queue = round; queue.length > 0; ) {
      const lanes = queue.slice(0, LANES)
      const all = await Promise.all(lanes.map((one) => this.#readOne(one)))
      const again = lanes.flatMap((one, lane) => (all[lane] ? [] : halvesOf(one)))
      found.push(...all.filter((cells) => cells !== undefined))
      queue = [...again, ...queue.slice(LANES)]
    }
    return found.flat()
  }

  /** The cells of the rows that are not packed: they are few. */
  async readRows(group: Group): Promise<FoldedCell[]> {
    const query = {
      ...{ filter: this.#filter, fold: this.#fold, stretch: group, leftOut: 'packed' as const },
      ...{ isExact: this.#isExact, isWary: this.#isWary, limit: MAX_CELLS + 1 },
    }
    const cells = await readCells(this.#store, query, STATEMENT_MS * PATIENCE)
    if (cells === 'too large' && !this.#isWary) {
      this.#isWary = true
      return this.readRows(group)
    }
    if (typeof cells === 'string') throw new NotSampledError('A few rows took too long')
    return cells
  }

  /** The cells; undefined where there are too many of them, or the statement took too long. */
  async #readOne({ group, slices, leftOut }: Work): Promise<FoldedCell[] | undefined> {
    const began = performance.now()
    const query = {
      ...{ filter: this.#filter, fold: this.#fold, stretch: group, slices, leftOut },
      ...{ isExact: this.#isExact, isWary: this.#isWary, limit: MAX_CELLS + 1 },
    }
    const cells = await readCells(this.#store, query, STATEMENT_MS * PATIENCE)
    if (cells === 'too large' && !this.#isWary) {
      this.#isWary = true
      return this.#readOne({ group, slices, leftOut })
    }
    const isTooMuch = typeof cells === 'string' || cells.length > MAX_CELLS
    if (isTooMuch && typeof cells !== 'string' && this.#isExact && hasManyCells(this.#fold.kind)) {
      this.#isExact = false
      return this.#readOne({ group, slices, leftOut })
    }
    if (isTooMuch) {
      if (slices.length === 1) throw new NotSampledError('A slice of the sample has too many rows')
      this.#slices = Math.max(1, slices.length >> 2)
      return undefined
    }
    if (this.#isExact) this.#exactCells += cells.length
    if (this.#exactCells > MAX_EXACT_CELLS) this.#isExact = false
    const growth = Math.min(
      STATEMENT_MS / Math.max(1, performance.now() - began),
      MAX_CELLS / 2 / (cells.length + 1),
    )
    const fitting = Math.floor(slices.length * Math.max(0.25, Math.min(4, growth)))
    this.#slices = Math.max(1, Math.min(MAX_SLICES, fitting))
    return cells
  }
}

function countOf(work: readonly Work[]): number {
  return work.reduce((sum, { slices }) => sum + slices.length, 0)
}

/** Rounds of the work: each has the same share of every group, spread over it. */
function spread(work: readonly Work[], size: number): Work[][] {
  const most = work.reduce((all, { slices }) => Math.max(all, slices.length), 0)
  const count = Math.ceil(most / size)
  const rounds = Array.from({ length: count }, (_, round) =>
    work.map((one) => ({ ...one, slices: one.slices.filter((_, index) => index % count === round) })),
  )
  return rounds.map((round) => round.filter(({ slices }) => slices.length > 0))
}

/** Rounds of the work: each is of slices next to each other, and their order jumps over all of the range. */
function scattered(work: readonly Work[], size: number): Work[][] {
  const parts = work.flatMap((one) =>
    Array.from({ length: Math.ceil(one.slices.length / size) }, (_, part) => ({
      ...one,
      slices: one.slices.slice(part * size, (part + 1) * size),
    })),
  )
  const order = jumping(parts)
  return Array.from({ length: Math.ceil(order.length / LANES) }, (_, round) =>
    order.slice(round * LANES, (round + 1) * LANES),
  )
}

/** The rest of the work by group. */
function joined(queue: readonly Work[]): Work[] {
  return [...Map.groupBy(queue, ({ group }) => group).values()].map((parts) => ({
    ...(parts[0] as Work),
    slices: parts.flatMap(({ slices }) => slices).sort((a, b) => a.from - b.from),
  }))
}

function halvesOf(work: Work): Work[] {
  const halves = [0, 1].map((half) => ({
    ...work,
    slices: work.slices.filter((_, index) => index % 2 === half),
  }))
  return halves.filter(({ slices: some }) => some.length > 0)
}
