import { expect, it } from 'vitest'
import type { LogRow } from '../../http/api-schemas.ts'
import { logLine } from './log-line.ts'
import { jsonText, visible, visibleInLine } from './terminal.ts'

const HOSTILE = [
  ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
  ['a C1 control', '\u009b31m', '\\u009b31m'],
  ['DEL', '\u007f', '\\u007f'],
  ['a carriage return', 'a\rb', 'a\\u000db'],
  ['a direction', '\u202eabc\u2066\u061c', '\\u202eabc\\u2066\\u061c'],
  ['a zero-width space', 'a\u200bb\ufeff\u2060', 'a\\u200bb\\ufeff\\u2060'],
  ['tags', 'a\u{e0041}', 'a\\udb40\\udc41'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
] as const

it.each(HOSTILE)('writes out %s', (_, text, shown) => {
  expect(visible(text)).toBe(shown)
  expect(visibleInLine(text)).toBe(shown)
})

it.each(HOSTILE)('has the same value in JSON without %s', (_, text) => {
  const json = jsonText({ [text]: [text] })
  expect(JSON.parse(json)).toEqual({ [text]: [text] })
  expect(visible(json)).toBe(json)
})

it('leaves emoji, joined scripts and line breaks of a message as they are', () => {
  for (const text of ['👨‍👩‍👧 🏳️‍🌈', 'می‌خواهم', 'two\nlines\tof text']) expect(visible(text)).toBe(text)
})

it('lets no source, logger, camera or key begin a line of its own', () => {
  const forged = '\n2026-01-01 00:00:00.000 CRITICAL api  forged'
  const row = {
    id: 1,
    timestamp: '2026-01-31T12:00:00.000000Z',
    level: 'INFO',
    source: `s${forged}`,
    logger_name: `l${forged}`,
    camera_id: 1,
    camera_name: `c${forged}`,
    message: `m${forged}`,
    extra_data: { [`k${forged}`]: `v${forged}` },
  } as unknown as LogRow
  const lines = logLine(row).split('\n')
  // The message has lines, which are indented.
  expect(lines.map((line) => line.startsWith('    ') || line.includes('2026-01-31'))).toEqual([true, true])
})
