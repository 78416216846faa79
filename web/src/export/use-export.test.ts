import { expect, it } from 'vitest'
import { countRecords } from './use-export.ts'

const count = (format: 'csv' | 'ndjson', ...parts: string[]) => {
  const counter = countRecords(format)
  for (const part of parts) counter.add(new TextEncoder().encode(part))
  return counter.rows()
}

it('counts a record a line of NDJSON', () => {
  expect(count('ndjson', '{"a":1}\n{"a"', ':2}\n')).toBe(2)
  expect(count('ndjson')).toBe(0)
})

it('counts no head of CSV and no line feed within quotes', () => {
  expect(count('csv', 'id,message\r\n1,"two\nlines ""q"""\r\n2,', 'x\r\n')).toBe(2)
  expect(count('csv', 'id,message\r\n')).toBe(0)
})
