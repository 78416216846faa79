import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJsonRecords } from './json-records.ts'
import { isUtcText } from './utc-text.ts'

const now = '2025-06-01T12:00:00.5Z'

function decode(body: string | Uint8Array) {
  return decodeJsonRecords(typeof body === 'string' ? Buffer.from(body) : body, { now })
}

function one(value: unknown) {
  const { records, rejections } = decode(JSON.stringify(value))
  expect(rejections).toEqual([])
  expect(records).toHaveLength(1)
  return records[0]
}

describe('the body', () => {
  const messages = (body: string) => decode(body).records.map(({ message }) => message)

  it.each<[string, string, string[]]>([
    ['one object', '{"message":"a"}', ['a']],
    ['one object over several lines', '{\n  "message": "a"\n}\n', ['a']],
    ['an array', '[{"message":"a"},{"message":"b"}]', ['a', 'b']],
    ['an array over several lines', ' \r\n[\n{"message":"a"},\n{"message":"b"}\n]\n', ['a', 'b']],
    ['an empty array', '[]', []],
    ['NDJSON', '{"message":"a"}\n{"message":"b"}\n', ['a', 'b']],
    ['NDJSON without its last newline', '{"message":"a"}\n{"message":"b"}', ['a', 'b']],
    [
      'NDJSON with CRLF and blank lines',
      '\r\n{"message":"a"}\r\n\r\n  \r\n{"message":"b"}\r\n\r\n',
      ['a', 'b'],
    ],
    ['a byte order mark', '\uFEFF{"message":"a"}\n{"message":"b"}', ['a', 'b']],
    ['nothing', '', []],
    ['blanks alone', ' \n\r\n\t\n', []],
  ])('may be %s', (_name, body, expected) => {
    expect(messages(body)).toEqual(expected)
    expect(decode(body).rejectedCount).toBe(0)
  })

  it('keeps good lines beside bad ones, and says where the bad ones stood', () => {
    const decoded = decode('{"message":"a"}\n{broken\n\n{"message":"b"}\n42\n{"message":"c"}')
    expect(decoded.records.map(({ message }) => message)).toEqual(['a', 'b', 'c'])
    expect(decoded.rejections.map(({ index }) => index)).toEqual([1, 3])
    expect(decoded.positions).toEqual([0, 2, 4])
    expect(decoded.rejections[0]?.reason).toMatch(/^not JSON: "\{broken" \(/)
    expect(decoded.rejections[1]?.reason).toBe('a record must be a JSON object; this is 42')
  })

  it('may be long, whatever its lines are made of', () => {
    const line = fc.oneof(
      fc.record({ length: fc.nat(200), character: fc.constantFrom('a', 'ü', '日', '🙂') }),
      // Longer than what is turned into text at a time.
      fc.record({ length: fc.integer({ min: 10_000, max: 40_000 }), character: fc.constantFrom('a', '日') }),
    )
    const body = fc.array(fc.option(line, { freq: 8 }), { minLength: 1, maxLength: 400 })
    fc.assert(
      fc.property(body, fc.boolean(), (lines, isMarked) => {
        const texts = lines.map((made) => (made === null ? null : made.character.repeat(made.length)))
        const ndjson = texts
          .map((message) => (message === null ? '' : JSON.stringify({ message })))
          .join('\n')
        const sent = texts.filter((message) => message !== null)
        expect(messages(`${isMarked ? '\uFEFF' : ''}${ndjson}`)).toEqual(sent)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps good elements of an array beside bad ones', () => {
    const decoded = decode('[1,{"message":"a"},null,{},{"message":"c"}]')
    expect(decoded.records.map(({ message }) => message)).toEqual(['a', 'c'])
    expect(decoded.rejections.map(({ index }) => index)).toEqual([0, 2, 3])
  })

  it('rejects a broken array as a whole, with the way out', () => {
    const { records, rejections } = decode('[{"message":"a"},{"message":')
    expect(records).toEqual([])
    expect(rejections[0]?.reason).toMatch(/not a JSON array.*one record per line/)
  })

  it('rejects lines one by one when the first is cut off', () => {
    const { records, rejections } = decode('{"message":"a\n{"message":"b"}')
    expect(records.map(({ message }) => message)).toEqual(['b'])
    expect(rejections.map(({ index }) => index)).toEqual([0])
  })

  it('names a thousand rejections and counts them all', () => {
    const decoded = decode('{}\n'.repeat(5000))
    expect(decoded.rejections).toHaveLength(1000)
    expect(decoded.rejectedCount).toBe(5000)
  })

  it('reads a body that is a window into a larger buffer', () => {
    const buffer = Buffer.from('xx{"message":"a"}yy')
    expect(decode(buffer.subarray(2, -2)).records[0]?.message).toBe('a')
  })
})

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

describe('numbers written out', () => {
  it('stay numbers when JavaScript keeps them, as PostgreSQL gives them back', () => {
    const digits = `1${'0'.repeat(23)}`
    const { records } = decode(
      `{"message":"m","a":${digits},"b":-12500000000000000000000,"c":${digits.slice(0, -1)}1}`,
    )
    expect(records[0]?.extra_data).toEqual({ a: 1e23, b: -1.25e22, c: `${digits.slice(0, -1)}1` })
  })
})

describe('a field that cannot be what it should', () => {
  const at = '2025-01-01T00:00:00Z'
  it.each<[string, object, object]>([
    ['an unknown level', { level: 'loud' }, { level: 'INFO', extra_data: { original_level: 'loud' } }],
    [
      'a level that is an object',
      { level: { name: 'ERROR' } },
      { level: 'ERROR', extra_data: { original_level: { name: 'ERROR' } } },
    ],
    [
      'a level of slog between two',
      { level: 'WARN+1' },
      { level: 'WARNING', extra_data: { original_level: 'WARN+1' } },
    ],
    ['a misspelt level', { level: 'eror' }, { level: 'ERROR', extra_data: { original_level: 'eror' } }],
    ['a coloured level', { level: '\u001b[31merror\u001b[39m' }, { level: 'ERROR' }],
    ['a level of two', { level: 'error,critical' }, { level: 'ERROR' }],
    ["a level of syslog's", { level: '<3>' }, { level: 'ERROR', extra_data: { original_level: '<3>' } }],
    ["a level of Monolog's", { level: 400 }, { level: 'ERROR', extra_data: { original_level: 400 } }],
    ['a level that is true', { level: true }, { level: 'INFO', extra_data: { original_level: true } }],
    [
      'a time that is none',
      { timestamp: '2025-02-30' },
      { timestamp: expect.any(String), extra_data: { original_timestamp: '2025-02-30' } },
    ],
    [
      'a time of seconds and nanoseconds',
      { timestamp: { seconds: 1735689600, nanos: 0 } },
      { timestamp: at, extra_data: null },
    ],
    [
      'the same under another name',
      { time: { seconds: 1735689600, nanos: 0 } },
      { timestamp: at, extra_data: null },
    ],
    ['a time that is another object', { time: { zone: 'x' } }, { extra_data: { time: { zone: 'x' } } }],
    ['camera 0', { camera_id: 0 }, { camera_id: null, extra_data: { camera_id: 0 } }],
    [
      'a camera too many',
      { camera_id: 2147483648 },
      { camera_id: null, extra_data: { camera_id: 2147483648 } },
    ],
    [
      'a camera by name',
      { camera_id: 'camera_7' },
      { camera_id: null, extra_data: { camera_id: 'camera_7' } },
    ],
    ['an empty source', { source: '' }, { source: 'system' }],
    [
      'a long source',
      { source: 's'.repeat(101) },
      { source: 's'.repeat(100), extra_data: { source: 's'.repeat(101) } },
    ],
    [
      "a source that is slog's",
      { source: { file: '/x.go', line: 3 } },
      { source: 'system', extra_data: { source: { file: '/x.go', line: 3 } } },
    ],
    ['a long logger name', { logger_name: 'l'.repeat(201) }, { logger_name: 'l'.repeat(200) }],
    [
      'a logger name that is a list',
      { logger_name: ['a'] },
      { logger_name: null, extra_data: { logger_name: ['a'] } },
    ],
    ['extra data that is text', { extra_data: 'x', a: 1 }, { extra_data: { extra_data: 'x', a: 1 } }],
    ['extra data that is a list', { extra_data: [1] }, { extra_data: { extra_data: [1] } }],
    [
      'too much extra data',
      { extra_data: { a: 'x'.repeat(65_536) } },
      { extra_data: { a: '[left out: too large]' } },
    ],
  ])('costs neither the line nor the field: %s', (_name, fields, expected) => {
    expect(one({ message: 'm', ...fields })).toMatchObject({ message: 'm', ...expected })
  })

  it('is cut where it nests deeper than 16 levels', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
    expect(one({ message: 'm', extra_data: nested(16) })?.extra_data).toEqual(nested(16))
    expect(JSON.stringify(one({ message: 'm', extra_data: nested(17) })?.extra_data)).toContain('too deep')
  })

  it.each([
    ['extra data', (deep: string) => `{"message":"m","extra_data":{"a":${deep}}}`],
    ['an unknown field', (deep: string) => `{"message":"m","a":${deep}}`],
    ['a message', (deep: string) => `{"message":${deep}}`],
    ['a level', (deep: string) => `{"message":"m","level":${deep}}`],
    ['a source', (deep: string) => `{"message":"m","source":${deep}}`],
    ['a time', (deep: string) => `{"message":"m","time":${deep}}`],
    ['a record', (deep: string) => `{"a":${deep}}`],
  ])('harms no neighbours where %s nests 10,000 levels deep', (_name, around) => {
    for (const deep of [
      '['.repeat(10_000) + ']'.repeat(10_000),
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    ]) {
      const good = '{"message":"good","id":12345678901234567890}'
      for (const body of [`${good}\n${around(deep)}\n${good}`, `[${good},${around(deep)},${good}]`]) {
        const { records, rejections } = decode(body)
        expect(records.map(({ message }) => message)).toEqual(['good', 'good'])
        expect(rejections).toMatchObject([
          { index: 1, reason: 'the record is nested deeper than 100 levels' },
        ])
      }
    }
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

describe('what is refused', () => {
  it.each<[string, string, RegExp]>([
    ['text', '"x"', /^a record must be a JSON object; this is "x"/],
    ['a number', '42', /^a record must be a JSON object/],
    ['an object of nothing', '{}', /^the record is empty/],
  ])('%s', (_name, body, reason) => {
    expect(decode(`${body}\n{"message":"m"}`).rejections[0]?.reason).toMatch(reason)
  })
})

describe('repair', () => {
  it('replaces what PostgreSQL cannot hold, in keys too', () => {
    const { records } = decode(
      String.raw`{"message":"a\u0000b\ud800c","source":"s\u0000","logger_name":"\udc00","extra_data":{"k\u0000":["\ud83d\ude00","\ud83d"],"o":{"\u0000":1}}}`,
    )
    expect(records[0]).toMatchObject({
      message: 'a\uFFFDb\uFFFDc',
      source: 's\uFFFD',
      logger_name: '\uFFFD',
      extra_data: { 'k\uFFFD': ['😀', '\uFFFD'], o: { '\uFFFD': 1 } },
    })
  })

  it('keeps a key named __proto__ a key', () => {
    const { records } = decode(
      String.raw`{"message":"m\u0041","__proto__":{"x":1},"constructor":"c","extra_data":{"__proto__":2}}`,
    )
    const extra = records[0]?.extra_data ?? {}
    expect(Object.entries(extra)).toContainEqual(['__proto__', 2])
    expect(JSON.stringify(extra)).toContain('"x":1')
    expect(Object.getPrototypeOf(extra)).toBe(Object.prototype)
  })

  it('cuts a message over 256 kB at a whole character and says by how much', () => {
    const message = `${'a'.repeat(256 * 1024 - 2)}€€`
    const record = one({ message })
    expect(record?.message).toBe('a'.repeat(256 * 1024 - 2))
    expect(record?.extra_data).toEqual({ truncated_bytes: 6 })
    expect(one({ message: 'a'.repeat(256 * 1024) })?.extra_data).toBeNull()
  })

  it('turns bytes that are no UTF-8 into replacement characters', () => {
    const body = Buffer.concat([Buffer.from('{"message":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('b"}')])
    expect(decode(body).records[0]?.message).toBe('a\uFFFD\uFFFDb')
  })
})

describe('anything at all', () => {
  const field = fc.constantFrom(
    'message',
    'msg',
    'level',
    'time',
    'timestamp',
    'source',
    'name',
    'camera_id',
    'extra_data',
    'extra',
    '__proto__',
    'x',
  )
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.dictionary(field, fc.jsonValue()).map((value) => JSON.stringify(value)),
  )

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          hostile.map((text) => Buffer.from(text)),
        ),
        (body) => {
          const { records } = decode(body)
          for (const record of records) expect(isUtcText(record.timestamp)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('keeps every good record, however its neighbours look', () => {
    const lines = fc.array(
      fc.oneof(
        fc.constant('good'),
        hostile.filter((text) => !/[\n\r]/.test(text)),
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(lines, (sent) => {
        const marker = 'a record nobody can harm'
        const body = sent
          .map((line) => (line === 'good' ? JSON.stringify({ message: marker }) : line))
          .join('\n')
        // A body that begins with a bracket is a single array by design.
        fc.pre(!body.trimStart().startsWith('['))
        const kept = decode(body).records.filter(({ message }) => message === marker)
        expect(kept).toHaveLength(sent.filter((line) => line === 'good').length)
      }),
      { numRuns: 1000 },
    )
  })
})
