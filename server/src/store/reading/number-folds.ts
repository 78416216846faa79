// The figures of a field from the columns of packed blocks: their numbers are fetched and folded here.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ABSENT, decodeColumn, NUMBER, type NumberColumn, OTHER } from '../blocks/number-column.ts'
import { decodeCodes } from '../blocks/number-columns.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import type { Fold } from './fold-statement.ts'
import { type FoldedPart, MAX_CELLS } from './folded-parts.ts'
import { microsOf, type NumberBlock, type ReadBlock, readNumberBlocks } from './number-blocks.ts'
import { type NumberCells, numberCells } from './number-cells.ts'
import type { Store } from './store.ts'

/** Blocks of a statement: half a million rows, and a megabyte or two. Each combination is some 60 bytes more. */
const BLOCKS_AT_ONCE = 64
const COMBINATIONS_AT_ONCE = 50_000

/** How long blocks are folded before others have their turn. */
const SLICE_MS = 4

/** Steps and groups told apart at a time. */
const MAX_ACCUMULATORS = 2000

/** The blocks in batches of a statement each. */
export function inBatches(blocks: readonly NumberBlock[]): NumberBlock[][] {
  const batches: NumberBlock[][] = []
  let [batch, combinations]: [NumberBlock[], number] = [[], 0]
  for (const block of blocks) {
    const isFull = batch.length === BLOCKS_AT_ONCE || combinations + block.combinations > COMBINATIONS_AT_ONCE
    if (batch.length === 0 || isFull) {
      batch = []
      combinations = 0
      batches.push(batch)
    }
    batch.push(block)
    combinations += block.combinations
  }
  return batches
}

/** Half-open, in microseconds since 1970. */
type Bounds = { from: number; end: number }

/** A chart of a field that has columns. */
export type NumberQuery = { filter: LogFilter; fold: Fold; name: string; bounds: Bounds; isExact: boolean }

/**
 * The parts of one batch of blocks.
 *
 * @returns also whether each different number has a cell of its own: too many share some
 */
export async function foldBlocks(
  store: Store,
  query: NumberQuery,
  blocks: readonly NumberBlock[],
): Promise<{ parts: FoldedPart[]; isExact: boolean }> {
  const { filter, fold, name, bounds } = query
  const [first, last] = [blocks[0] as NumberBlock, blocks.at(-1) as NumberBlock]
  const span = { from: microsOf(first.first_timestamp), end: microsOf(last.first_timestamp) + DAY_MICROS }
  const cuts = [bounds.from, bounds.end, ...fold.starts.map((start) => start * 1000)].filter(
    (at) => at >= span.from && at <= span.end,
  )
  const read = await readNumberBlocks(store, filter, fold, name, blocks, cuts)
  const parts = query.isExact ? await foldAll(query, read, true) : undefined
  if (parts) return { parts, isExact: true }
  return { parts: (await foldAll(query, read, false)) ?? [], isExact: false }
}

/** A block ends with its day. */
const DAY_MICROS = 86_400_000_000

/** @returns undefined when there are too many different numbers */
async function foldAll(
  { fold, name, bounds }: NumberQuery,
  blocks: readonly ReadBlock[],
  isExact: boolean,
): Promise<FoldedPart[] | undefined> {
  const parts: FoldedPart[] = []
  let folder = new BlockFolder(fold, bounds, isExact)
  let began = performance.now()
  for (const block of blocks) {
    folder.add(block, name)
    if (isExact && folder.exactCells > MAX_CELLS) return undefined
    if (folder.size > MAX_ACCUMULATORS) {
      for (const part of folder.list()) parts.push(part)
      folder = new BlockFolder(fold, bounds, isExact)
    }
    if (performance.now() - began < SLICE_MS) continue
    await nextTurn()
    began = performance.now()
  }
  for (const part of folder.list()) parts.push(part)
  return parts
}

class BlockFolder {
  readonly #fold: Fold
  readonly #bounds: Bounds
  readonly #isExact: boolean
  readonly #cells = new Map<string, NumberCells>()

  constructor(fold: Fold, bounds: Bounds, isExact: boolean) {
    this.#fold = fold
    this.#bounds = bounds
    this.#isExact = isExact
  }

  get size(): number {
    return this.#cells.size
  }

  get exactCells(): number {
    let sum = 0
    for (const { exactCells } of this.#cells.values()) sum += exactCells
    return sum
  }

  *list(): Generator<FoldedPart> {
    for (const cells of this.#cells.values()) yield* cells.list()
  }

  add(block: ReadBlock, name: string): void {
    const column = block.numbers === null ? undefined : decodeColumn(name, bytesOf(block.numbers), block.rows)
    const codes = block.codes === null ? undefined : decodeCodes(bytesOf(block.codes), block.rows)
    if ((block.numbers !== null && !column) || (block.codes !== null && !codes)) throw damaged(block)
    // By the unit of the code.
    const keys: (unknown[] | undefined)[] = codes ? [] : [[]]
    if (codes) for (const [code, ...key] of block.groups ?? []) keys[code - codes.least] = key
    const rowAt = placesOf(block)
    const { starts } = this.#fold
    const last = rowAt(this.#bounds.end)
    let row = rowAt(this.#bounds.from)
    let step = Math.max(
      0,
      starts.findLastIndex((start) => start * 1000 <= block.first),
    )
    for (; row < last; step++) {
      const next = starts[step + 1]
      const until = next === undefined ? last : Math.min(last, rowAt(next * 1000))
      if (until <= row) continue
      this.#addRows(column, codes?.units, keys, { step, from: row, to: until })
      row = until
    }
  }

  #addRows(
    column: NumberColumn | undefined,
    codes: Uint32Array | undefined,
    keys: readonly (unknown[] | undefined)[],
    { step, from, to }: { step: number; from: number; to: number },
  ): void {
    const { units, least = 0, power = 1, doubles, kinds, others = [] } = column ?? {}
    const scale = { least, power, isWhole: doubles === undefined }
    const values = doubles ?? units
    const byCode: (NumberCells | undefined)[] = []
    const touched = new Set<NumberCells>()
    // As a row needs them: of a block's combinations, a short step has few.
    const begin = (code: number) => {
      const key = keys[code]
      if (!key) return undefined
      const cells = this.#cellsOf(step, key)
      if (!touched.has(cells)) cells.begin(scale)
      touched.add(cells)
      byCode[code] = cells
      return cells
    }
    for (let row = from; row < to; row++) {
      const code = codes ? (codes[row] as number) : 0
      const cells = byCode[code] ?? begin(code)
      if (!cells) continue
      const kind = !values ? ABSENT : kinds ? (kinds[row] as number) : NUMBER
      if (kind === NUMBER) cells.add((values as Uint32Array)[row] as number)
      else cells.leaveOut(kind === ABSENT ? undefined : others[kind - OTHER])
    }
    for (const cells of touched) cells.end()
  }

  #cellsOf(step: number, keys: unknown[]): NumberCells {
    const name = `${step} ${JSON.stringify(keys)}`
    let cells = this.#cells.get(name)
    if (!cells) {
      cells = numberCells(this.#fold.kind, this.#isExact, step, keys)
      this.#cells.set(name, cells)
    }
    return cells
  }
}

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}

/** Bytes of an array before its elements, and before each of them. */
const ARRAY_HEAD = 20
const ELEMENT_HEAD = 4

/** Finds the first row that is not before an instant in microseconds. */
function placesOf({ rows, first, step, times, has_wide_times }: ReadBlock): (micros: number) => number {
  // No bound lies within the block.
  if (times === null) return (micros) => (micros <= first ? 0 : rows)
  const array = bytesOf(times)
  const size = ELEMENT_HEAD + (has_wide_times ? 8 : 4)
  const timeOf = (row: number) => {
    const place = ARRAY_HEAD + row * size + ELEMENT_HEAD
    const time = has_wide_times ? Number(array.readBigInt64BE(place)) : array.readInt32BE(place)
    return first + row * step + time
  }
  return (micros) => {
    let [low, high] = [0, rows]
    while (low < high) {
      const middle = (low + high) >> 1
      if (timeOf(middle) < micros) low = middle + 1
      else high = middle
    }
    return low
  }
}

function damaged({ first_timestamp, first_row_id }: ReadBlock): Error {
  return new Error(`the block of packed lines from ${first_timestamp} (line ${first_row_id}) is damaged`)
}
