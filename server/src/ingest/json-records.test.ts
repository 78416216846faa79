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

function reasonFor(value: unknown): string {
  const { records, rejections } = decode(JSON.stringify(value))
  expect(records).toEqual([])
  expect(rejections).toHaveLength(1)
  return rejections[0]?.reason ?? ''
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
    const decoded = decode('[1,{"message":"a"},null,{"message":"b","camera_id":0},{"message":"c"}]')
    expect(decoded.records.map(({ message }) => message)).toEqual(['a', 'c'])
    expect(decoded.rejections.map(({ index }) => index)).toEqual([0, 2, 3])
  })

  it('rejects a broken array as a whole, with the way out', () => {
    const { records, rejections } = decode('[{"message":"a"},{"message":')
    expect(records).toEqual([])
    expect(rejections[0]?.reason).toMatch(/no JSON array.*a line each/)
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

describe('what is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['no message', { level: 'INFO' }, /^message is missing/],
    ['null as message', { message: null }, /^message is missing/],
    ['an unknown level', { message: 'm', level: 'loud' }, /^level "loud" is unknown/],
    ['a level that is an object', { message: 'm', level: {} }, /^level an object is unknown/],
    ['a time that is none', { message: 'm', timestamp: '2025-02-30' }, /^timestamp "2025-02-30" is no time/],
    ['camera 0', { message: 'm', camera_id: 0 }, /^camera_id 0 must be an integer from 1 to 2147483647/],
    ['a camera too many', { message: 'm', camera_id: 2147483648 }, /^camera_id 2147483648/],
    ['half a camera', { message: 'm', camera_id: 1.5 }, /^camera_id 1.5/],
    ['a camera by name', { message: 'm', camera_id: 'camera_7' }, /^camera_id "camera_7"/],
    ['an empty source', { message: 'm', source: '' }, /^source "" must be text of 1 to 100 characters/],
    ['a long source', { message: 'm', source: 's'.repeat(101) }, /^source "s{50,60}… must be/],
    ['a source that is a number', { message: 'm', source: 5 }, /^source 5 must be text/],
    [
      'a long logger name',
      { message: 'm', logger_name: 'l'.repeat(201) },
      /^logger_name .* at most 200 characters/,
    ],
    [
      'extra data that is text',
      { message: 'm', extra_data: 'x' },
      /^extra_data must be a JSON object; this is "x"/,
    ],
    [
      'extra data that is an array',
      { message: 'm', extra_data: [1] },
      /^extra_data must be a JSON object; this is an array/,
    ],
    [
      'too much extra data',
      { message: 'm', extra_data: { a: 'x'.repeat(65_536) } },
      /^extra_data has 65544 bytes of JSON; at most 65536/,
    ],
  ])('%s', (_name, value, reason) => {
    expect(reasonFor(value)).toMatch(reason)
  })

  it('extra data deeper than 16 levels, and not 16', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
    expect(one({ message: 'm', extra_data: nested(16) })).toBeDefined()
    expect(reasonFor({ message: 'm', extra_data: nested(17) })).toMatch(/nested deeper than 16/)
  })

  it.each([
    ['extra data', (deep: string) => `{"message":"m","extra_data":{"a":${deep}}}`],
    ['an unknown field', (deep: string) => `{"message":"m","a":${deep}}`],
    ['a message', (deep: string) => `{"message":${deep}}`],
    ['a level', (deep: string) => `{"message":"m","level":${deep}}`],
    ['a record', (deep: string) => deep],
  ])('%s nested 10,000 levels deep, without harm to its neighbours', (_name, around) => {
    for (const deep of [
      '['.repeat(10_000) + ']'.repeat(10_000),
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    ]) {
      const good = '{"message":"good","id":12345678901234567890}'
      for (const body of [`${good}\n${around(deep)}\n${good}`, `[${good},${around(deep)},${good}]`]) {
        const decoded = decode(body)
        expect(decoded.records.map(({ message }) => message)).toEqual(['good', 'good'])
        expect(decoded.rejections.map(({ index }) => index)).toEqual([1])
      }
    }
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
        // A body that begins with a bracket is one array by design.
        fc.pre(!body.trimStart().startsWith('['))
        const kept = decode(body).records.filter(({ message }) => message === marker)
        expect(kept).toHaveLength(sent.filter((line) => line === 'good').length)
      }),
      { numRuns: 1000 },
    )
  })
})
