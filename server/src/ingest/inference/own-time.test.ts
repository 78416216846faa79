// Times that lines state by themselves, and places of levels, in files of a few lines and of several writers.
import { describe, expect, it } from 'vitest'
import { LineDecoder } from '../line-records.ts'

const now = '2026-11-30T20:00:00Z'

function read(lines: readonly string[]) {
  const decoder = new LineDecoder({ now, join: false })
  return [...lines.flatMap((line) => decoder.push(line)), ...decoder.end()].map(({ record }) => record)
}

const fill = (rows: number, write: (index: number) => string) =>
  Array.from({ length: rows }, (_, i) => write(i))

describe('the time of a single line', () => {
  it.each([
    ['30 11 2026 18:17:29.787:DEBUG [lens]: moved', '2026-11-30T18:17:29.787Z'],
    ['2011.11.21 14:29:16 LOG3[28:140]: refused', '2011-11-21T14:29:16Z'],
    ['2014:07:02-00:17:45: refused', '2014-07-02T00:17:45Z'],
    ['<W>2015-11-29 16:38:01.818 1 => refused', '2015-11-29T16:38:01.818Z'],
    ['t=2020-10-19T17:44:33+0200 lvl=eror msg="refused"', '2020-10-19T15:44:33Z'],
    ['[CEST Aug  6 10:14:52] refused', '2026-08-06T08:14:52Z'],
    ['[Jun 21 16:55:03] <auth.info> refused', '2026-06-21T16:55:03Z'],
    ['30 Nov 18:17:34 - [info] moved', '2026-11-30T18:17:34Z'],
    ['2026年11月30日 18:17:34 moved', '2026-11-30T18:17:34Z'],
    ['@400000004c91b044077a9e94 lens: moved', '2010-09-16T05:50:50.125476Z'],
    ['www.example.org 192.0.2.7 - - [18/Aug/2024:21:08:39 +0100] "GET /" 200 1', '2024-08-18T20:08:39Z'],
    ['192.0.2.7 - [08/Jun/2020:08:04:43 +0000] "GET /" 200 1', '2020-06-08T08:04:43Z'],
    ['20261130-6:35:00 PM moved', '2026-11-30T18:35:00Z'],
  ])('is read where it is complete and stands at its start: %s', (line, timestamp) => {
    expect(read([line])[0]?.timestamp).toBe(timestamp)
  })

  it.each([
    'The certificate ends 2014.07.02 00:17:45',
    'last backup: 2014.07.02 00:17:45',
    '01 02 2014 01:25:17 nobody knows which is the day',
    '2014.07.02 a day',
    '18:17:34 a clock',
    '2914.07.02 00:17:45 a number',
    'May 3 lenses',
    '<W>lens',
  ])('is that of arrival for %s', (line) => {
    expect(read([line])[0]?.timestamp).toBe(now)
  })

  it('is read on lines of another writer, which stay whole', () => {
    const lines = [
      ...fill(60, (i) => `unit${i % 3} 26.03.10 10.11.${10 + (i % 49)} moved ${i}`),
      '2026-03-11 08:00:00 [1] [INFO] another writer',
      '2026.03.11 09:00:00 LOG5[ui]: a third',
      'none',
    ]
    const records = read(lines)
    expect(records.slice(60).map(({ timestamp }) => timestamp)).toEqual([
      '2026-03-11T08:00:00Z',
      '2026-03-11T09:00:00Z',
      now,
    ])
    expect(records.map(({ message }) => message)).toEqual(lines)
  })

  it('is not that of a head that was cut', () => {
    const lines = fill(40, (i) => `{${'x'.repeat(225 + (i % 9))}, "at":"2026-03-10T10:${10 + i}:34.5Z"`)
    expect(new Set(read(lines).map(({ timestamp }) => timestamp))).toEqual(new Set([now]))
  })
})

describe('the time of a file', () => {
  it.each<[string, (index: number) => string, string]>([
    ['numbers between spaces', (i) => `(lens) 13 03 2026 10:11:${10 + i},5: moved`, '2026-03-13T10:11:10.5Z'],
    ['a year between colons', (i) => `unit 2026:03:10-10:11:${10 + i} moved`, '2026-03-10T10:11:10Z'],
    ['a dot before the clock', (i) => `unit 20260310.1011${10 + i} moved`, '2026-03-10T10:11:10Z'],
    ['a year before a colon', (i) => `unit Mar 10 2026:10:11:${10 + i} moved`, '2026-03-10T10:11:10Z'],
    ['a month before a short year', (i) => `unit Mar-10-26 10:11:${10 + i} moved`, '2026-03-10T10:11:10Z'],
    [
      'four digits and a slash',
      (i) => `[7:9:0310/1011${10 + i}.250001:ERROR:lens.cc(7)] moved`,
      '2026-03-10T10:11:10.250001Z',
    ],
    [
      'a fraction of a count, out of order',
      (i) => `type=LENS msg=moved(17731374${10 + ((i * 3) % 40)}.415:${i}): unit=${i}`,
      '2026-03-10T10:10:10.415Z',
    ],
    ['minutes before a colon', (i) => `Mar 10 10:${10 + i} : player: moved`, '2026-03-10T10:10:00Z'],
    [
      'an id of digits before the date',
      (i) => `a1b2c3d4-e5f6-4a7b-8c9d-00000000${1000 + i} 2026/03/10@10:11:${10 + i} moved`,
      '2026-03-10T10:11:10Z',
    ],
  ])('is found with %s', (_name, write, first) => {
    expect(read(fill(40, write))[0]?.timestamp).toBe(first)
  })

  it.each<[string, (index: number) => string]>([
    ['a date that goes on', (i) => `unit 2026-03-10.rev${i} built`],
    ['four digits before a clock', (i) => `1103 10:11:${10 + i} moved`],
  ])('is that of arrival for %s', (_name, write) => {
    expect(new Set(read(fill(40, write)).map(({ timestamp }) => timestamp))).toEqual(new Set([now]))
  })
})

describe('the level of a line', () => {
  it.each([
    ['2026-03-10 10:11:12 conn12\tdebug\tmoved', 'DEBUG'],
    ['2026-03-10 10:11:12 warn\tconn12\tmoved', 'WARNING'],
    ['2026-03-10 10:11:12 lens: debug 1: moved', 'DEBUG'],
    ['Mar 10 10:11:12 unit kernel: [  1.2] error: refused', 'ERROR'],
    ['ERRO[0001] refused', 'ERROR'],
    ['2026-03-10 10:11:12 [FATA] gone', 'CRITICAL'],
    ['2026-03-10 10:11:12 the debug\toption', 'INFO'],
  ])('is read in %s', (line, level) => {
    expect(read([line])[0]?.level).toBe(level)
  })

  it.each([[['INFOR', 'DEBU', 'WARNI', 'ERRO', 'CRITI']], [['INFO', 'DEBG', 'WARN', 'EROR', 'FATL']]])(
    'is read where its names are cut to the width of their column: %s',
    (names) => {
      const records = read(fill(40, (i) => `${10 + i} unit${i % 3} ${names[i % 5]} moved`))
      expect(records.slice(0, 5).map(({ level }) => level)).toEqual([
        'INFO',
        'DEBUG',
        'WARNING',
        'ERROR',
        'CRITICAL',
      ])
    },
  )

  it('is read from a letter behind a sign, and not from disks', () => {
    const letters = read(fill(240, (i) => `2026-03-10 10:11:12 [unit${i % 9}:${'IIWIED'[i % 6]}] moved`))
    expect(letters.slice(0, 6).map(({ level }) => level)).toEqual([
      ...['INFO', 'INFO', 'WARNING', 'INFO', 'ERROR', 'DEBUG'],
    ])
    const disks = read(fill(240, (i) => `2026-03-10 10:11:12 volume ${'CDE'[i % 3]} checked ${i}`))
    expect(new Set(disks.map(({ level }) => level))).toEqual(new Set(['INFO']))
  })
})
