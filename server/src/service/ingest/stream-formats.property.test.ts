// Formats that come in pieces: cut anywhere they say the same, and no bytes make them throw what nobody expects or hold too much.
import { gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteBudget } from '../../byte-budget.ts'
import { atOnce } from '../../ingest/decoded.ts'
import { ForwardMessage } from '../../ingest/fluent/forward-message.ts'
import { MsgpackFrames } from '../../ingest/fluent/msgpack-frames.ts'
import { MsgpackError } from '../../ingest/fluent/msgpack-scan.ts'
import { PartialLines } from '../../ingest/fluent/partial-lines.ts'
import { GelfFrames, MAX_FRAME_BYTES as MAX_GELF_FRAME } from '../../ingest/gelf/gelf-frames.ts'
import { MAX_GELF_BYTES, unpackGelf } from '../../ingest/gelf/gelf-message.ts'
import { fromExportedEntry, JournalExport } from '../../ingest/journald/journal-export.ts'
import { CHUNKS_MS, GelfChunks } from './gelf-chunks.ts'

const defaults = { now: '2026-01-01T00:00:00Z' }
const RUNS = { numRuns: 150 }

/** The bytes in pieces. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}
const cuts = fc.array(fc.nat(10_000), { maxLength: 6 })

/** All that MessagePack can say, as the library writes it. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      null,
      true,
      -1,
      127,
      65_536,
      2 ** 40,
      -(2 ** 40),
      1.5,
      '',
      'x'.repeat(40),
      'é'.repeat(200),
    ),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ maxLength: 10 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('any'), { maxLength: 20 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie('any'), { maxKeys: 20 }),
  ),
})).any
const pack = (one: unknown) => Buffer.from(encode(one, { useBigInt64: true }))

function readForward(frame: Uint8Array) {
  const message = new ForwardMessage(frame)
  message.open()
  return { chunk: message.chunk, ...atOnce(message.part(defaults, new PartialLines())) }
}

describe('MessagePack', () => {
  it('is cut into the values it was made of, wherever it breaks', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), cuts, (values, places) => {
        const packed = values.map(pack)
        const frames = new MsgpackFrames()
        const found = cut(Buffer.concat(packed), places).flatMap((piece) => frames.push(piece))
        expect(found.map((frame) => frame.toString('hex'))).toEqual(packed.map((one) => one.toString('hex')))
        expect(frames.heldBytes).toBe(0)
      }),
      RUNS,
    )
  })

  it('of any bytes is frames, or an error that is known', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, places) => {
        const frames = new MsgpackFrames()
        try {
          for (const piece of cut(Buffer.from(bytes), places))
            for (const frame of frames.push(piece)) readForward(frame)
        } catch (error) {
          expect(error).toBeInstanceOf(MsgpackError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('holds no more than a message may have', () => {
    const frames = new MsgpackFrames()
    const piece = Buffer.alloc(1024 * 1024)
    frames.push(Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff]))
    expect(() => {
      for (let piece16 = 0; piece16 < 17; piece16++) frames.push(piece)
    }).toThrow(MsgpackError)
  })
})

describe('a message of the forward protocol', () => {
  const record = fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 5 })
  const entries = fc.array(
    fc.oneof(
      fc.tuple(fc.nat(2 ** 31), record, fc.nat(999)).map(([time, fields, number]) => ({
        message: `good-${number}`,
        entry: [time, { ...fields, log: `good-${number}` }] as unknown,
      })),
      value.map((entry) => ({ message: undefined, entry })),
    ),
    { maxLength: 12 },
  )

  it.each([
    ['forward', (all: unknown[]) => ['tag', all, { chunk: 'a' }]],
    ['packed', (all: unknown[]) => ['tag', Buffer.concat(all.map(pack)), { chunk: 'a' }]],
    [
      'compressed',
      (all: unknown[]) => ['tag', gzipSync(Buffer.concat(all.map(pack))), { chunk: 'a', compressed: 'gzip' }],
    ],
  ])('of the mode %s gives every good entry beside bad ones', (_mode, message) => {
    fc.assert(
      fc.property(entries, (all) => {
        const { chunk, records } = readForward(pack(message(all.map(({ entry }) => entry))))
        expect(chunk).toBe('a')
        const found = records.map((one) => one.message).filter((one) => one.startsWith('good-'))
        expect(found).toEqual(all.flatMap((one) => one.message ?? []))
      }),
      RUNS,
    )
  })

  it('is refused, not unpacked, when it unpacks to more than a message may have', () => {
    const bomb = gzipSync(Buffer.alloc(17 * 1024 * 1024))
    expect(() => readForward(pack(['tag', bomb, { compressed: 'gzip' }]))).toThrow(MsgpackError)
  })

  it('with 10,000 lists in each other is taken for what it is', () => {
    const deep = Buffer.concat([Buffer.alloc(10_000, 0x91), Buffer.from([0xc0])])
    const map = Buffer.concat([Buffer.from([0x81, 0xa1, 0x61]), deep])
    const frame = Buffer.concat([pack('tag'), Buffer.from([0]), map])
    const { records } = readForward(Buffer.concat([Buffer.from([0x93]), frame]))
    expect(records).toHaveLength(1)
  })
})

describe('GELF', () => {
  it('is cut at NULs, wherever it breaks, and what is too long is an empty message', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 30 }).map((text) => text.replaceAll('\0', ''))),
        cuts,
        (texts, places) => {
          const frames = new GelfFrames()
          const pieces = cut(Buffer.from(`${texts.join('\0')}\0`), places)
          const found = [...pieces.flatMap((piece) => frames.push(piece)), ...frames.end()]
          expect(found.map(String)).toEqual(texts.filter((text) => text !== ''))
        },
      ),
      RUNS,
    )
    const frames = new GelfFrames()
    for (let mb = 0; mb < 3; mb++) frames.push(Buffer.alloc(MAX_GELF_FRAME, 'x'))
    expect([frames.heldBytes, frames.push(Buffer.from('\0a\0')).map(String)]).toEqual([0, ['', 'a']])
  })

  it('puts chunks together in any order, forgets what is incomplete, and keeps to its budget', () => {
    const budget = new ByteBudget('chunks', 100_000, 50_000)
    const chunks = new GelfChunks(budget)
    const chunk = (id: number, number: number, count: number, text = '') =>
      Buffer.concat([
        Buffer.from([0x1e, 0x0f, 0, 0, 0, 0, 0, 0, id >> 8, id & 255, number, count]),
        Buffer.from(text),
      ])
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
        const said = order.map((number) => chunks.push(chunk(1, number, 4, String(number)), 'a', 0))
        expect(said.slice(0, 3)).toEqual(['incomplete', 'incomplete', 'incomplete'])
        expect(said[3]).toEqual({ message: Buffer.from('0123') })
      }),
      { numRuns: 24 },
    )
    for (let id = 0; id < 1000; id++) chunks.push(chunk(id, 0, 2), 'a', id)
    expect(chunks.push(chunk(2000, 0, 2), 'a', 1)).toBe('unusable')
    expect(chunks.push(chunk(2000, 0, 2), 'b', 1)).toBe('incomplete')
    expect(budget.usedBytes).toBeLessThanOrEqual(100_000)
    expect(chunks.expire(CHUNKS_MS)).toBe(1)
    chunks.expire(CHUNKS_MS + 1000)
    expect([chunks.size, budget.usedBytes]).toEqual([0, 0])
    for (const bytes of [
      [],
      [0x1e],
      [0x1e, 0x0f],
      [0x1e, 0x0f, ...Array(9).fill(0), 129],
      [0x1e, 0x0f, ...Array(10).fill(0)],
    ])
      chunks.push(Buffer.from(bytes), 'a', 0)
    expect(budget.usedBytes).toBe(0)
  })

  it('is unpacked up to a bound', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 50 }),
        fc.constantFrom([], [0x1f, 0x8b], [0x78, 0x9c]),
        (bytes, head) => {
          const message = unpackGelf(Buffer.from([...head, ...bytes]))
          expect(message === undefined || message.length <= MAX_GELF_BYTES).toBe(true)
        },
      ),
      RUNS,
    )
    expect(unpackGelf(gzipSync(Buffer.alloc(MAX_GELF_BYTES + 1)))).toBeUndefined()
  })
})

describe("the journal's export format", () => {
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 6 })
  const time = '__REALTIME_TIMESTAMP=1767225600123456\n'

  function exported(text: string): Buffer {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(bytes.length))
    return Buffer.concat([Buffer.from(`${time}MESSAGE\n`), length, bytes, Buffer.from('\n\n')])
  }

  it('gives the fields that were written, wherever it breaks', () => {
    fc.assert(
      fc.property(texts, cuts, (messages, places) => {
        const journal = new JournalExport()
        const pieces = cut(Buffer.concat(messages.map(exported)), places)
        const entries = [...pieces.flatMap((piece) => journal.push(piece)), ...journal.end()]
        const found = entries.map((entry) => ('fields' in entry ? entry.fields.MESSAGE : entry))
        expect(found).toEqual(messages.map((text) => Buffer.from(text).toString()))
        expect(journal.heldBytes).toBe(0)
      }),
      RUNS,
    )
  })

  it('goes on behind an entry that is broken, and throws at no bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), cuts, (bytes, places) => {
        const journal = new JournalExport()
        for (const piece of cut(Buffer.from(bytes), places)) journal.push(piece)
        journal.end()
      }),
      { numRuns: 300 },
    )
    const journal = new JournalExport()
    const said = journal.push(Buffer.concat([Buffer.from('no field\nMESSAGE=lost\n\n'), exported('kept')]))
    expect(said).toMatchObject([
      { reason: expect.stringContaining('is not a field') },
      { fields: { MESSAGE: 'kept' } },
    ])
  })

  it('keeps of a long value what a message may have and says what it lost', () => {
    const journal = new JournalExport()
    const length = 3 * 1024 * 1024
    const [entry] = journal.push(Buffer.from(`${time}MESSAGE=${'x'.repeat(length)}\n\n`))
    const record = fromExportedEntry(entry as NonNullable<typeof entry>, defaults)
    expect(record).toMatchObject({ extra_data: { truncated_bytes: length - 256 * 1024 } })
  })
})
