import { LEVELS, type LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import type { ExtraMatch, SearchNode } from '../../src/store/filter/search-conditions.ts'
import type { ModelRow } from './brute-force.ts'

/** Whether the search matches the row, in plain code; the SQL has to agree with it. */
export function finds(node: SearchNode, row: ModelRow): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every((part) => finds(part, row))
    case 'or':
      return node.nodes.some((part) => finds(part, row))
    case 'not':
      return !finds(node.node, row)
    case 'text':
      return holds(row.message, node.text) || (row.logger_name !== null && holds(row.logger_name, node.text))
    case 'message':
      return holds(row.message, node.text)
    case 'regex': {
      const pattern = new RegExp(node.pattern, 'is')
      return pattern.test(row.message) || (row.logger_name !== null && pattern.test(row.logger_name))
    }
    case 'line':
      return new RegExp(node.pattern, 's').test(row.message)
    case 'level':
      return compare(LEVELS.indexOf(row.level), node.comparison, LEVELS.indexOf(node.level))
    case 'camera':
      if (node.id === null) return row.camera_id === null
      return row.camera_id === node.id || row.source === `camera_${node.id}`
    case 'source':
    case 'logger_name': {
      const value = row[node.kind]
      return value !== null && (node.isGlob ? fits(value, node.value) : value === node.value)
    }
    case 'id':
      return row.id === node.id
    case 'request_id':
      return row.extra_data?.request_id === node.value
    case 'extra_data':
      return fitsExtra(valueAt(row.extra_data, node.path), node.match)
  }
}

function fitsExtra(value: unknown, match: ExtraMatch): boolean {
  if (value === undefined) return false
  if (match.kind === 'exists') return true
  if (match.kind === 'is') {
    return value === match.text || (!match.isTextOnly && value === JSON.parse(match.text))
  }
  if (match.kind === 'glob') {
    return value !== null && fits(typeof value === 'string' ? value : JSON.stringify(value), match.text)
  }
  return typeof value === 'number' && compare(value, match.comparison, Number(match.number))
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let inner = value
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    inner = (inner as Record<string, unknown>)[key]
  }
  return inner
}

function compare(a: number, comparison: string, b: number): boolean {
  if (comparison === '=') return a === b
  if (comparison === '>') return a > b
  if (comparison === '>=') return a >= b
  return comparison === '<' ? a < b : a <= b
}

function fits(value: string, glob: string): boolean {
  const escaped = glob.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${escaped}$`, 's').test(value)
}

function holds(text: string, part: string): boolean {
  return fold(text).includes(fold(part))
}

/** PostgreSQL lowers one character at a time: no final sigma, and İ is i without the dot that JavaScript adds. */
function fold(text: string): string {
  return Array.from(text, (character) => (character === 'İ' ? 'i' : character.toLowerCase())).join('')
}

const PIECES = [
  'timeout',
  'TIMEOUT',
  '50%',
  '_',
  '\\',
  '"',
  '<b>',
  'İstanbul',
  'straße',
  'ẞ',
  'ΣΑΣ',
  'σας',
  'RTSP',
]
const VALUES = [
  'x',
  'X*',
  '3',
  'true',
  3,
  3.5,
  -2,
  true,
  false,
  null,
  { b: 'x' },
  { b: 3, c: null },
  [3, 'x'],
]
const DAY = 86_400_000

/** Rows to be searched: three days, a little of everything. */
export const searchedRecords: fc.Arbitrary<LogRecord> = fc.record({
  timestamp: fc
    .integer({ min: 0, max: 3 * DAY })
    .map((offset) => new Date(Date.parse('2026-04-10T12:00:00.000Z') + offset).toISOString()),
  level: fc.constantFrom(...LEVELS),
  message: fc
    .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(' ')),
  source: fc.constantFrom('api', 'api_v2', 'api%', 'worker', 'camera_1', 'camera_2'),
  logger_name: fc.constantFrom(null, 'camera_worker', 'Timeouts', 'app.db'),
  camera_id: fc.option(fc.integer({ min: 1, max: 3 })),
  extra_data: fc.option(
    fc.record(
      {
        a: fc.constantFrom(...VALUES),
        retry_count: fc.integer({ min: 0, max: 5 }),
        request_id: fc.constantFrom('r1', 'r2'),
      },
      { requiredKeys: [] },
    ),
  ),
})

const words = fc.constantFrom(
  ...PIECES,
  'tim',
  'i',
  'STRASSE',
  'Straß',
  'σΑσ',
  '%',
  'e r',
  'Camera',
  '',
  'none',
)
const names = {
  value: fc.constantFrom('api', 'api*', '*_*', '*', 'camera_1', 'app.*', 'Timeouts'),
  isGlob: fc.boolean(),
}
const comparisons = fc.constantFrom('>', '>=', '<', '<=')

const extraMatches: fc.Arbitrary<ExtraMatch> = fc.oneof(
  fc.constant({ kind: 'exists' as const }),
  fc.constantFrom('x', 'X*', 'none').map((text) => ({ kind: 'is' as const, text, isTextOnly: true })),
  fc.record({
    kind: fc.constant('is' as const),
    text: fc.constantFrom('3', '3.5', 'true', 'null'),
    isTextOnly: fc.boolean(),
  }),
  fc.constantFrom('x*', '*', '*3*').map((text) => ({ kind: 'glob' as const, text })),
  fc.record({
    kind: fc.constant('compare' as const),
    comparison: comparisons,
    number: fc.constantFrom('3', '-2', '3.25', '1e2'),
  }),
)

const conditions: fc.Arbitrary<SearchNode> = fc.oneof(
  fc.record({ kind: fc.constantFrom('text' as const, 'message' as const), text: words }),
  fc.record({
    kind: fc.constant('regex' as const),
    pattern: fc.constantFrom('time.ut', '^r', 'b>$', '[0-9]+%', 'x|_'),
  }),
  fc.record({
    kind: fc.constant('level' as const),
    comparison: fc.oneof(fc.constant('=' as const), comparisons),
    level: fc.constantFrom(...LEVELS),
  }),
  fc.record({ kind: fc.constant('camera' as const), id: fc.option(fc.integer({ min: 1, max: 4 })) }),
  fc.record({ kind: fc.constantFrom('source' as const, 'logger_name' as const), ...names }),
  fc.record({ kind: fc.constant('id' as const), id: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('request_id' as const), value: fc.constantFrom('r1', 'r3') }),
  fc.record({
    kind: fc.constant('extra_data' as const),
    path: fc.constantFrom(['a'], ['a', 'b'], ['retry_count'], ['a', 'c'], ['a', '0']),
    match: extraMatches,
  }),
)

/** Searches of every shape. */
export const searches: fc.Arbitrary<SearchNode> = fc.letrec<{ node: SearchNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    conditions,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      nodes: fc.array(tie('node'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), node: tie('node') }),
  ),
})).node
