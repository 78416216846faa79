import { expect, it } from 'vitest'
import { rowsAs } from './row-text.ts'

const row = (id: number, timestamp: string, message: string) => ({
  id,
  timestamp,
  message,
  level: 'ERROR' as const,
  source: 'camera_3',
  camera_id: 3,
  camera_name: 'Barn',
  logger_name: null,
  extra_data: null,
})
const newestFirst = [
  row(2, '2026-01-01T00:00:01Z', 'a | b\nc <i>'),
  row(1, '2026-01-01T00:00:00.5Z', 'first'),
]

it('copies lines oldest first', () => {
  expect(rowsAs('text', newestFirst)).toBe(
    '2026-01-01T00:00:00.5Z ERROR    camera_3 first\n2026-01-01T00:00:01Z ERROR    camera_3 a | b\nc <i>',
  )
  expect(
    rowsAs('json', newestFirst)
      .split('\n')
      .map((line) => JSON.parse(line).id),
  ).toEqual([1, 2])
})

it('keeps a row of a Markdown table in one row', () => {
  expect(rowsAs('markdown', newestFirst).split('\n').slice(2)).toEqual([
    '| 2026-01-01T00:00:00.5Z | ERROR | Barn | first |',
    '| 2026-01-01T00:00:01Z | ERROR | Barn | a \\| b ⏎ c \\<i\\> |',
  ])
})
