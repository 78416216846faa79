import { numberOf } from '../../src/store/blocks/number-value.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import type { LogOperations } from '../../src/store/log-operations.ts'
import type { Fold, FoldKind } from '../../src/store/reading/fold-statement.ts'
import type { FoldedCell } from '../../src/store/reading/folded-parts.ts'
import { foldSample } from '../../src/store/reading/sampled-folds.ts'
import { foldValues } from '../../src/store/reading/value-folds.ts'

const KINDS: readonly FoldKind[] = ['sum', 'avg', 'min', 'max', 'spread']
const FIELDS = [['a'], ['a', 'b'], ['retry_count'], ['ms', 'total'], ['never']] as const
const GROUPS = [[], ['camera'], ['source', 'logger'], ['level']] as const

type Figure = { rows: number; sum: number; least: number; most: number }

/**
 * The figures of fields, however they were come by: in which cells, and whether a number as a text was folded with the
 * numbers, is nobody's business.
 *
 * @param offset chooses two of the fields and their groups; all fields when it is undefined
 */
export async function foldedFigures(
  logs: LogOperations,
  range: LogFilter & { start: string; end: string },
  starts: readonly number[],
  offset: number | undefined,
): Promise<unknown> {
  const found: unknown[] = []
  for (const [index, field] of FIELDS.entries()) {
    if (offset !== undefined && (offset + index) % FIELDS.length > 1) continue
    const by = GROUPS[((offset ?? 0) + index) % GROUPS.length] ?? []
    for (const kind of KINDS) {
      const fold: Fold = { kind, field, by, starts }
      const figures = new Figures(kind)
      for await (const { lines } of logs.scan(foldValues, range, undefined, fold))
        figures.add(lines as FoldedCell[])
      found.push([field, kind, by, figures.list()])
    }
    const fold: Fold = { kind: 'spread', field, by, starts }
    const figures = new Figures('spread')
    let share = 0
    for await (const piece of logs.scan(foldSample, range, undefined, fold, 5_000_000)) {
      figures.add(piece.cells as FoldedCell[])
      share = piece.share
    }
    found.push([field, 'sample', share, figures.list()])
  }
  return found
}

class Figures {
  readonly #kind: FoldKind
  readonly #figures = new Map<string, Figure>()

  constructor(kind: FoldKind) {
    this.#kind = kind
  }

  add(cells: readonly FoldedCell[]): void {
    for (const { step, keys, rows, figure, other } of cells) {
      const ofText = other === null ? undefined : numberOf(other)
      const number = figure ?? (ofText === undefined || this.#kind !== 'sum' ? ofText : ofText * rows)
      const each = this.#kind === 'spread' ? number : undefined
      const key = JSON.stringify([step, keys, number === undefined ? other : (each ?? 'number')])
      const known = this.#figures.get(key) ?? { rows: 0, sum: 0, least: Infinity, most: -Infinity }
      this.#figures.set(key, {
        rows: known.rows + rows,
        sum: known.sum + (number ?? 0) * (this.#kind === 'sum' ? 1 : rows),
        least: Math.min(known.least, number ?? 0),
        most: Math.max(known.most, number ?? 0),
      })
    }
  }

  list(): [string, number, number][] {
    const value = ({ sum, least, most }: Figure) =>
      this.#kind === 'min' ? least : this.#kind === 'max' ? most : Number(sum.toPrecision(10))
    return [...this.#figures]
      .map(([key, figure]): [string, number, number] => [key, figure.rows, value(figure)])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }
}
