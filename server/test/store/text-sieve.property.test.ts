import type { Level, LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SiftedEntries } from '../../src/service/alerts/sieve/sifted-entries.ts'
import { TextSieve } from '../../src/service/alerts/sieve/text-sieve.ts'
import { SEPARATOR, UNREAD } from '../../src/store/alerts/entry-messages.ts'
import { SqlParameters } from '../../src/store/database/sql-parameters.ts'
import { type LogFilter, variantConditions } from '../../src/store/filter/log-filter.ts'
import type { SearchNode } from '../../src/store/filter/search-conditions.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

type Line = { level: string; message: string; logger_name: string | null }

// Few characters, so that texts are found: capitals, letters that lower case makes ASCII of, accents, what like escapes.
const character = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'A', 'k') },
  fc.constantFrom('B', 'K', 'i', '\u212a', '\u0130', 'ä', 'Ä', '%', '_', '.', ' ', '7'),
)
const text = fc.array(character, { minLength: 1, maxLength: 5 }).map((characters) => characters.join(''))
const lines: fc.Arbitrary<Line[]> = fc.array(
  fc.record({
    level: fc.constantFrom('INFO', 'ERROR'),
    message: fc
      .array(
        fc.oneof(
          { weight: 40, arbitrary: text },
          { weight: 10, arbitrary: fc.constantFrom('abab', 'ABAB', 'kab', '\n', '\t', 'x'.repeat(30)) },
          fc.constant(SEPARATOR),
        ),
        { maxLength: 4 },
      )
      .map((parts) => parts.join('')),
    logger_name: fc.oneof(fc.constant(null), text),
  }),
  { minLength: 1, maxLength: 12 },
)
const pattern = fc.oneof(
  fc.constantFrom(
    ...[
      'ab[ab]{1,3}k',
      '^ab',
      'k$',
      'a.b',
      'abab|kab',
      '(ab|BA)+',
      'ab.*ka',
      '\\d\\w',
      'a\\.b',
      '[^a]k',
      'ab\\yk',
    ],
    ...['\\mab', '[[:alpha:]]ab', 'a+?b', '(?:ab){2}', 'ab(?=k)', '[]a]b', 'A{0}bab', '\\sab', 'ab|', 'k\\Z'],
  ),
  text.map((one) => one.replace(/[%_.]/g, '\\$&')),
)
const leaf: fc.Arbitrary<SearchNode> = fc.oneof(
  text.map((one) => ({ kind: 'text' as const, text: one })),
  text.map((one) => ({ kind: 'message' as const, text: one })),
  pattern.map((one) => ({ kind: 'regex' as const, pattern: one })),
  pattern.map((one) => ({ kind: 'line' as const, pattern: one })),
  fc.record({ kind: fc.constant('logger_name' as const), value: text, isGlob: fc.boolean() }),
)
const node: fc.Arbitrary<SearchNode> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  fc.record({
    kind: fc.constantFrom('and' as const, 'or' as const),
    nodes: fc.array(leaf, { maxLength: 3 }),
  }),
  leaf.map((one) => ({ kind: 'not' as const, node: one })),
)
const visibility = { cameras: null }
const filter: fc.Arbitrary<LogFilter> = fc.oneof(
  text.map((search) => ({ visibility, search })),
  { weight: 4, arbitrary: node.map((q) => ({ visibility, q })) },
  node.map((q) => ({ visibility, q, levels: ['ERROR' as const] })),
  fc.tuple(text, node).map(([search, q]) => ({ visibility, search, q })),
  fc.array(text, { minLength: 1, maxLength: 2 }).map((logger_names) => ({ visibility, logger_names })),
)

it('the sieve of texts lets through all that PostgreSQL matches', async () => {
  let [let_through, matched, left_out] = [0, 0, 0]
  await fc.assert(
    fc.asyncProperty(lines, fc.array(filter, { minLength: 1, maxLength: 8 }), async (some, filters) => {
      const sieve = new TextSieve(new Map(filters.entries()))
      const asked = new Set([...filters.keys()].filter((id) => !sieve.open.has(id)))
      const read = some.filter(({ level }) => (sieve.levels as readonly string[]).includes(level))
      const found = read.length > 0 ? sieve.sift(joined(read), asked) : undefined
      for (const [id, one] of filters.entries()) {
        if (sieve.open.has(id)) continue
        for (const [index, matches] of (await matchesOf(one, some)).entries()) {
          const place = read.indexOf(some[index] as Line)
          const isLet = found?.searches.has(id) && (found.lines?.has(place) ?? true) && place !== -1
          if (matches) matched++
          if (isLet) let_through++
          else left_out++
          if (matches) expect([one, some[index], isLet]).toEqual([one, some[index], true])
        }
      }
    }),
    { numRuns: 400 },
  )
  // Neither all nor nothing.
  expect(matched).toBeGreaterThan(100)
  expect(let_through).toBeGreaterThanOrEqual(matched)
  expect(left_out).toBeGreaterThan(matched)
})

it('lines that are sifted as they are written are let through as if they were read', () => {
  fc.assert(
    fc.property(lines, fc.array(filter, { minLength: 1, maxLength: 8 }), (some, filters) => {
      const sieve = new TextSieve(new Map(filters.entries()))
      const sifted = new SiftedEntries()
      sifted.use(sieve)
      sifted.sift(some.map(record) as LogRecord[], 1000)
      const entry = { first_id: 1000, rows: some.length }
      const known = sifted.find(entry, sieve)
      if (sieve.searches.size === 0) {
        expect(known).toBeUndefined()
        return
      }
      const places = [...some.keys()].filter((place) => sieve.levels.includes(some[place]?.level as Level))
      const read = places.map((place) => some[place] as Line)
      const none = { lines: new Set<number>(), searches: new Set<number>() }
      const expected = read.length > 0 ? sieve.sift(joined(read), sieve.searches) : none
      expect(known?.searches).toEqual(expected.searches)
      expect(known?.ids).toEqual(expected.lines && [...expected.lines].map((at) => 1000 + (places[at] ?? 0)))
      // Another set of rules, and an entry that is another than was written, have their messages read.
      expect(sifted.find(entry, new TextSieve(new Map(filters.entries())))).toBeUndefined()
      expect(sifted.find({ ...entry, rows: some.length + 1 }, sieve)).toBeUndefined()
      sifted.forget([entry])
      expect(sifted.find(entry, sieve)).toBeUndefined()
    }),
  )
})

it('remembers the newest of the entries that are not evaluated', () => {
  const sieve = new TextSieve(new Map([[1, { visibility, search: 'broken' }]]))
  const sifted = new SiftedEntries()
  sifted.use(sieve)
  const some = [record({ level: 'ERROR', message: 'broken', logger_name: null })] as LogRecord[]
  for (let id = 1; id <= 5000; id++) sifted.sift(some, id)
  expect(sifted.find({ first_id: 5000, rows: 1 }, sieve)?.ids).toEqual([5000])
  expect(sifted.find({ first_id: 1, rows: 1 }, sieve)).toBeUndefined()
})

it('a message that was not read may match anything', () => {
  const q: SearchNode = { kind: 'text', text: 'timeout' }
  const pattern: SearchNode = { kind: 'regex', pattern: 'job [g-z]{2}' }
  const sieve = new TextSieve(
    new Map([
      [1, { visibility, q }],
      [2, { visibility, q: pattern }],
    ]),
  )
  const lines = [{ level: 'INFO', message: UNREAD, logger_name: null }]
  expect(sieve.sift(joined(lines), new Set([1, 2]))).toEqual({
    lines: new Set([0]),
    searches: new Set([1, 2]),
  })
})

function record(line: Line) {
  return {
    ...line,
    ...{ timestamp: '2026-01-01T00:00:00Z', source: 'worker', camera_id: null, extra_data: null },
  }
}

function joined(some: readonly Line[]) {
  const of = (text: (line: Line) => string) => some.map(text).join(SEPARATOR)
  return {
    ...{
      feed_id: 1,
      rows: some.length,
      messages: of((line) => line.message),
      levels: of((line) => line.level),
    },
    ...{ loggers: of((line) => line.logger_name ?? ''), offsets: '{}' },
  }
}

async function matchesOf(filter: LogFilter, some: readonly Line[]): Promise<boolean[]> {
  const parameters = new SqlParameters()
  const of = (values: unknown[]) => `${parameters.add(values)}::text[]`
  const rows = `unnest(${of(some.map(({ level }) => level))}, ${of(some.map(({ message }) => message))}, ${of(some.map(({ logger_name }) => logger_name))})`
  const conditions = variantConditions(filter, parameters).map((one) => `coalesce(${one}, false)`)
  const { rows: found } = await database.database.pool.query<{ matches: boolean }>(
    `select ${conditions.join(' and ') || 'true'} as matches
    from ${rows} with ordinality as r (level, message, logger_name, n)
    order by n`,
    parameters.values,
  )
  return found.map(({ matches }) => matches)
}
