import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utcClock } from '../time-zone.ts'
import { MAX_FRAME_BYTES, SyslogFrames } from './syslog-frames.ts'
import { decodeSyslogMessage } from './syslog-message.ts'

const origin = {
  now: '2026-01-10T00:00:00Z',
  sender: '10.0.0.21',
  cameras: new Map([['front-door', 4]]),
  clock: utcClock,
}
const decode = (text: string) => decodeSyslogMessage(Buffer.from(text), origin)

describe('a syslog message', () => {
  it.each([
    [
      'RFC 5424 with structured data',
      '<165>1 2026-01-09T22:14:15.003456Z mymachine evntslog 42 ID47 [a@1 k="v\\"\\]" e=""][b@2] \ufeffAn event',
      {
        timestamp: '2026-01-09T22:14:15.003456Z',
        level: 'INFO',
        message: 'An event',
        source: 'mymachine',
        logger_name: 'evntslog',
        extra_data: {
          original_level: 'NOTICE',
          pid: 42,
          msgid: 'ID47',
          structured_data: { 'a@1': { k: 'v"]', e: '' }, 'b@2': {} },
          facility: 'local4',
          host: 'mymachine',
        },
      },
    ],
    [
      'RFC 5424 of nothing but its head',
      '<8>1 - - - - - -',
      { timestamp: origin.now, level: 'CRITICAL', source: '10.0.0.21', message: '1 - - - - - -' },
    ],
    [
      'RFC 5424 with broken structured data, which becomes text',
      '<14>1 - host app - - [a@1 k=v] hello',
      { message: '[a@1 k=v] hello', logger_name: 'app' },
    ],
    [
      'RFC 3164',
      "<34>Oct 11 22:14:15 mymachine su[77]: 'su root' failed on /dev/pts/8",
      {
        timestamp: '2025-10-11T22:14:15Z',
        level: 'CRITICAL',
        message: "'su root' failed on /dev/pts/8",
        source: 'mymachine',
        logger_name: 'su',
        extra_data: { original_level: 'CRIT', pid: 77, facility: 'auth', host: 'mymachine' },
      },
    ],
    [
      'a camera that is known by its name',
      '<12>Jan  9 01:02:03 Front-Door motion: detected',
      { level: 'WARNING', camera_id: 4, source: 'camera_4', message: 'detected', logger_name: 'motion' },
    ],
    [
      "Cisco's sequence number, star and zone",
      '<189>29: *Jan  9 01:02:03.456: %SYS-5-CONFIG_I: Configured from console',
      {
        timestamp: '2026-01-09T01:02:03.456Z',
        logger_name: '%SYS-5-CONFIG_I',
        message: 'Configured from console',
      },
    ],
    [
      'ISO time and no host',
      '<11>2026-01-09T01:02:03+02:00 app: went wrong',
      { timestamp: '2026-01-08T23:02:03Z', level: 'ERROR', message: 'went wrong', logger_name: 'app' },
    ],
    [
      'a tag alone',
      '<14>kernel: eth0 up',
      { message: 'eth0 up', logger_name: 'kernel', source: '10.0.0.21' },
    ],
    ['words alone', '<14>just some words', { message: 'just some words', logger_name: null }],
    ['no priority', 'ERROR it broke', { level: 'ERROR', message: 'ERROR it broke' }],
    ['a priority that is none', '<999>hello', { level: 'INFO', message: '<999>hello' }],
    ['a date that is none', '<14>Feb 31 01:02:03 host app: x', { timestamp: origin.now }],
  ])('%s', (_name, text, expected) => {
    expect(decode(text)).toMatchObject(expected)
  })

  it('of nothing is none', () => {
    expect([decode(''), decode('\r\n'), decode('\0')]).toEqual([undefined, undefined, undefined])
  })

  it('throws at no bytes, and keeps what it was sent', () => {
    const head = fc.constantFrom(
      '<13>',
      '<13>1 - - - - - ',
      '<13>Jan  1 01:01:01 h t: ',
      '<13>1 - - - - - [',
      '',
    )
    fc.assert(
      fc.property(head, fc.string({ unit: 'binary' }), (start, text) => {
        const record = decodeSyslogMessage(Buffer.from(`${start}${text} marked`), origin)
        expect(record?.message).toContain('marked')
      }),
      { numRuns: 500 },
    )
  })
})

describe('a stream of syslog', () => {
  const line = fc.stringMatching(/^<\d{1,3}>[ -~]{0,40}$/)
  const frame = fc.tuple(line, fc.constantFrom('counted', 'line', 'nul')).map(([text, form]) => ({
    text,
    bytes: form === 'counted' ? `${text.length} ${text}` : `${text}${form === 'nul' ? '\0' : '\n'}`,
  }))

  it('is cut into its messages, counted or a line each, wherever the chunks end', () => {
    fc.assert(
      fc.property(fc.array(frame), fc.integer({ min: 1, max: 20 }), (frames, size) => {
        const bytes = Buffer.from(frames.map((one) => one.bytes).join(''))
        const cutter = new SyslogFrames()
        const found: string[] = []
        for (let at = 0; at < bytes.length; at += size) {
          found.push(...cutter.push(bytes.subarray(at, at + size)).map(String))
        }
        expect([...found, ...cutter.end().map(String)]).toEqual(frames.map(({ text }) => text))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a line', (body: string) => `<13>${body}\n`],
    ['a counted message', (body: string) => `${body.length + 4} <13>${body}`],
  ])('cuts %s that is too long, and goes on behind it', (_name, frame) => {
    const cutter = new SyslogFrames()
    const bytes = Buffer.from(`${frame('x'.repeat(3 * MAX_FRAME_BYTES))}<13>next\n`)
    const found: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 65_536)
      found.push(...cutter.push(bytes.subarray(at, at + 65_536)))
    expect(found.map(({ length }) => length)).toEqual([MAX_FRAME_BYTES, '<13>next'.length])
  })

  it.each([
    ['a line', (body: string) => `<13>${body}\n`],
    ['a counted message', (body: string) => `${body.length + 4} <13>${body}`],
  ])('looks at no byte of %s again that comes byte by byte', (_name, frame) => {
    const cutter = new SyslogFrames()
    const bytes = Buffer.from(frame('x'.repeat(MAX_FRAME_BYTES - 10)).repeat(2))
    const found: number[] = []
    for (let at = 0; at < bytes.length; at++) {
      found.push(...cutter.push(bytes.subarray(at, at + 1)).map(({ length }) => length))
    }
    expect(found).toEqual([MAX_FRAME_BYTES - 6, MAX_FRAME_BYTES - 6])
  })

  it('leaves messages that it gave out as they are', () => {
    const cutter = new SyslogFrames()
    const lines = Array.from({ length: 200 }, (_, number) => `<13>${'x'.repeat(number)}`)
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    const found: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 7) found.push(...cutter.push(bytes.subarray(at, at + 7)))
    expect(found.map(String)).toEqual(lines)
  })

  it('gives out a last line without its end', () => {
    const cutter = new SyslogFrames()
    expect(cutter.push(Buffer.from('<13>a\n<13>b')).map(String)).toEqual(['<13>a'])
    expect(cutter.end().map(String)).toEqual(['<13>b'])
  })
})
