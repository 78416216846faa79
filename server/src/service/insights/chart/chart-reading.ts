import { comparable } from '../../../store/database/timestamp.ts'
import { isCountable, type LogFilter } from '../../../store/filter/log-filter.ts'
import type { LogOperations } from '../../../store/log-operations.ts'
import type { Fold, FoldKind } from '../../../store/reading/fold-statement.ts'
import type { FoldedPart } from '../../../store/reading/folded-parts.ts'
import type { Position } from '../../../store/reading/log-rows.ts'
import { columnOf } from '../../../store/reading/number-blocks.ts'
import { foldSample, NotSampledError } from '../../../store/reading/sampled-folds.ts'
import { foldValues, placesOf } from '../../../store/reading/value-folds.ts'
import { type ScannedValues, scanValues } from '../../../store/reading/value-scan.ts'
import type { Range, Scanned } from '../message-scanner.ts'
import type { Counted } from './chart.ts'
import type { ChartRequest, Measure } from './chart-request.ts'
import { LineGroups } from './line-groups.ts'

/** The figures that PostgreSQL folds for a measure. */
const FOLDS: Readonly<Record<Measure, FoldKind>> = {
  count: 'count',
  rate: 'count',
  sum: 'sum',
  avg: 'avg',
  min: 'min',
  max: 'max',
  p50: 'spread',
  p95: 'spread',
  p99: 'spread',
  distinct: 'different',
}

/** Measures that rows left out everywhere alike do not shift. */
const SAMPLED: readonly Measure[] = ['avg', 'p50', 'p95', 'p99']

export function isSampled({ measure }: ChartRequest): boolean {
  return SAMPLED.includes(measure)
}

/** Fewer rows are read newest first: they take a fraction of a second. */
const SAMPLED_FROM_ROWS = 50_000

/** Lines that a search has found one by one before the others are folded: the text is not rare. */
const MANY = 20_000

type Pieces = AsyncGenerator<Scanned<ScannedValues | FoldedPart>>

export type ReadingOptions = {
  logOperations: LogOperations
  request: ChartRequest
  range: Range
  starts: readonly number[]
  /** Rows that level, source and camera of the filter let through, about; only for a measure that is sampled. */
  candidates: number
  signal: AbortSignal | undefined
}

/**
 * The lines of one chart: means and quantiles of many lines from a sample that grows to all of them, everything else
 * newest first.
 */
export class ChartReading {
  readonly #options: ReadingOptions
  readonly #fold: Fold
  #groups: LineGroups
  #edge: string
  /** The share of the range that the sample has; undefined when there is none. */
  #share: number | undefined
  #isCounted = false

  constructor(options: ReadingOptions) {
    const { request, starts, range } = options
    const { measure, field, by } = request
    this.#options = options
    this.#fold = { kind: FOLDS[measure], field: field?.place, by: by.map(({ place }) => place), starts }
    this.#groups = new LineGroups(request, starts)
    this.#edge = range.end
  }

  /** The matching lines, in pieces to be taken one after the other; ends early when there is no room for more. */
  async *read(filter: LogFilter): Pieces {
    for await (const piece of this.#pieces(filter)) {
      yield piece
      this.#edge = piece.searched_to
      if (this.#groups.isFull) return
    }
  }

  take(lines: readonly (ScannedValues | FoldedPart)[]): void {
    if (isFolded(lines)) this.#groups.addFolded(lines)
    else this.#groups.add(lines as readonly ScannedValues[])
  }

  /**
   * The findings.
   *
   * @param searchedTo down to when all was read; null for the whole range
   */
  counted(searchedTo: string | null): Counted {
    const { range, candidates } = this.#options
    const groups = this.#groups
    const isSample = this.#share !== undefined && this.#share < 1
    const isFull = groups.isFull && (isSample || comparable(this.#edge) > comparable(range.start))
    const { without_field, not_numbers } = groups.leftOut
    const read = groups.lines + without_field + not_numbers
    const list = groups.list()
    return {
      groups: list,
      rest: groups.rest,
      total: list.length,
      isCut: groups.isCut,
      leftOut: groups.leftOut,
      lines: groups.lines,
      searched_to: isSample ? null : isFull ? this.#edge : searchedTo,
      stopped_by: isFull ? 'room' : searchedTo === null ? null : 'time',
      sample: isSample
        ? { share: this.#share ?? 0, lines: read, of: this.#isCounted ? Math.max(read, candidates) : null }
        : null,
    }
  }

  /** Down to when all was read so far. */
  get edge(): string {
    return this.#edge
  }

  #restart(share: number | undefined): void {
    const { request, starts, range } = this.#options
    this.#groups = new LineGroups(request, starts)
    this.#edge = range.end
    this.#share = share
  }

  /**
   * The lines of the filter, folded by PostgreSQL, and one by one where that says more or costs less. A text that few
   * lines have is found by an index, which folds of all the time would not use.
   */
  async *#pieces(filter: LogFilter): Pieces {
    const { logOperations, request, candidates, signal } = this.#options
    this.#isCounted = isCountable(filter)
    let beyond: Position | undefined
    // A logger that few lines have is found in columns as soon.
    if (!this.#isCounted && columnOf(filter, this.#fold) === undefined) {
      let found = 0
      const places = placesOf(this.#fold)
      for await (const { lines, searched_to, edge } of logOperations.scan(
        scanValues,
        filter,
        signal,
        places,
      )) {
        yield { lines, searched_to }
        found += lines.length
        if (found < MANY) continue
        beyond = edge
        break
      }
      if (!beyond) return
    }
    if (isSampled(request) && candidates >= SAMPLED_FROM_ROWS) {
      try {
        return yield* this.#sampled(filter)
      } catch (error) {
        if (!(error instanceof NotSampledError)) throw error
        this.#restart(undefined)
        beyond = undefined
      }
    }
    yield* logOperations.scan(foldValues, filter, signal, this.#fold, beyond)
  }

  async *#sampled(filter: LogFilter): Pieces {
    const { logOperations, range, candidates, signal } = this.#options
    this.#restart(0)
    const within = { ...filter, ...range }
    for await (const { cells, share } of logOperations.scan(
      foldSample,
      within,
      signal,
      this.#fold,
      candidates,
    )) {
      this.#share = share
      yield { lines: cells, searched_to: share < 1 ? range.end : range.start }
    }
  }
}

function isFolded(lines: readonly (ScannedValues | FoldedPart)[]): lines is readonly FoldedPart[] {
  return lines.length > 0 && !Array.isArray(lines[0])
}
