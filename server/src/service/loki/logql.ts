// The part of LogQL that is answered: selectors, line filters, label filters, and counts of them over time.
import { LogqlScanner } from './logql-scanner.ts'

export type Matcher = { label: string; operator: '=' | '!=' | '=~' | '!~'; value: string }
export type LineFilter = { operator: '|=' | '!=' | '|~' | '!~'; texts: string[] }

/** `{source="api"} |= "timeout" | level="ERROR"` */
export type LogSelection = { matchers: Matcher[]; lines: LineFilter[] }

export type LogqlQuery =
  | { kind: 'logs'; selection: LogSelection }
  /** `sum by (level) (count_over_time(…[5m]))`; without `sum` a series for each stream, `by` undefined. */
  | { kind: 'count'; perSecond: boolean; rangeMs: number; selection: LogSelection; by: string[] | undefined }
  /** `vector(1)+vector(1)`, by which Grafana asks whether we are there. */
  | { kind: 'vector'; value: number }

const OUTSIDE = 'only log queries, count_over_time, rate and sum of them are answered here'

/** @throws {AppError} INVALID_REQUEST with the line and column */
export function parseLogql(text: string): LogqlQuery {
  const scanner = new LogqlScanner(text)
  const query = readQuery(scanner)
  if (!scanner.atEnd()) throw scanner.error(`unexpected text behind the query; ${OUTSIDE}`)
  return query
}

function readQuery(scanner: LogqlScanner): LogqlQuery {
  const selection = tryReadSelection(scanner)
  if (selection !== undefined) return { kind: 'logs', selection }
  const name = scanner.name()
  if (name === 'vector') return readVectors(scanner)
  if (name !== 'sum') return { ...readCount(scanner, name), by: undefined }
  const before = readBy(scanner)
  scanner.expect('(')
  const count = readCount(scanner, scanner.name())
  scanner.expect(')')
  return { ...count, by: before ?? readBy(scanner) ?? [] }
}

/** The log query of a `match[]`: a selector alone. @throws {AppError} INVALID_REQUEST */
export function parseSelector(text: string): LogSelection {
  const query = parseLogql(text)
  if (query.kind === 'logs') return query.selection
  throw new LogqlScanner(text).error('expecting a selector such as {source="api"}')
}

function readCount(scanner: LogqlScanner, name: string | undefined) {
  if (name !== 'count_over_time' && name !== 'rate')
    throw scanner.error(`${name ?? 'this'} is not supported; ${OUTSIDE}`)
  scanner.expect('(')
  const selection = tryReadSelection(scanner)
  if (selection === undefined) throw scanner.error('expecting a selector such as {source="api"}')
  scanner.expect('[')
  const rangeMs = scanner.duration()
  scanner.expect(']')
  // `{…}[5m] |= "x"` means the same as `{…} |= "x" [5m]`.
  readStages(scanner, selection)
  scanner.expect(')')
  return { kind: 'count' as const, perSecond: name === 'rate', rangeMs, selection }
}

function readBy(scanner: LogqlScanner): string[] | undefined {
  if (scanner.symbol('without') !== undefined)
    throw scanner.error('without is not supported; name the labels by which to sum')
  if (scanner.symbol('by') === undefined) return undefined
  scanner.expect('(')
  const labels: string[] = []
  while (scanner.symbol(')') === undefined) {
    const label = scanner.name()
    if (label === undefined) throw scanner.error('expecting a label')
    labels.push(label)
    scanner.symbol(',')
  }
  return labels
}

function readVectors(scanner: LogqlScanner): LogqlQuery {
  let value = 0
  do {
    if (value > 0) scanner.name()
    scanner.expect('(')
    scanner.expect('1')
    scanner.expect(')')
    value += 1
  } while (scanner.symbol('+') !== undefined)
  return { kind: 'vector', value }
}

function tryReadSelection(scanner: LogqlScanner): LogSelection | undefined {
  if (scanner.symbol('{') === undefined) return undefined
  const selection: LogSelection = { matchers: [], lines: [] }
  while (scanner.symbol('}') === undefined) {
    selection.matchers.push(readMatcher(scanner))
    if (scanner.symbol(',') === undefined) {
      scanner.expect('}')
      break
    }
  }
  readStages(scanner, selection)
  return selection
}

function readMatcher(scanner: LogqlScanner): Matcher {
  const label = scanner.name()
  if (label === undefined) throw scanner.error('expecting a label')
  const operator = scanner.symbol('=~', '!~', '!=', '=') as Matcher['operator'] | undefined
  if (operator === undefined) throw scanner.error('expecting =, !=, =~ or !~')
  return { label, operator, value: scanner.string() }
}

function readStages(scanner: LogqlScanner, selection: LogSelection): void {
  for (;;) {
    const operator = scanner.symbol('|=', '!=', '|~', '!~', '|')
    if (operator === undefined) return
    if (operator !== '|') selection.lines.push(readLineFilter(scanner, operator as LineFilter['operator']))
    // Grafana drops labels that nothing here sets.
    else if (scanner.symbol('drop') !== undefined) scanner.skipStage()
    else selection.matchers.push(...readLabelFilters(scanner))
  }
}

function readLineFilter(scanner: LogqlScanner, operator: LineFilter['operator']): LineFilter {
  const texts = [scanner.string()]
  while (scanner.symbol('or ') !== undefined) texts.push(scanner.string())
  return { operator, texts }
}

/** `level="ERROR" and source=~"api|web"`, commas for `and` too. */
function readLabelFilters(scanner: LogqlScanner): Matcher[] {
  const matchers = [readMatcher(scanner)]
  while (scanner.symbol(',', 'and ') !== undefined) matchers.push(readMatcher(scanner))
  return matchers
}
