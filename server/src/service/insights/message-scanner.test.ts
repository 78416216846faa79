import { expect, it } from 'vitest'
import { onBehalfOf } from '../../caller.ts'
import { toChart } from './chart/chart.ts'
import { MessageScanner } from './message-scanner.ts'

const RANGE = { start: '2026-03-01T00:00:00Z', end: '2026-03-02T00:00:00Z' }
const READER = { visibility: { cameras: null } }
const QUERIES = { toFilter: async () => READER }
const NO_MESSAGES = {
  async *scan() {
    // Nothing is stored.
  },
}

/** Pieces of lines of which none is the last, the first when the gate is open. */
const endless = (gate: Promise<void>, begun: () => void) =>
  async function* () {
    begun()
    await gate
    for (;;) yield { lines: ['a line'], searched_to: '2026-03-01T12:00:00Z' }
  }

it('answers who wants it soon though others look for seconds', async () => {
  const scanner = new MessageScanner(NO_MESSAGES, QUERIES)
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const looking = Array.from({ length: 4 }, () =>
    onBehalfOf({ id: 'key 1', isAdmin: false }, () =>
      scanner.scanLines(
        {},
        RANGE,
        READER,
        endless(gate.promise, () => begun++),
        () => false,
      ),
    ),
  )
  await expect.poll(() => begun).toBe(2)
  const soon = { ...READER, withinMs: 50 }
  const lines = endless(Promise.resolve(), () => begun++)
  expect(await scanner.scanLines({}, RANGE, soon, lines, () => true)).toBe('2026-03-01T12:00:00Z')
  expect(begun).toBe(3)
  gate.resolve()
  expect(await Promise.all(looking)).toEqual([null, null, null, null])
})

it('gives others their turn between the series of a chart', async () => {
  const group = (name: string) => ({ key: [name], lines: 1, points: new Map(), whole: 1 })
  const counted = {
    ...{ groups: Array.from({ length: 50 }, (_, index) => group(`${index}`)), rest: group(''), total: 50 },
    leftOut: { without_field: 0, not_numbers: 0, examples: [] },
    ...{ isCut: false, lines: 50, searched_to: null, stopped_by: null, sample: null },
  }
  const by = [{ name: 'source', place: 'source' as const }]
  const request = { measure: 'count' as const, field: undefined, by, limit: 50 }
  let turns = 0
  let isDrawn = false
  const turn = () => {
    turns++
    if (!isDrawn) setImmediate(turn)
  }
  setImmediate(turn)
  const { series } = await toChart({
    ...{ request, counted, range: RANGE, seenEnd: Date.parse(RANGE.end), cut: undefined, names: new Map() },
  })
  isDrawn = true
  expect(series).toHaveLength(50)
  expect(turns).toBeGreaterThanOrEqual(49)
})
