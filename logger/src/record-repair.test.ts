import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RECORD_LIMITS } from './record.ts'
import { normaliseRecord, repairTimestamp } from './record-repair.ts'
import { cutBytes } from './repair-text.ts'

describe('normaliseRecord', () => {
  it('keeps a good record as it is', () => {
    const record = {
      timestamp: '2025-01-01T12:30:00.123456Z',
      level: 'ERROR',
      message: 'Camera connection timeout',
      source: 'camera_1',
      logger_name: 'camera_worker',
      camera_id: 1,
      extra_data: { retry_count: 3 },
    }
    expect(normaliseRecord(record)).toEqual(record)
  })

  it('gives what is missing or impossible its default', () => {
    expect(
      normaliseRecord({ level: 'loud', source: '', camera_id: -1, logger_name: 4, timestamp: 'soon' }),
    ).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/),
      level: 'INFO',
      message: '',
      source: 'system',
      logger_name: null,
      camera_id: null,
      extra_data: null,
    })
  })

  it('repairs and cuts every field', () => {
    const record = normaliseRecord({
      level: 'warn',
      message: `\0${'x'.repeat(300_000)}`,
      source: '📹'.repeat(150),
      logger_name: 'n'.repeat(300),
      camera_id: '7',
      extra_data: ['a'],
    })
    expect(Buffer.byteLength(record.message)).toBe(RECORD_LIMITS.messageBytes)
    expect(Array.from(record.source)).toHaveLength(100)
    expect(record.logger_name).toHaveLength(200)
    expect(record).toMatchObject({ level: 'WARNING', camera_id: 7 })
    expect(record.extra_data).toEqual({ value: ['a'], truncated_bytes: 300_003 - RECORD_LIMITS.messageBytes })
  })

  it.each<[unknown, string]>([
    [{ a: 1 }, '{"a":1}'],
    [42, '42'],
    [null, ''],
    ['<html> & \ud800', '<html> & \ufffd'],
  ])('makes text of the message %j', (message, text) => {
    expect(normaliseRecord({ message }).message).toBe(text)
  })

  it('never throws and always fits', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (message, extra_data, timestamp) => {
        const record = normaliseRecord({
          message,
          extra_data,
          timestamp,
          level: message,
          camera_id: extra_data,
        })
        expect(Number.isNaN(Date.parse(record.timestamp))).toBe(false)
        expect(typeof record.message).toBe('string')
      }),
    )
  })
})

describe('repairTimestamp', () => {
  it.each<[unknown, string | undefined]>([
    ['2025-01-01T12:30:00Z', '2025-01-01T12:30:00Z'],
    ['2025-01-01T12:30:00.123456789Z', '2025-01-01T12:30:00.123456Z'],
    ['2025-01-01T14:30:00.123456+02:00', '2025-01-01T12:30:00.123456Z'],
    ['2025-02-30T00:00:00Z', '2025-03-02T00:00:00.000000Z'],
    [new Date(0), '1970-01-01T00:00:00.000000Z'],
    [1.5, '1970-01-01T00:00:00.001000Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
    ['+275760-09-13T00:00:00.000Z', undefined],
    ['2025-13-01T00:00:00Z', undefined],
    ['', undefined],
    [null, undefined],
    [Number.NaN, undefined],
  ])('reads %j as %s', (value, text) => {
    expect(repairTimestamp(value)).toBe(text)
  })
})

describe('cutBytes', () => {
  it('never cuts inside a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, max) => {
        const cut = cutBytes(text, max)
        expect(text.startsWith(cut.text)).toBe(true)
        expect(Buffer.byteLength(cut.text) + cut.truncatedBytes).toBe(Buffer.byteLength(text))
        expect(Buffer.byteLength(cut.text)).toBeLessThanOrEqual(max)
      }),
    )
  })
})
