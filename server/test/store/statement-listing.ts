import type { StatementTiming } from '../../src/store/database/statement-watch.ts'

/**
 * Each name once with one statement, the shortest that it had, and of every other one the lines that differ: those after
 * `-- 3-4:` stand in place of lines 3 and 4.
 */
export function listingOf(timings: readonly StatementTiming[]): string {
  const texts = new Map<string, Set<string>>()
  for (const { name, text } of timings) {
    const known = withoutNames(name)
    texts.set(known, (texts.get(known) ?? new Set()).add(withoutNames(text).replace(/^\n/, '')))
  }
  return [...texts]
    .filter(([name]) => !name.startsWith('rollback to'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => `-- ${name}\n${shapeOf([...of].toSorted(byLength))}\n`)
    .join('\n')
}

function shapeOf([shape = '', ...others]: readonly string[]): string {
  return [`${shape};`, ...others.map((other) => differencesOf(shape.split('\n'), other.split('\n')))].join(
    '\n\n',
  )
}

function byLength(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1)
}

/** The lines that make `other` of `shape`, by the numbers of those that they replace; `4+:` comes after line 4. */
function differencesOf(shape: readonly string[], other: readonly string[]): string {
  const parts: string[] = []
  let [from, otherFrom] = [0, 0]
  for (const [line, otherLine] of [...commonLines(shape, other), [shape.length, other.length] as const]) {
    const added = other.slice(otherFrom, otherLine)
    if (line > from || added.length > 0) {
      const range = line === from ? `${from}+` : line === from + 1 ? `${line}` : `${from + 1}-${line}`
      parts.push([`-- ${range}:`, ...added].join('\n'))
    }
    ;[from, otherFrom] = [line + 1, otherLine + 1]
  }
  return parts.join('\n')
}

/** The pairs of indexes of the longest sequence of lines that both have. */
function commonLines(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  // lengths[i][j]: how many lines a from i and b from j have in common.
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i] as number[]
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i++
    else j++
  }
  return pairs
}

/** Names and bounds of partitions follow the rows, time limits what is left of a budget. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/((?:statement|lock)_timeout =) [1-9]\d*/g, '$1 …')
    .replaceAll(/\blogs_\d+\w*/g, 'logs_of_a_range')
    .replaceAll(/'\d{4}-\d\d-\d\dT[\d:.]+Z'/g, "'…'")
}
