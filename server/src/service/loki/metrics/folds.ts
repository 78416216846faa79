// How the values of a window become one: they are folded into cells, one for each stretch of time that no window cuts, and
// the cells of a window are merged. So a window costs its cells, not its lines.

/** Numbers that a cell is made of; their meaning is the fold's. */
export type Cell = number[]

export type Fold = {
  /** @param at milliseconds; values come newest first */
  start: (value: number, at: number) => Cell
  add: (cell: Cell, value: number, at: number) => void
  /** The result of cells, newest first, in a window that ends at `end`. */
  result: (cells: readonly Cell[], window: { end: number; range: number }) => number
  /** Whether a cell keeps every value. */
  isGrowing: boolean
}

/** @param isOfValues whether values were unwrapped, so that `rate` adds them up instead of counting */
export function foldFor(operation: string, parameter: number, isOfValues: boolean): Fold {
  switch (operation) {
    case 'count_over_time':
      return COUNT
    case 'rate':
      return perSecond(isOfValues ? SUM : COUNT)
    case 'bytes_rate':
      return perSecond(SUM)
    case 'bytes_over_time':
    case 'sum_over_time':
      return SUM
    case 'avg_over_time':
      return AVERAGE
    case 'max_over_time':
      return extreme((value, most) => value > most || Number.isNaN(most))
    case 'min_over_time':
      return extreme((value, least) => value < least || Number.isNaN(least))
    case 'stddev_over_time':
      return spread(Math.sqrt)
    case 'stdvar_over_time':
      return spread((variance) => variance)
    case 'first_over_time':
      return FIRST
    case 'last_over_time':
      return LAST
    case 'absent_over_time':
      return { ...COUNT, result: () => 1 }
    case 'quantile_over_time':
      return quantile(parameter)
    case 'rate_counter':
      return COUNTER_RATE
    default:
      throw new Error(`there is no range function ${operation}`)
  }
}

const SUM: Fold = {
  start: (value) => [value],
  add: (cell, value) => {
    cell[0] = (cell[0] ?? 0) + value
  },
  result: (cells) => cells.reduce((sum, [part = 0]) => sum + part, 0),
  isGrowing: false,
}

const COUNT: Fold = {
  ...SUM,
  start: () => [1],
  add: (cell) => {
    cell[0] = (cell[0] ?? 0) + 1
  },
}

function perSecond(fold: Fold): Fold {
  return { ...fold, result: (cells, window) => fold.result(cells, window) / (window.range / 1000) }
}

/** Sum and count. */
const AVERAGE: Fold = {
  start: (value) => [value, 1],
  add: (cell, value) => {
    cell[0] = (cell[0] ?? 0) + value
    cell[1] = (cell[1] ?? 0) + 1
  },
  result: (cells) => {
    const count = cells.reduce((sum, [, part = 0]) => sum + part, 0)
    return SUM.result(cells, { end: 0, range: 0 }) / count
  },
  isGrowing: false,
}

function extreme(isMore: (value: number, than: number) => boolean): Fold {
  return {
    start: (value) => [value],
    add: (cell, value) => {
      if (isMore(value, cell[0] ?? Number.NaN)) cell[0] = value
    },
    result: (cells) =>
      cells.reduce((most, [value = Number.NaN]) => (isMore(value, most) ? value : most), Number.NaN),
    isGrowing: false,
  }
}

/** Count, mean, and the sum of squared distances from it, which can be merged without losing digits. */
function spread(of: (variance: number) => number): Fold {
  return {
    start: (value) => [1, value, 0],
    add: (cell, value) => merge(cell, [1, value, 0]),
    result: (cells) => {
      const all: Cell = [0, 0, 0]
      for (const cell of cells) merge(all, cell)
      const [count = 0, , squares = 0] = all
      return of(squares / count)
    },
    isGrowing: false,
  }
}

function merge(into: Cell, from: Cell): void {
  const [count = 0, mean = 0, squares = 0] = into
  const [more = 0, otherMean = 0, otherSquares = 0] = from
  const total = count + more
  const delta = otherMean - mean
  into[0] = total
  into[1] = mean + (delta * more) / total
  into[2] = squares + otherSquares + (delta * delta * count * more) / total
}

/** The value and its time. */
const LAST: Fold = {
  start: (value, at) => [value, at],
  add: () => undefined,
  result: ([newest]) => newest?.[0] ?? Number.NaN,
  isGrowing: false,
}

const FIRST: Fold = {
  start: (value, at) => [value, at],
  add: (cell, value, at) => {
    cell[0] = value
    cell[1] = at
  },
  result: (cells) => cells.at(-1)?.[0] ?? Number.NaN,
  isGrowing: false,
}

function quantile(q: number): Fold {
  return {
    start: (value) => [value],
    add: (cell, value) => void cell.push(value),
    result: (cells) => {
      if (q < 0) return Number.NEGATIVE_INFINITY
      if (q > 1) return Number.POSITIVE_INFINITY
      const values = Float64Array.from(cells.flat()).sort()
      const rank = q * (values.length - 1)
      const lower = Math.max(0, Math.floor(rank))
      const upper = Math.min(values.length - 1, lower + 1)
      const weight = rank - Math.floor(rank)
      return (values[lower] ?? Number.NaN) * (1 - weight) + (values[upper] ?? Number.NaN) * weight
    },
    isGrowing: true,
  }
}

/** Values and times by turns, newest first. */
const COUNTER_RATE: Fold = {
  start: (value, at) => [value, at],
  add: (cell, value, at) => void cell.push(value, at),
  result: (cells, { end, range }) => {
    const flat = cells.flat()
    const points = flat.flatMap((value, index) =>
      index % 2 === 0 ? [{ value, at: flat[index + 1] ?? 0 }] : [],
    )
    return counterRate(points.reverse(), end, range)
  },
  isGrowing: true,
}

/** As Prometheus extrapolates a counter to the edges of its window, to where it was zero at most. */
function counterRate(points: readonly { value: number; at: number }[], end: number, range: number): number {
  const [first] = points
  const last = points.at(-1)
  if (points.length < 2 || first === undefined || last === undefined) return 0
  let increase = last.value - first.value
  for (const [index, { value }] of points.entries()) {
    const before = points[index - 1]?.value ?? 0
    if (value < before) increase += before
  }
  const seconds = (from: number, to: number) => (to - from) / 1000
  const sampled = seconds(first.at, last.at)
  const average = sampled / (points.length - 1)
  const reach = (distance: number) => (distance >= average * 1.1 ? average / 2 : distance)
  let toStart = reach(seconds(end - range, first.at))
  if (increase > 0 && first.value >= 0) toStart = Math.min(toStart, sampled * (first.value / increase))
  const toEnd = reach(seconds(last.at, end))
  return (increase * ((sampled + toStart + toEnd) / sampled)) / (range / 1000)
}
