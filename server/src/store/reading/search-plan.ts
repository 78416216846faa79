import type { LogFilter } from '../filter/log-filter.ts'
import { conjuncts, type SearchNode } from '../filter/search-conditions.ts'

/** Rows read first: enough to distinguish a common word from a rare word, about 10 ms. */
const PROBE_ROWS = 2000

/** When more rows than these would have to be looked at, about 200 ms, a lookup in the trigram index costs less. */
const SCAN_WORTH_ROWS = 40_000

/** A statement looks at as many rows as take so long, so that a time limit or a cancel finds little work lost. */
const SCAN_MS = 300
const MAX_SCAN_ROWS = 200_000
/** With more, a search of lines that are slow to compare ends where it began, each time it is gone on with. */
const MIN_SCAN_ROWS = 1

/**
 * How to go on with a search, by what it has met so far. The planner's own estimate is not enough: it knows nothing
 * about most words and takes the plan that its guess of 1 in 10,000 makes cheaper, wrong by a factor of a thousand.
 */
export class SearchPlan {
  #isIndexed: boolean
  readonly #isRare: boolean
  #lookAt = PROBE_ROWS
  #rowsAMs = 0
  #lookedAt = 0
  #matched = 0

  constructor(filter: LogFilter) {
    this.#isRare = filter.request_id !== undefined || conjuncts(filter.q).some(isRare)
    this.#isIndexed = this.#isRare || isIndexed(filter)
  }

  /** The share of the read rows that matched; undefined before any. */
  get density(): number | undefined {
    return this.#lookedAt === 0 ? undefined : this.#matched / this.#lookedAt
  }

  /** Whether to have an index find all matches, which pays when there are few. */
  prefersIndex(wanted: number): boolean {
    if (!this.#isIndexed) return false
    return this.#isRare || (this.#lookedAt >= PROBE_ROWS && this.#expected(wanted) > SCAN_WORTH_ROWS)
  }

  /** How many rows the next scan should look at. */
  lookAt(wanted: number): number {
    if (this.#lookedAt === 0) return this.#lookAt
    const inTime = Math.min(this.#rowsAMs * SCAN_MS, this.#lookAt * 8, MAX_SCAN_ROWS)
    const needed = this.#isIndexed ? Math.max(this.#expected(wanted) * 1.5, PROBE_ROWS) : inTime
    this.#lookAt = Math.max(MIN_SCAN_ROWS, Math.round(Math.min(inTime, needed)))
    return this.#lookAt
  }

  /** Notes that a scan read `lookedAt` rows, of which `matched` matched. */
  learn(lookedAt: number, matched: number, millis: number): void {
    this.#lookedAt += lookedAt
    this.#matched += matched
    this.#rowsAMs = lookedAt / Math.max(millis, 1)
  }

  /** A scan took longer than it was given. */
  shrink(): void {
    this.#lookAt = Math.max(MIN_SCAN_ROWS, Math.round(this.#lookAt / 8))
    this.#rowsAMs /= 8
  }

  /** No index after all: it took too long. */
  avoidIndex(): void {
    this.#isIndexed = false
  }

  #expected(wanted: number): number {
    // Half a match when there was none: the next match is probably about as far away as the scan has reached.
    return (wanted * this.#lookedAt) / Math.max(this.#matched, 0.5)
  }
}

/** Whether an index can find what the filter's text asks for. */
function isIndexed(filter: LogFilter): boolean {
  if (filter.search && hasTrigram(filter.search)) return true
  if (filter.logger_names?.every(hasTrigram)) return true
  return conjuncts(filter.q).some(isNodeIndexed)
}

function isNodeIndexed(node: SearchNode): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.some(isNodeIndexed)
    case 'or':
      return node.nodes.every(isNodeIndexed)
    case 'text':
    case 'message':
      return hasTrigram(node.text)
    case 'regex':
    case 'line':
      return hasTrigram(node.pattern)
    case 'logger_name':
      return hasTrigram(node.value)
    case 'extra_data':
      return node.match.kind === 'is'
    default:
      return isRare(node)
  }
}

/** Conditions that match a handful of rows at most. */
function isRare(node: SearchNode): boolean {
  return node.kind === 'id' || node.kind === 'request_id'
}

/** Three letters or digits side by side are what a trigram index can look up. */
function hasTrigram(text: string): boolean {
  return /[\p{L}\p{N}]{3}/u.test(text)
}
