// The page takes types alone from the server: both have to do these alike.
import { LEVEL_NAMES } from '@timelapser/logger'
import { expect, test } from 'vitest'
import { readLevel } from '../server/src/ingest/record-fields.ts'
import { timeZone } from '../server/src/ingest/time-zone.ts'
import { parseSearch } from '../server/src/service/search/search-syntax.ts'
import { parseLevel } from '../web/src/logs/levels.ts'
import { setTerm, stateOfTerm } from '../web/src/logs/search/search-terms.ts'
import { instantOf, wallTime } from '../web/src/time/zone.ts'

const PIECES = [
  'timeout',
  '"two  words"',
  '"or"',
  '-retry',
  'or',
  'OR',
  'level:>=warning',
  'camera:"Front Door"',
  'message:"x or  y"',
  '-logger:"say \\"hi\\""',
  '(c d)',
  '-(a or "b)")',
  '(/e(f)g/ or h)',
  '/time ?out/',
  '/var/log',
  'key:value',
  'foo:"bar',
  'baz"',
  'extra_data.a.b:>3',
  '"x"y(z)',
  'source:api*',
  'f(x)',
  '[error]',
  '-',
  '--x',
  '->',
] as const

/** The same searches in every run. */
function* searches(count: number): Generator<string> {
  let state = 7
  const next = (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * below)
  }
  for (let made = 0; made < count; made++) {
    const pieces = Array.from({ length: 1 + next(5) }, () => PIECES[next(PIECES.length)])
    yield pieces.join(next(4) === 0 ? '   ' : ' ')
  }
}

const OUT = '-logger:app'

function treeOf(q: string) {
  try {
    return parseSearch(q).tree ?? null
  } catch {
    return null
  }
}

/** The parsed search and, beside it, the term. */
function withTerm(q: string) {
  const [tree, term] = [treeOf(q), treeOf(OUT)]
  if (tree === null) return null
  // Brackets around a word that holds one make it another word; the server then says so.
  if (tree.kind === 'or') return treeOf(`(${q}) ${OUT}`)
  return { kind: 'and', nodes: [...(tree.kind === 'and' ? tree.nodes : [tree]), term] }
}

test('a term that a button adds holds for all of the search, and goes without a trace', () => {
  let looked = 0
  for (const q of searches(3000)) {
    const [alone, expected] = [treeOf(q), withTerm(q)]
    if (alone === null || expected === null) continue
    looked += 1
    const out = setTerm(q, 'logger:app', 'out')
    expect(treeOf(out), `${q} → ${out}`).toEqual(expected)
    expect(stateOfTerm(out, 'logger:app'), out).toBe('out')
    expect(treeOf(setTerm(out, 'logger:app', 'unset')), q).toEqual(alone)
  }
  expect(looked).toBeGreaterThan(1000)
})

test('a level is read alike, by each name and number', () => {
  const texts = [...Object.keys(LEVEL_NAMES), ...Array.from({ length: 102 }, (_, number) => String(number))]
  for (const text of [...texts, ' warn ', 'Fatal', 'loud', '', 'constructor']) {
    expect(parseLevel(text), text).toBe(readLevel(text))
  }
})

test.each([
  ['Europe/Berlin', '2026-03-29', '2026-10-25'],
  ['America/New_York', '2026-03-08', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05', '2026-10-04'],
  ['America/Santiago', '2026-04-05', '2026-09-06'],
  ['Asia/Kathmandu', '2026-01-01', '2026-07-01'],
])('clocks of %s are read alike around %s and %s', (zone, ...days) => {
  const server = timeZone(zone)
  for (const day of days) {
    for (let quarter = -96; quarter < 192; quarter++) {
      const wall = Date.parse(`${day}T00:00:00Z`) + quarter * 900_000
      const shown = wallTime(wall, 'UTC')
      expect(instantOf(shown, zone), new Date(wall).toISOString()).toBe(server.instantOf(wall))
    }
  }
})
