import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJournalLine } from './journal-entry.ts'

const defaults = { now: '2026-01-01T00:00:00Z', source: 'stdin' }
const entry = (fields: object) =>
  decodeJournalLine(JSON.stringify({ __REALTIME_TIMESTAMP: '1767225600123456', ...fields }), defaults)

describe('an entry of the journal', () => {
  it.each([
    [
      'of a unit',
      {
        MESSAGE: 'up',
        PRIORITY: '4',
        _SYSTEMD_UNIT: 'nginx.service',
        SYSLOG_IDENTIFIER: 'nginx',
        _PID: '42',
        _UID: '0',
      },
      {
        timestamp: '2026-01-01T00:00:00.123456Z',
        level: 'WARNING',
        message: 'up',
        source: 'nginx',
        logger_name: 'nginx',
        camera_id: null,
        extra_data: { unit: 'nginx.service', pid: 42 },
      },
    ],
    [
      'of a container, with a field of its own',
      { MESSAGE: 'x', PRIORITY: '2', CONTAINER_NAME: 'web', CAMERA_ID: '3', ORDER: '7' },
      {
        source: 'web',
        camera_id: 3,
        level: 'CRITICAL',
        extra_data: { original_level: 'CRIT', container_name: 'web', order: '7' },
      },
    ],
    [
      'whose message is bytes',
      { MESSAGE: [104, 105, 255] },
      { message: 'hi\ufffd', level: 'INFO', source: 'stdin' },
    ],
    [
      'whose message was too large to show',
      { MESSAGE: null },
      { message: expect.stringContaining('journalctl -a') },
    ],
    ['with a field twice', { MESSAGE: ['a', 'b'] }, { message: 'a\nb' }],
    ['with a field twice, once as bytes', { MESSAGE: ['a', [98, 255]] }, { message: 'a\nb\ufffd' }],
    ['whose message is an object', { MESSAGE: { a: 1 } }, { message: '{"a":1}' }],
  ])('%s', (_name, fields, expected) => {
    expect(entry(fields)).toMatchObject(expected)
  })

  it.each(['', '5', '{"MESSAGE":"x"}', '{"__REALTIME_TIMESTAMP":"soon"}'])('%s is none', (line) => {
    expect(decodeJournalLine(line, defaults)).toEqual(expect.any(String))
  })

  it('throws at no line that nests too deep', () => {
    const nested = `${'['.repeat(50_000)}"x"${']'.repeat(50_000)}`
    const line = `{"__REALTIME_TIMESTAMP":"1767225600123456","MESSAGE":${nested}}`
    expect(decodeJournalLine(line, defaults)).toMatchObject({ message: '[a value nested too deep]' })
  })

  it('throws at no line', () => {
    const hostile = { toString: null, valueOf: null }
    expect(entry({ MESSAGE: hostile, PRIORITY: hostile, _PID: hostile, OTHER: hostile })).toMatchObject({
      level: 'INFO',
    })
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (message, text) => {
        expect(decodeJournalLine(text, defaults)).toBeDefined()
        expect(entry({ MESSAGE: message, FIELD: message, PRIORITY: message })).toBeTypeOf('object')
      }),
    )
  })
})
