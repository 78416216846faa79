import { afterEach, expect, it, vi } from 'vitest'
import { AlertEvaluator } from './alert-evaluator.ts'
import { FIRST_STEP_ROWS, nextStepRows } from './step-rows.ts'

afterEach(() => vi.useRealTimers())

it('waits longer after each failure, also when lines come in the step or after it', async () => {
  vi.useFakeTimers()
  const failures: unknown[] = []
  const evaluator: AlertEvaluator = new AlertEvaluator({
    ...{ pool: {} as never, feed: {} as never, onNotices: () => undefined },
    rules: {
      get: async () => {
        evaluator.wake()
        await new Promise((resolve) => setTimeout(resolve, 10))
        throw new Error('down')
      },
      reload: () => undefined,
    } as never,
    onFailure: (error) => failures.push(error),
  })
  evaluator.start()
  const afterMillis = async (millis: number) => {
    evaluator.wake()
    await vi.advanceTimersByTimeAsync(millis)
    return failures.length
  }
  expect(await afterMillis(10)).toBe(1)
  expect(await afterMillis(1009)).toBe(1)
  expect(await afterMillis(1)).toBe(2)
  expect(await afterMillis(2009)).toBe(2)
  expect(await afterMillis(1)).toBe(3)
  await evaluator.stop()
})

/** The rows of steps that each have as many as they may, where a row takes some milliseconds. */
function rowsOfSteps(steps: number, millisOfRow: number, first: number): number[] {
  const all = [first]
  for (let step = 1; step < steps; step++) {
    const rows = all.at(-1) ?? first
    all.push(nextStepRows(rows, { rows, millis: rows * millisOfRow }))
  }
  return all
}

it.each([
  ['grow while they are short', 0.01, FIRST_STEP_ROWS, [1000, 2000, 4000, 8000, 16_000, 32_000]],
  ['stay near a second', 0.4, 1000, [1000, 2000, 4000, 2500, 5000, 2500]],
  ['shrink at once when the rules become slow', 2, 20_000, [20_000, 1000, 1000, 1000, 1000, 1000]],
])('steps %s', (_, millisOfRow, first, rows) => {
  expect(rowsOfSteps(6, millisOfRow, first)).toEqual(rows)
})

it('lets no step have more rows after those with few', () => {
  expect(nextStepRows(1000, { rows: 999, millis: 3 })).toBe(1000)
  expect(nextStepRows(4000, { rows: 0, millis: 1 })).toBe(4000)
})
