import { expect, it } from 'vitest'
import { formatDuration } from './duration.ts'

it.each([
  [-5000, '0 s'],
  [999, '0 s'],
  [45_000, '45 s'],
  [60_000, '1 min'],
  [95_000, '1 min 35 s'],
  [12 * 60_000 + 5000, '12 min'],
  [3 * 3_600_000 + 20 * 60_000, '3 h 20 min'],
  [2 * 86_400_000 + 60_000, '2 d'],
])('%d ms is %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds).replaceAll('\u00a0', ' ')).toBe(text)
})
