import { LEVELS, type Level } from '@timelapser/logger'
import { type EntryMessages, SEPARATOR } from '../../../store/alerts/entry-messages.ts'
import type { LogFilter } from '../../../store/filter/log-filter.ts'
import { capacityOf, LiteralAutomaton } from './literal-automaton.ts'
import { type Needle, needlesOf } from './needles.ts'

type Pattern = Extract<Needle, { kind: 'pattern' }> & { search: number }

/** The possible matches: lines by their index, all of them when unset, and the searches. */
export type Sieved = { lines: ReadonlySet<number> | undefined; searches: ReadonlySet<number> }

/**
 * Says in one pass over lines which of many searches they may match. It lets through more than matches and never less: the
 * database decides.
 */
export class TextSieve {
  /** Searches whose lines need no text that is known here. */
  readonly open: ReadonlySet<number>
  /** All others. */
  readonly searches: ReadonlySet<number>
  /** Levels of the lines that they ask for. */
  readonly levels: readonly Level[]
  readonly #levelsOf: ReadonlyMap<number, ReadonlySet<string>>
  readonly #automaton: LiteralAutomaton
  /** The searches of each text of the automaton. */
  readonly #searchesOf: (readonly number[])[]
  readonly #patterns: readonly Pattern[]

  /** @param filters by the ids of searches */
  constructor(filters: ReadonlyMap<number, LogFilter>) {
    const open = new Set<number>()
    const literals = new Map<string, number[]>()
    const patterns: Pattern[] = []
    for (const [search, filter] of filters) {
      const needles = needlesOf(filter)
      if (!needles) open.add(search)
      for (const needle of needles ?? []) {
        if (needle.kind === 'pattern') patterns.push({ ...needle, search })
        else literals.set(needle.text, [...(literals.get(needle.text) ?? []), search])
      }
    }
    const texts = [...literals.keys()]
    const capacity = capacityOf(texts)
    for (const text of texts.slice(capacity)) for (const id of literals.get(text) ?? []) open.add(id)
    this.open = open
    this.#automaton = new LiteralAutomaton(texts.slice(0, capacity))
    this.#searchesOf = [...literals.values()]
    this.#patterns = patterns
    const sieved = [...filters].filter(([id]) => !open.has(id))
    this.searches = new Set(sieved.map(([id]) => id))
    this.#levelsOf = new Map(sieved.map(([id, filter]) => [id, new Set(levelsOf(filter))]))
    this.levels = LEVELS.filter((level) => [...this.#levelsOf.values()].some((levels) => levels.has(level)))
  }

  /**
   * The lines that may match some of the searches, and those searches.
   *
   * @param asked the searches to find, without those that are open
   */
  sift(lines: Omit<EntryMessages, 'feed_id' | 'offsets'>, asked: ReadonlySet<number>): Sieved {
    const isApart = [lines.messages, lines.loggers].every((joined) => separatorsIn(joined) === lines.rows - 1)
    if (!isApart) return { lines: undefined, searches: asked }
    const searches = new Set<number>()
    const marked = new Set<number>()
    let levels: string[] | undefined
    const mark = (ids: Iterable<number>, line: number) => {
      levels ??= lines.levels.split(SEPARATOR)
      for (const id of ids) {
        if (!asked.has(id) || !this.#levelsOf.get(id)?.has(levels[line] ?? '')) continue
        searches.add(id)
        marked.add(line)
      }
    }
    for (const joined of [lines.messages, lines.loggers]) {
      this.#automaton.scan(
        joined,
        (text, line) => mark(this.#searchesOf[text] ?? [], line),
        (line) => mark(asked, line),
      )
      this.#comparePatterns(joined, mark)
    }
    return { lines: marked, searches }
  }

  #comparePatterns(joined: string, mark: (ids: readonly number[], line: number) => void): void {
    if (this.#patterns.length === 0) return
    const isPlain = isAscii(joined)
    let messages: string[] | undefined
    for (const { regex, hasAnchor, search } of this.#patterns) {
      // Over the ends of messages it matches more.
      if (isPlain && !hasAnchor && !regex.test(joined)) continue
      messages ??= joined.split(SEPARATOR)
      for (const [line, message] of messages.entries()) {
        if ((!isPlain && !isAscii(message)) || regex.test(message)) mark([search], line)
      }
    }
  }
}

function levelsOf({ levels, exclude_levels }: LogFilter): readonly Level[] {
  return (levels ?? LEVELS).filter((level) => !exclude_levels?.includes(level))
}

function separatorsIn(text: string): number {
  let count = 0
  for (let at = text.indexOf(SEPARATOR); at !== -1; at = text.indexOf(SEPARATOR, at + 1)) count++
  return count
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  return !/[^\x00-\x7f]/.test(text)
}
