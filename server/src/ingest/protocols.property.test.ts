// Every protocol's decoder never throws, and never loses a good record that stands beside a bad record.
import { RECORD_LIMITS } from '@timelapser/logger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDatadog } from './datadog/datadog-logs.ts'
import type { Decoded } from './decoded.ts'
import { decodeBulk } from './elasticsearch/bulk.ts'
import { PartialLines, type SentRecord } from './fluent/partial-lines.ts'
import { decodeGelfBody } from './gelf/gelf-message.ts'
import { decodeLokiJson, decodeLokiProtobuf } from './loki/push.ts'
import { decodeOtlpJson, decodeOtlpProtobuf } from './otlp/otlp-logs.ts'
import { decodeSeqEvents } from './seq/clef.ts'
import { SnappyError, unpackSnappy } from './snappy.ts'
import { decodeHec } from './splunk/hec-events.ts'

type Protocol = {
  name: string
  decode: (body: Uint8Array) => Decoded
  good: (message: string) => Buffer
  bad: fc.Arbitrary<Buffer>
  join: (records: Buffer[]) => Buffer
}

const defaults = { now: '2026-01-01T00:00:00Z' }
const line = fc
  .oneof(fc.string({ unit: 'binary' }), fc.json())
  .map((text) => Buffer.from(text.replaceAll('\n', ' ')))
const json = fc.json().map((text) => Buffer.from(text))
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
const text = (value: unknown) => Buffer.from(JSON.stringify(value))
const list = (records: Buffer[]) => records.map(String).join(',')

/** A field of a message that is a text or a message itself. */
function field(number: number, value: Buffer | string): Buffer {
  const inner = Buffer.from(value)
  return Buffer.concat([Buffer.from([number * 8 + 2, (inner.length % 128) + 128, inner.length >> 7]), inner])
}

const PROTOCOLS: Protocol[] = [
  {
    name: 'Seq, CLEF',
    decode: (body) => decodeSeqEvents(body, defaults),
    good: (message) => text({ '@m': message }),
    bad: line,
    join: (records) => Buffer.from(records.map(String).join('\n')),
  },
  {
    name: 'Seq, array of events',
    decode: (body) => decodeSeqEvents(body, defaults),
    good: (message) => text({ RenderedMessage: message }),
    bad: json,
    join: (records) => Buffer.from(`{"Events":[${list(records)}]}`),
  },
  {
    name: 'Elasticsearch',
    decode: (body) => decodeBulk(body, 'index', defaults).decoded,
    good: (message) => Buffer.from(`{"create":{}}\n${text({ message })}`),
    bad: fc.oneof(
      line,
      fc.constantFrom('{"index":{}}', '{"delete":{}}').map((one) => Buffer.from(one)),
    ),
    join: (records) => Buffer.from(records.map(String).join('\n')),
  },
  {
    name: 'GELF over HTTP',
    decode: (body) => decodeGelfBody(body, defaults),
    good: (message) => text({ short_message: message }),
    bad: json,
    join: (records) => Buffer.from(records.map(String).join('\n')),
  },
  {
    name: "Splunk's events",
    decode: (body) => decodeHec(body, defaults),
    good: (message) => text({ event: message }),
    bad: json,
    join: (records) => Buffer.from(records.map(String).join(' ')),
  },
  {
    name: "Datadog's logs",
    decode: (body) => decodeDatadog(body, defaults),
    good: (message) => text({ message }),
    bad: json,
    join: (records) => Buffer.from(`[${list(records)}]`),
  },
  {
    name: 'Loki, JSON',
    decode: (body) => decodeLokiJson(body, defaults),
    good: (message) => text(['1767225600000000000', message]),
    bad: json,
    join: (records) => Buffer.from(`{"streams":[7,{"stream":{"a":"b"},"values":[${list(records)}]}]}`),
  },
  {
    name: 'Loki, protobuf',
    decode: (body) => decodeLokiProtobuf(body, defaults),
    good: (message) => field(2, field(2, message)),
    bad: fc.oneof(
      bytes.map((inner) => field(2, inner)),
      bytes.map((inner) => field(9, inner)),
    ),
    join: (records) => field(1, Buffer.concat([field(1, '{a="b"}'), ...records])),
  },
  {
    name: 'OTLP, JSON',
    decode: (body) => decodeOtlpJson(body, defaults),
    good: (message) => text({ body: { stringValue: message } }),
    bad: json,
    join: (records) =>
      Buffer.from(`{"resourceLogs":[7,{"scopeLogs":["x",{"logRecords":[${list(records)}]}]}]}`),
  },
  {
    name: 'OTLP, protobuf',
    decode: (body) => decodeOtlpProtobuf(body, defaults),
    good: (message) => field(2, field(5, field(1, message))),
    bad: fc.oneof(
      bytes.map((inner) => field(2, inner)),
      bytes.map((inner) => field(9, inner)),
    ),
    join: (records) => field(1, field(2, Buffer.concat(records))),
  },
]

/** 10,000 arrays in each other, wherever a value may stand. */
const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
const DEEP_BODIES = [
  DEEP,
  `{"short_message":"a","_deep":${DEEP}}`,
  `{"_deep":${DEEP}}`,
  `{"event":${DEEP}}{"event":{"message":"a","deep":${DEEP}},"fields":{"deep":${DEEP}}}`,
  `[{"message":${DEEP},"status":${DEEP}}]`,
  `{"@m":"a","deep":${DEEP}}`,
  `{"Events":[{"RenderedMessage":"a","Properties":{"deep":${DEEP}}}]}`,
  `{"@mt":"{deep}","deep":${DEEP}}`,
  `{"index":{}}\n{"deep":${DEEP}}`,
  `{"index":{"_id":${DEEP}}}\n{"message":"a"}`,
  `{"streams":[{"stream":{"deep":${DEEP}},"values":[["1",${DEEP}],["1767225600000000000","{\\"msg\\":\\"a\\",\\"deep\\":${DEEP}}"]]}]}`,
  `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${'{"arrayValue":{"values":['.repeat(5000)}${']}}'.repeat(5000)}},{"body":${DEEP}}]}]}]}`,
].map((body) => Buffer.from(body))

function isStorable({ records, rejections, rejectedCount }: Decoded): boolean {
  return (
    rejections.length <= rejectedCount &&
    records.every(
      ({ message, source, extra_data }) =>
        message.isWellFormed() &&
        !message.includes('\0') &&
        Buffer.byteLength(message) <= RECORD_LIMITS.messageBytes &&
        source.length > 0 &&
        Buffer.byteLength(JSON.stringify(extra_data)) <= RECORD_LIMITS.extraDataBytes,
    )
  )
}

describe.each(PROTOCOLS)('$name', ({ decode, good, bad, join }) => {
  it('keeps every good record beside bad ones', () => {
    const record = fc.oneof(
      fc
        .integer({ min: 0, max: 999 })
        .map((number) => ({ good: `good-${number}`, bytes: good(`good-${number}`) })),
      bad.map((sent) => ({ good: undefined, bytes: sent })),
    )
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        const decoded = decode(join(records.map((one) => one.bytes)))
        const wanted = records.flatMap((one) => one.good ?? [])
        const found = decoded.records
          .map(({ message }) => message)
          .filter((message) => message.startsWith('good-'))
        expect(found).toEqual(wanted)
        expect(isStorable(decoded)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('throws at no bytes, and at nothing that was good before some of it changed', () => {
    const body = join(Array.from({ length: 5 }, (_, number) => good(`good-${number}`)))
    const changed = fc
      .array(fc.tuple(fc.nat(body.length - 1), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 5,
      })
      .map((changes) => {
        const copy = Buffer.from(body)
        for (const [at, byte] of changes) copy[at] = byte
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (sent) => isStorable(decode(sent))),
      { numRuns: 300 },
    )
  })

  it('takes what is nested 10,000 deep for what it is', () => {
    for (const body of DEEP_BODIES) expect(isStorable(decode(body))).toBe(true)
  })
})

describe('snappy', () => {
  it('unpacks or refuses any bytes, and never makes more of them than is allowed', () => {
    const packed = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 100 }).map((rest) => Uint8Array.from([100, ...rest])),
    )
    fc.assert(
      fc.property(packed, (sent) => {
        try {
          return unpackSnappy(sent, 1000).length <= 1000
        } catch (error) {
          return error instanceof SnappyError
        }
      }),
      { numRuns: 1000 },
    )
  })
})

it.each(['0 "["', '"a" 1 "{" null', 'say "hi', 'don"t', '7, "[", 8'])(
  'an event of Splunk behind %j is kept',
  (before) => {
    const { records } = decodeHec(Buffer.from(`${before} {"event":"good"}`), defaults)
    expect(records.map(({ message }) => message)).toEqual(['good'])
  },
)

describe('parts of lines', () => {
  const sent = fc.record({
    partial_id: fc.constantFrom('a', 'b', 'c', 'd'),
    partial_ordinal: fc.integer({ min: 1, max: 4 }).map(String),
    partial_last: fc.constantFrom('true', 'false', 'false'),
    log: fc.nat(400_000).map((length) => 'x'.repeat(length)),
    beside: fc.oneof(
      fc.nat(600_000).map((length) => 'y'.repeat(length)),
      fc.nat(300_000).map((length) => ['z'.repeat(length)]),
    ),
  })

  it('hold no more than 1 MB of one connection, fields beside them included, and lose none of it', () => {
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 40 }), (records) => {
        const lines = new PartialLines()
        const given: SentRecord[] = []
        let taken = 0
        for (const record of records) {
          taken += record.log.length
          given.push(...lines.take({ record: { partial_message: 'true', ...record }, when: 0, tag: 't' }))
          const logs = given.reduce((sum, one) => sum + String(one.record.log).length, 0)
          expect(lines.heldBytes).toBeGreaterThanOrEqual(taken - logs)
          expect(lines.heldBytes).toBeLessThanOrEqual(1024 * 1024)
        }
        given.push(...lines.end())
        expect(lines.heldBytes).toBe(0)
        expect(given.reduce((sum, one) => sum + String(one.record.log).length, 0)).toBe(taken)
      }),
      { numRuns: 50 },
    )
  })

  it('count the fields of the first part', () => {
    const lines = new PartialLines()
    const part = { partial_message: 'true', partial_ordinal: '1', partial_last: 'false', log: 'x' }
    const beside = 'y'.repeat(400_000)
    const take = (partial_id: string) =>
      lines.take({ record: { ...part, partial_id, beside }, when: 0, tag: 't' }).length
    expect(['a', 'b', 'c'].map(take)).toEqual([0, 0, 1])
    expect(lines.heldBytes).toBeGreaterThan(800_000)
  })
})
