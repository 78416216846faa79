import { numberOf } from '../../../store/blocks/number-value.ts'
import type { FoldedCell, FoldedPart } from '../../../store/reading/folded-parts.ts'
import type { ScannedValues } from '../../../store/reading/value-scan.ts'
import { lastNotAfter } from '../../logs/histogram.ts'
import type { ChartRequest } from './chart-request.ts'
import { type Figure, figureOf } from './figures.ts'

/** Groups that are told apart; lines of groups that come later are counted with the others. */
const MAX_GROUPS = 1000

/** The room that the figures of one chart may take. */
const MAX_BYTES = 32 * 1024 * 1024

/** The room of a group beside its values and figures. */
const GROUP_BYTES = 300

/** Characters of a value that a group is known by. */
const KEPT = 200

/** Values without a number that are told. */
const MAX_EXAMPLES = 5
const EXAMPLE_CHARACTERS = 50

/** Values of a group in the order of `by`; null where its lines have none. */
export type GroupKey = readonly (string | null)[]

export type LineGroup = {
  key: GroupKey
  /** Lines with a value of the field. */
  lines: number
  figures: Map<number, Figure>
}

export type LeftOut = {
  /** Lines without the field. */
  without_field: number
  /** Lines whose value is not a number where numbers are asked for. */
  not_numbers: number
  /** Some of these values, the beginning of long ones. */
  examples: string[]
}

/** Lines by group and step of time, within bounded room. */
export class LineGroups {
  readonly #request: ChartRequest
  readonly #starts: readonly number[]
  readonly #groups = new Map<string, LineGroup>()
  #bytes = 0
  readonly leftOut: LeftOut = { without_field: 0, not_numbers: 0, examples: [] }
  /** Lines of groups beyond those that are told apart. */
  readonly rest: LineGroup = { key: [], lines: 0, figures: new Map() }
  /** Lines that are counted. */
  lines = 0

  /** @param starts where each step begins, in milliseconds */
  constructor(request: ChartRequest, starts: readonly number[]) {
    this.#request = request
    this.#starts = starts
    // Without groups there is one series, also where nothing matches.
    if (request.by.length === 0) this.#groupOf('', [])
  }

  /** Whether there is no room for more. */
  get isFull(): boolean {
    return this.#bytes > MAX_BYTES
  }

  /** Whether there are more groups than are told apart. */
  get isCut(): boolean {
    return this.rest.lines > 0
  }

  /** All groups, those with most lines first. */
  list(): LineGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.lines - a.lines || compareKeys(a.key, b.key))
  }

  /** @param lines their values of the field, when there is one, for the measure distinct hashes, and of each of `by` */
  add(lines: readonly ScannedValues[]): void {
    const { field, measure } = this.#request
    const takesNumbers =
      field !== undefined && measure !== 'count' && measure !== 'rate' && measure !== 'distinct'
    for (const [at, ...values] of lines) {
      let value: unknown = 1
      if (field) {
        const found = values.shift()
        if (found === null || found === undefined) {
          this.leftOut.without_field++
          continue
        }
        if (takesNumbers) {
          const number = numberOf(found)
          if (number === undefined) {
            this.#leaveOut(found)
            continue
          }
          value = number
        } else if (measure === 'distinct') value = found
      }
      this.#count(values, lastNotAfter(this.#starts, at), 1, (figure) => figure.add(value))
    }
  }

  /** @param parts lines that were folded before */
  addFolded(parts: readonly FoldedPart[]): void {
    const isCount = this.#request.measure === 'count' || this.#request.measure === 'rate'
    for (const part of parts) {
      if ('steps' in part) {
        this.#count(part.keys, part.step, part.rows, (one) => one.addSpread?.(part))
        continue
      }
      const { step, keys, rows, figure, most, other } = part
      if (figure !== null) {
        const numbers = { rows, figure: isCount ? rows : figure, most: most ?? figure }
        this.#count(keys, step, rows, (one) => one.addFolded(numbers))
      } else if (other === null) this.leftOut.without_field += rows
      else {
        const number = numberOf(other)
        if (number === undefined) this.#leaveOut(other, rows)
        else this.#addText(number, { step, keys, rows })
      }
    }
  }

  /** Adds lines whose value is the number as a text. */
  #addText(number: number, { step, keys, rows }: Pick<FoldedCell, 'step' | 'keys' | 'rows'>): void {
    const figure = this.#request.measure === 'sum' ? number * rows : number
    this.#count(keys, step, rows, (one) => one.addFolded({ rows, figure, most: number }))
  }

  #count(values: readonly unknown[], step: number, lines: number, add: (figure: Figure) => void): void {
    const group = this.#groupOf(this.#request.by.length === 0 ? '' : keyText(values), values)
    group.lines += lines
    this.lines += lines
    let figure = group.figures.get(step)
    if (!figure) {
      figure = figureOf(this.#request.measure)
      group.figures.set(step, figure)
      this.#bytes += figure.bytes
    }
    const before = figure.bytes
    add(figure)
    this.#bytes += figure.bytes - before
  }

  #groupOf(key: string, values: readonly unknown[]): LineGroup {
    const known = this.#groups.get(key)
    if (known) return known
    if (this.#groups.size >= MAX_GROUPS) return this.rest
    const made = { key: values.map(keyPart), lines: 0, figures: new Map() }
    this.#groups.set(key, made)
    this.#bytes += GROUP_BYTES + key.length * 4
    return made
  }

  #leaveOut(found: unknown, lines = 1): void {
    this.leftOut.not_numbers += lines
    const { examples } = this.leftOut
    if (examples.length === MAX_EXAMPLES) return
    const example = beginningOf(textOf(found), EXAMPLE_CHARACTERS)
    if (!examples.includes(example)) examples.push(example)
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function keyPart(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = textOf(value)
  return text.length > KEPT ? `${beginningOf(text, KEPT)}…` : text
}

/** No character is cut in half. */
function beginningOf(text: string, units: number): string {
  const kept = text.slice(0, units)
  return kept.isWellFormed() ? kept : kept.slice(0, -1)
}

/** No text that was stored has a NUL in it: it stands between values and begins a mark for none. */
function keyText(values: readonly unknown[]): string {
  return values.map((value) => keyPart(value) ?? '\0none').join('\0')
}

function compareKeys(a: GroupKey, b: GroupKey): number {
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)]
  return one < other ? -1 : one > other ? 1 : 0
}
