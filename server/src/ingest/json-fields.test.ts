import { describe, expect, it } from 'vitest'
import { decodeJsonRecords } from './json-records.ts'

const now = '2025-06-01T12:00:00.5Z'

function decode(body: string) {
  return decodeJsonRecords(Buffer.from(body), { now })
}

function one(value: unknown) {
  const { records, rejections } = decode(JSON.stringify(value))
  expect(rejections).toEqual([])
  expect(records).toHaveLength(1)
  return records[0]
}

describe('the fields', () => {
  it('takes a complete record as it is', () => {
    const record = {
      timestamp: '2025-01-01T12:30:00.123456Z',
      level: 'WARNING',
      message: '<b>disk</b> at 91 %',
      source: 'camera_7',
      logger_name: 'capture',
      camera_id: 7,
      extra_data: { free: 12.5, tags: ['a', null, true] },
    }
    expect(one(record)).toEqual(record)
  })

  it('fills in what is missing', () => {
    expect(one({ message: '' })).toEqual({
      timestamp: now,
      level: 'INFO',
      message: '',
      source: 'system',
      logger_name: null,
      camera_id: null,
      extra_data: null,
    })
    const nulls = {
      message: 'm',
      level: null,
      timestamp: null,
      source: null,
      logger_name: null,
      camera_id: null,
      extra_data: null,
    }
    expect(one(nulls)).toEqual(one({ message: 'm' }))
  })

  it('fills in what the caller says', () => {
    const body = Buffer.from('{"message":"m"}\n{"message":"m","source":"s","logger_name":"l","camera_id":1}')
    const { records } = decodeJsonRecords(body, { now, source: 'worker', logger_name: 'w', camera_id: 9 })
    expect(records.map((r) => [r.source, r.logger_name, r.camera_id])).toEqual([
      ['worker', 'w', 9],
      ['s', 'l', 1],
    ])
  })

  it('understands pino', () => {
    expect(
      one({
        level: 50,
        time: 1700000000123,
        pid: 1,
        hostname: 'h',
        name: 'app',
        msg: 'm',
        err: { type: 'E' },
      }),
    ).toEqual({
      timestamp: '2023-11-14T22:13:20.123Z',
      level: 'ERROR',
      message: 'm',
      source: 'system',
      logger_name: 'app',
      camera_id: null,
      extra_data: { pid: 1, hostname: 'h', err: { type: 'E' }, original_level: 50 },
    })
  })

  it('understands winston, zap, structlog and Docker', () => {
    expect(
      one({ level: 'warn', message: 'm', service: 'api', timestamp: '2025-01-01 00:00:00' }),
    ).toMatchObject({
      level: 'WARNING',
      source: 'api',
      timestamp: '2025-01-01T00:00:00Z',
      extra_data: { original_level: 'warn' },
    })
    expect(
      one({ level: 'dpanic', ts: 1700000000.123456, logger: 'l', msg: 'm', caller: 'x.go:1' }),
    ).toMatchObject({
      level: 'CRITICAL',
      logger_name: 'l',
      timestamp: '2023-11-14T22:13:20.123456Z',
      extra_data: { caller: 'x.go:1' },
    })
    expect(one({ event: 'm', level: 'info', user: 1 })).toMatchObject({
      message: 'm',
      extra_data: { user: 1 },
    })
    expect(one({ log: 'm\n', stream: 'stderr', time: '2025-01-01T00:00:00.123456789Z' })).toMatchObject({
      message: 'm\n',
      timestamp: '2025-01-01T00:00:00.123456Z',
      extra_data: { stream: 'stderr' },
    })
  })

  it('prefers our own names, then the better known ones; the rest is extra data', () => {
    expect(one({ msg: 'b', message: 'a', text: 'c' })).toMatchObject({
      message: 'a',
      extra_data: { msg: 'b', text: 'c' },
    })
    expect(one({ text: 'c', msg: 'b' })).toMatchObject({ message: 'b', extra_data: { text: 'c' } })
    expect(one({ message: null, msg: 'b' })).toMatchObject({ message: 'b', extra_data: null })
    expect(one({ message: 'm', context: 'checkout' })).toMatchObject({ extra_data: { context: 'checkout' } })
    expect(one({ message: 'm', context: { a: 1 } })).toMatchObject({ extra_data: { a: 1 } })
    expect(one({ message: 'm', log: { level: 'x' } })).toMatchObject({ extra_data: { log: { level: 'x' } } })
    expect(one({ message: 'm', service: { name: 'x' } })).toMatchObject({
      source: 'system',
      extra_data: { service: { name: 'x' } },
    })
  })

  it('loses nothing when a field and extra data have the same name', () => {
    expect(one({ message: 'm', extra_data: { a: 1, _a: 2 }, a: 3 })?.extra_data).toEqual({
      a: 1,
      _a: 2,
      __a: 3,
    })
  })

  it.each<[unknown, string, unknown]>([
    ['INFO', 'INFO', undefined],
    ['info', 'INFO', undefined],
    ['Warning', 'WARNING', undefined],
    ['WARN', 'WARNING', 'WARN'],
    ['notice', 'INFO', 'notice'],
    ['TRACE', 'DEBUG', 'TRACE'],
    ['Fatal', 'CRITICAL', 'Fatal'],
    [' error ', 'ERROR', ' error '],
    [10, 'DEBUG', 10],
    ['60', 'CRITICAL', '60'],
  ])('maps level %j to %s', (level, expected, original) => {
    const record = one({ message: 'm', level })
    expect(record?.level).toBe(expected)
    expect(record?.extra_data?.original_level).toEqual(original)
  })

  it('makes text of messages that are none', () => {
    expect(one({ message: { a: [1] } })?.message).toBe('{"a":[1]}')
    expect(one({ message: 0 })?.message).toBe('0')
    expect(one({ msg: false })?.message).toBe('false')
  })

  it.each([
    [1, 1],
    ['7', 7],
    [2147483647, 2147483647],
  ])('takes camera %j', (sent, id) => {
    expect(one({ message: 'm', camera_id: sent })?.camera_id).toBe(id)
  })

  it('counts characters as the database does', () => {
    expect(one({ message: 'm', source: '📹'.repeat(100) })?.source).toHaveLength(200)
  })

  it('keeps the digits of numbers that JavaScript cannot', () => {
    const { records } = decode(
      '{"message":"m","time":1700000000123456789,"id":12345678901234567890,"n":7,"huge":1e999}',
    )
    expect(records[0]).toMatchObject({
      timestamp: '2023-11-14T22:13:20.123456Z',
      extra_data: { id: '12345678901234567890', n: 7, huge: '1e999' },
    })
    const array = decode(
      '[{"message":"a"},{"message":"b","id":12345678901234567890},{"message":"c","id":98765432109876543210}]',
    )
    expect(array.records.map((r) => r.extra_data?.id)).toEqual([
      undefined,
      '12345678901234567890',
      '98765432109876543210',
    ])
  })
})

describe('a record without a message of its own', () => {
  it.each<[string, object, object]>([
    [
      'is its own message',
      { level: 'warn', user: 7 },
      { level: 'WARNING', message: '{"level":"warn","user":7}' },
    ],
    [
      'as Serilog writes it, compact',
      { '@t': '2025-01-01T00:00:00Z', '@mt': 'Hello {User}', '@l': 'Error', User: 'nb' },
      {
        timestamp: '2025-01-01T00:00:00Z',
        level: 'ERROR',
        message: 'Hello nb',
        extra_data: { User: 'nb', message_template: 'Hello {User}' },
      },
    ],
    [
      'as Serilog writes it',
      {
        Timestamp: '2025-01-01T01:00:00+01:00',
        Level: 'Warning',
        MessageTemplate: 'Only {Name}',
        Properties: { Name: 'bob', SourceContext: 'Acme.App' },
      },
      { timestamp: '2025-01-01T00:00:00Z', level: 'WARNING', message: 'Only bob', logger_name: 'Acme.App' },
    ],
    [
      "as .NET's console writes it",
      {
        EventId: 14,
        LogLevel: 'Error',
        Category: 'Acme.W',
        Message: 'failed',
        State: { a: 1 },
        Timestamp: '2025-01-01T00:00:00Z',
      },
      { timestamp: '2025-01-01T00:00:00Z', level: 'ERROR', message: 'failed', logger_name: 'Acme.W' },
    ],
    [
      'as GELF has it',
      { version: '1.1', host: 'edge', short_message: 'short', level: 3, timestamp: 1735689600.25, _user: 7 },
      {
        timestamp: '2025-01-01T00:00:00.25Z',
        level: 'ERROR',
        message: 'short',
        source: 'edge',
        extra_data: { _user: 7 },
      },
    ],
    [
      'as tracing writes it',
      {
        timestamp: '2025-01-01T00:00:00Z',
        level: 'ERROR',
        fields: { message: 'lost', code: 7 },
        target: 'app::db',
      },
      { level: 'ERROR', message: 'lost', logger_name: 'app::db', extra_data: { code: 7 } },
    ],
    [
      'as Google Cloud exports it',
      { severity: 'ERROR', timestamp: '2025-01-01T00:00:00Z', jsonPayload: { message: 'lost', code: 7 } },
      { level: 'ERROR', message: 'lost', extra_data: { code: 7 } },
    ],
    [
      'as MongoDB writes it',
      {
        t: { $date: '2025-01-01T00:00:00.123+00:00' },
        s: 'W',
        c: 'NETWORK',
        id: 7,
        msg: 'slow',
        attr: { a: 1 },
      },
      {
        timestamp: '2025-01-01T00:00:00.123Z',
        level: 'WARNING',
        message: 'slow',
        logger_name: 'NETWORK',
        extra_data: { id: 7, attr: { a: 1 } },
      },
    ],
    [
      'as MongoDB writes it for debugging',
      { t: { $date: '2025-01-01T00:00:00Z' }, s: 'D1', c: 'X', msg: 'detail' },
      { level: 'DEBUG' },
    ],
    [
      'as loguru writes it',
      {
        text: 'x\n',
        record: {
          level: { name: 'ERROR', no: 40 },
          message: 'lost',
          name: 'app',
          extra: { camera_id: 3 },
          time: { repr: 'x', timestamp: 1735689600.5 },
        },
      },
      {
        timestamp: '2025-01-01T00:00:00.5Z',
        level: 'ERROR',
        message: 'lost',
        logger_name: 'app',
        camera_id: 3,
      },
    ],
    [
      'as log4j2 writes it',
      {
        instant: { epochSecond: 1735689600, nanoOfSecond: 123000000 },
        level: 'FATAL',
        loggerName: 'a.B',
        message: 'lost',
      },
      { timestamp: '2025-01-01T00:00:00.123Z', level: 'CRITICAL', message: 'lost', logger_name: 'a.B' },
    ],
    [
      'as Logback writes it',
      {
        timestamp: 1735689600123,
        level: 'WARN',
        loggerName: 'a.B',
        formattedMessage: 'says 5',
        message: 'says {}',
        arguments: ['5'],
      },
      {
        timestamp: '2025-01-01T00:00:00.123Z',
        level: 'WARNING',
        message: 'says 5',
        extra_data: { message_template: 'says {}' },
      },
    ],
    [
      'as the Elastic Common Schema nests it',
      { '@timestamp': '2025-01-01T00:00:00Z', log: { level: 'error', logger: 'a.B' }, message: 'lost' },
      { level: 'ERROR', logger_name: 'a.B' },
    ],
    [
      'as PostgreSQL writes it',
      { timestamp: '2025-01-01 01:00:00.123 CET', pid: 7, error_severity: 'ERROR', message: 'lost' },
      { timestamp: '2025-01-01T00:00:00.123Z', level: 'ERROR' },
    ],
    [
      'as nginx is told to write it',
      { time_local: '01/Jan/2025:01:00:00 +0100', status: 502 },
      {
        timestamp: '2025-01-01T00:00:00Z',
        message: '{"time_local":"01/Jan/2025:01:00:00 +0100","status":502}',
      },
    ],
  ])('%s', (_name, value, expected) => {
    expect(one(value)).toMatchObject(expected)
  })
})

it('fills no secret into a template', () => {
  const record = one({ '@t': '2025-01-01T00:00:00Z', '@mt': 'with {password}', password: 'hunter22' })
  expect(record?.message).not.toContain('hunter22')
})

describe('a record without a level', () => {
  it.each([
    ['2026-11-29 09:00:00 ERROR disk full', 'ERROR'],
    ['level=warn msg=x', 'WARNING'],
    ['[crit] gone', 'CRITICAL'],
    ['no error at all', 'INFO'],
    ['GET /error.html 200', 'INFO'],
  ])('has that of its text: %s', (message, level) => {
    expect(one({ message })?.level).toBe(level)
    expect(one({ message, level: null })?.level).toBe(level)
    expect(one({ message, level: 'DEBUG' })?.level).toBe('DEBUG')
  })

  it('has none of its other fields', () => {
    expect(one({ a: 'ERROR x', b: 1 })?.level).toBe('INFO')
  })
})

describe('names of message, level and time', () => {
  it.each([
    [{ Time: '2025-06-01T09:00:00Z', Level: 'Warning', Message: 'm' }],
    [{ Timestamp: '2025-06-01T09:00:00Z', SeverityText: 'WARN', Body: 'm' }],
    [{ TIMESTAMP: '2025-06-01T09:00:00Z', LEVEL: 'warn', MESSAGE: 'm' }],
    [{ DateTime: '2025-06-01T09:00:00Z', LogLevel: 'Warning', Msg: 'm' }],
  ])('are known in any case: %j', (record) => {
    expect(one(record)).toMatchObject({
      ...{ timestamp: '2025-06-01T09:00:00Z', level: 'WARNING', message: 'm' },
    })
  })

  it('are those of our own case where both are there', () => {
    expect(one({ message: 'm', Message: 'n', Name: 'x', Body: { a: 1 } })).toMatchObject({
      ...{ message: 'm', logger_name: null, extra_data: { Message: 'n', Name: 'x', Body: { a: 1 } } },
    })
  })
})

describe('an entry of the journal among records', () => {
  const entry = { __REALTIME_TIMESTAMP: '1748768400000000', _COMM: 'sshd', _SYSTEMD_UNIT: 'ssh.service' }

  it('has the level, time and source that the journal gives it', () => {
    expect(one({ ...entry, MESSAGE: 'refused', PRIORITY: '3' })).toMatchObject({
      ...{ timestamp: '2025-06-01T09:00:00Z', level: 'ERROR', message: 'refused', source: 'ssh' },
    })
  })

  it('says that its text was not exported, and has the level of its text where it has none', () => {
    expect(one({ ...entry, MESSAGE: null })?.message).toContain('journalctl -a')
    expect(one({ ...entry, MESSAGE: 'ERROR refused' })?.level).toBe('ERROR')
    expect(one({ ...entry, CODE: 'x' })?.message).toContain('"code":"x"')
  })

  it('keeps the digits of its numbers', () => {
    const line = '{"__REALTIME_TIMESTAMP":"1748768400000000","MESSAGE":"m","SIZE":12345678901234567890}'
    expect(decode(line).records[0]?.extra_data).toMatchObject({ size: '12345678901234567890' })
  })

  it('is a record like others where another program gave it the names of one', () => {
    const timestamp = '2025-06-01T09:00:01Z'
    expect(one({ ...entry, PRIORITY: '3', message: 'm', timestamp, level: 'error' })).toMatchObject({
      ...{ timestamp, level: 'ERROR', message: 'm', extra_data: { PRIORITY: '3', _COMM: 'sshd' } },
    })
  })

  it('is a record like others where its time is none', () => {
    expect(one({ message: 'm', __REALTIME_TIMESTAMP: 'soon' })).toMatchObject({
      message: 'm',
      timestamp: now,
    })
  })
})
