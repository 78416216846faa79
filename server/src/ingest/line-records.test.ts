import type { LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLineRecords, LineDecoder, type LineOptions } from './line-records.ts'
import { zoneClock } from './time-zone.ts'
import { isUtcText } from './utc-text.ts'

const now = '2025-06-01T12:00:00Z'

function decode(text: string, options: Partial<LineOptions> = {}) {
  return decodeLineRecords(Buffer.from(text), { now, ...options }).records
}

function one(line: string, options: Partial<LineOptions> = {}) {
  const records = decode(line, options)
  expect(records).toHaveLength(1)
  return records[0]
}

/** The line that a record was made of. */
function lineOf({ message, extra_data }: LogRecord): string {
  if (extra_data?.line_time === undefined) return message
  const at = Number(extra_data.line_time_at ?? 0)
  const cut = [extra_data.line_head ?? '', extra_data.line_time, extra_data.line_gap ?? ' ']
  return message.slice(0, at) + cut.join('') + message.slice(at)
}

describe('the time of a line', () => {
  it.each<[string, string, string]>([
    ['2025-05-01T12:30:00.123456Z started', '2025-05-01T12:30:00.123456Z', 'started'],
    ['2025-05-01T12:30:00+02:00 started', '2025-05-01T10:30:00Z', 'started'],
    ['2025-05-01 12:30:00,747 - INFO - started', '2025-05-01T12:30:00.747Z', 'INFO - started'],
    ['[2025-05-01 12:30:00] started', '2025-05-01T12:30:00Z', 'started'],
    ['2025/05/01 12:30:00 [error] 1#1: refused', '2025-05-01T12:30:00Z', '[error] 1#1: refused'],
    ['2025-05-01 12:30:00 -10 degrees', '2025-05-01T12:30:00Z', '-10 degrees'],
    ['2025-05-01 12:30:00 Zoo is open', '2025-05-01T12:30:00Z', 'Zoo is open'],
    ['2025-05-01 12:30:00.5 UTC [77] LOG:  ready', '2025-05-01T12:30:00.5Z', '[77] LOG:  ready'],
    ['[Thu May 01 12:30:00 2025] [notice] started', '2025-05-01T12:30:00Z', '[notice] started'],
    [
      '[Thu May  1 12:30:00.123456 2025] [core:error] [pid 1] no',
      '2025-05-01T12:30:00.123456Z',
      '[core:error] [pid 1] no',
    ],
    ['May  1 12:30:00 edge sshd[7]: started', '2025-05-01T12:30:00Z', 'edge sshd[7]: started'],
    ['May 01 2024 12:30:00 edge sshd[7]: started', '2024-05-01T12:30:00Z', 'edge sshd[7]: started'],
    ['<13>May  1 12:30:00 edge app: started', '2025-05-01T12:30:00Z', 'edge app: started'],
    [
      '<165>1 2025-05-01T12:30:00.003Z edge app 7 ID1 - started',
      '2025-05-01T12:30:00.003Z',
      'edge app 7 ID1 - started',
    ],
    ['[01/May/2025:12:30:00 -0700] "GET /"', '2025-05-01T19:30:00Z', '"GET /"'],
    [
      '10.0.0.1 - - [01/May/2025:12:30:00 -0700] "GET /"',
      '2025-05-01T19:30:00Z',
      '10.0.0.1 - - [01/May/2025:12:30:00 -0700] "GET /"',
    ],
    ['01-May-2025 12:30:00.250 INFO [main] started', '2025-05-01T12:30:00.250Z', 'INFO [main] started'],
    // Milliseconds behind a colon are a count.
    ['20250501-12:30:00:250|Step|1', '2025-05-01T12:30:00.250Z', '|Step|1'],
    ['20250501-7:3:9:6|Step|1', '2025-05-01T07:03:09.006Z', '|Step|1'],
    ['2025-05-01 12:30:00:025 started', '2025-05-01T12:30:00.025Z', 'started'],
    ['2025-05-01 12:30:00: started', '2025-05-01T12:30:00Z', 'started'],
    ['2025-05-01 12:30:00:7:8 started', '2025-05-01T12:30:00Z', ':7:8 started'],
    ['1746102600 started', '2025-05-01T12:30:00Z', 'started'],
    ['[1746102600.250] started', '2025-05-01T12:30:00.25Z', 'started'],
    ['1746102600250 started', '2025-05-01T12:30:00.25Z', 'started'],
    ['W0501 12:30:00.123456    7 watch.go:10] slow', '2025-05-01T12:30:00.123456Z', '7 watch.go:10] slow'],
    ['time="2025-05-01T12:30:00Z" level=warning msg=slow', '2025-05-01T12:30:00Z', 'level=warning msg=slow'],
    [
      'app.log.1 2025-05-01 12:30:00.008 7 INFO a.b [-] up',
      '2025-05-01T12:30:00.008Z',
      'app.log.1 7 INFO a.b [-] up',
    ],
    ['worker-1  | 2025-05-01 12:30:00 up', '2025-05-01T12:30:00Z', 'worker-1  | up'],
    ['\u001b[32m2025-05-01 12:30:00\u001b[0m up', '2025-05-01T12:30:00Z', 'up'],
  ])('%s', (line, timestamp, message) => {
    expect(one(line)).toMatchObject({ timestamp, message })
  })

  it.each([
    'started',
    '12 monkeys',
    '2025-13-01 00:00:00 x',
    'May 32 12:30:00 x',
    '234567890 x y',
    'x 2025-05-01',
    '0001 x',
  ])('is that of arrival when there is none: %s', (line) => {
    expect(one(line)).toMatchObject({ message: line, extra_data: null, timestamp: now })
  })

  it('is that of the line before, in a file', () => {
    const records = decode('May  1 12:30:00 a\nno time here', { undated: 'previous' })
    expect(records.map(({ timestamp }) => timestamp)).toEqual([
      '2025-05-01T12:30:00Z',
      '2025-05-01T12:30:00Z',
    ])
  })

  it('is in the zone that is given, where the line names none', () => {
    const clock = zoneClock('Europe/Berlin')
    expect(one('2025-05-01 12:30:00 x', { clock })?.timestamp).toBe('2025-05-01T10:30:00Z')
    expect(one('2025-05-01 12:30:00Z x', { clock })?.timestamp).toBe('2025-05-01T12:30:00Z')
    expect(one('2025-03-30 02:30:00 x', { clock })?.timestamp).toBe('2025-03-30T01:30:00Z')
  })

  it('stays readable as it was written', () => {
    expect(one('May  1 12:30:00 edge app: x')?.extra_data?.line_time).toBe('May  1 12:30:00')
    expect(one('2025-05-01T12:30:00Z x')?.extra_data).toEqual({ line_time: '2025-05-01T12:30:00Z' })
  })

  it('is cut so that every line can be made again from its row', () => {
    const head = fc.constantFrom(
      ...[
        '',
        '2025-05-01T12:30:00.000Z',
        '2025-05-01 12:30:00,747 -',
        '[2025-05-01 12:30:00]',
        '<34>May  1 12:30:00',
      ],
      ...[
        '<165>1 2025-05-01T12:30:00.003Z',
        'time="2025-05-01T12:30:00Z"',
        'ts=2025-05-01T12:30:00.1Z',
        '1746102600 |',
      ],
      ...[
        'worker-1  | 2025-05-01 12:30:00',
        'ERROR 2025-05-01 12:30:00',
        '[warn] 2025-05-01 12:30:00 :',
        'app.log 2025-05-01 12:30:00',
      ],
      ...[
        'W0501 12:30:00.123456',
        '10.0.0.1 - - [01/May/2025:12:30:00 -0700]',
        '29/04/2025;x',
        'unit 1746102600',
      ],
    )
    const text = fc.stringMatching(/^[ -~äß]{0,40}$/)
    const lines = fc.tuple(
      head,
      fc.constantFrom('', ' ', '  ', '\t', ' - ', ','),
      text,
      fc.integer({ min: 1, max: 30 }),
    )
    fc.assert(
      fc.property(lines, ([first, between, rest, count]) => {
        const written = Array.from({ length: count }, (_, index) => `${first}${between}${rest}${index}`)
        const records = decode(written.join('\n'), { join: false })
        expect(records.map(lineOf)).toEqual(written)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a year that is not written', () => {
  const years = (text: string, options: Partial<LineOptions> = {}) =>
    decode(text, options).map(({ timestamp }) => timestamp.slice(0, 10))

  it('is the newest that is not in the future', () => {
    expect(years('Jun  1 11:00:00 x')).toEqual(['2025-06-01'])
    expect(years('Jun  2 11:00:00 x')).toEqual(['2025-06-02'])
    expect(years('Jun  3 12:00:00 x')).toEqual(['2024-06-03'])
    expect(years('Feb 29 12:00:00 x')).toEqual(['2024-02-29'])
  })

  it('counts on over a new year', () => {
    expect(years('Dec 30 01:00:00 x\nDec 31 23:59:59 x\nJan  1 00:00:01 x\nJan  2 00:00:01 x')).toEqual([
      '2024-12-30',
      '2024-12-31',
      '2025-01-01',
      '2025-01-02',
    ])
  })

  it('stands for lines a little out of order', () => {
    expect(years('Dec 31 23:59:59 x\nJan  1 00:00:01 x\nDec 31 23:59:58 x\nJan  1 00:00:02 x')).toEqual([
      '2024-12-31',
      '2025-01-01',
      '2024-12-31',
      '2025-01-01',
    ])
    expect(years('Apr  2 00:00:00 x\nApr  1 23:59:59 x')).toEqual(['2025-04-02', '2025-04-01'])
  })

  it('is known in hindsight for a file longer than a year', () => {
    const text = 'Mar  1 00:00:00 x\nDec  1 00:00:00 x\nFeb  1 00:00:00 x\nApr  1 00:00:00 x'
    const decoder = new LineDecoder({ now })
    for (const line of text.split('\n')) decoder.push(line)
    decoder.end()
    const firstYear = decoder.years.firstYearInHindsight()
    expect(firstYear).toBe(2024)
    expect(years(text, { firstYear })).toEqual(['2024-03-01', '2024-12-01', '2025-02-01', '2025-04-01'])
  })
})

describe('a pipe that runs for weeks', () => {
  const lines = (sampleLines: number) => {
    const decoder = new LineDecoder({ now: '2026-11-27T10:00:00Z', sampleLines, join: false })
    const times: string[] = []
    const take = (line: string, now: string) =>
      times.push(...decoder.push(line, undefined, now).map(({ record }) => record.timestamp))
    return { take, end: () => [...times, ...decoder.end().map(({ record }) => record.timestamp)] }
  }

  it('has the years of arrival, over a new year too', () => {
    const { take, end } = lines(1)
    for (const day of ['2026-11-27', '2026-11-30', '2027-01-02']) {
      const month = { '11': 'Nov', '01': 'Jan' }[day.slice(5, 7)]
      take(`${month} ${day.slice(8)} 10:00:00 host app: a`, `${day}T10:00:01Z`)
    }
    expect(end()).toEqual(['2026-11-27T10:00:00Z', '2026-11-30T10:00:00Z', '2027-01-02T10:00:00Z'])
  })

  it('may begin to write times after days', () => {
    const { take, end } = lines(8)
    for (let n = 0; n < 8; n++) take(`starting ${n}`, '2026-11-27T10:00:01Z')
    for (let n = 0; n < 40; n++) take(`unit${n} | 14.12.2026 10:11:${10 + n},100 | x`, '2026-12-14T10:12:00Z')
    expect(end().at(-1)).toBe('2026-12-14T10:11:49.100Z')
  })

  it('may be silent for days before its first line', () => {
    const { take, end } = lines(8)
    for (let n = 0; n < 8; n++) take(`unit${n} | 14.12.2026 10:11:${10 + n},100 | x`, '2026-12-14T10:12:00Z')
    expect(end()[0]).toBe('2026-12-14T10:11:10.100Z')
  })
})

describe('the level of a line', () => {
  it.each<[string, string, string | undefined]>([
    ['[notice] up', 'INFO', 'notice'],
    ['[error] down', 'ERROR', undefined],
    ['[core:warn] [pid 1] hm', 'WARNING', 'warn'],
    ['- WARN  [Main:Store@1] - hm', 'WARNING', 'WARN'],
    ['25746 INFO nova.x [-] up', 'INFO', undefined],
    ['ERROR: no', 'ERROR', undefined],
    ['WARNING:root:hm', 'WARNING', undefined],
    ['level=warn msg=hm', 'WARNING', 'warn'],
    ['msg=hm level="debug"', 'DEBUG', undefined],
    ['severity: FATAL', 'CRITICAL', 'FATAL'],
    ['edge sshd[1]: error: no', 'ERROR', undefined],
    ['fatal: write failed', 'CRITICAL', 'fatal'],
    ['panic: nil', 'CRITICAL', 'panic'],
    ['<11>edge app: no', 'ERROR', 'ERR'],
    ['<0>edge app: no', 'CRITICAL', 'EMERG'],
    ['<999>edge app: no', 'INFO', undefined],
    ['E0501 12:30:00.123456    7 watch.go:10] no', 'ERROR', 'E'],
    ['\u001b[31mERROR\u001b[0m no', 'ERROR', undefined],
    ['[77] LOG:  ready', 'INFO', 'LOG'],
    ['an error occurred', 'INFO', undefined],
    ['GET /errors/ERRORS HTTP/1.1', 'INFO', undefined],
    [`${'x '.repeat(40)}ERROR is far away`, 'INFO', undefined],
    ['Information desk', 'INFO', undefined],
  ])('%s', (line, level, original) => {
    const record = one(line)
    expect(record?.level).toBe(level)
    expect(record?.extra_data?.original_level).toBe(original)
  })
})

describe('who wrote a line', () => {
  it.each<[string, string | null, Record<string, unknown>]>([
    ['May  1 12:30:00 edge sshd(pam_unix)[7]: x', 'sshd', { host: 'edge', module: 'pam_unix', pid: 7 }],
    ['May  1 12:30:00 edge kernel: x', 'kernel', { host: 'edge' }],
    ['2025-05-01T12:30:00.1+00:00 edge sshd[7]: x', 'sshd', { host: 'edge', pid: 7 }],
    ['<165>1 2025-05-01T12:30:00Z edge app 7 ID - x', 'app', { host: 'edge', pid: 7 }],
    [
      '2025-05-01 12:30:00,1 - INFO  [Peer[id=1]/0:0:2181:Election@774] - x',
      'Election',
      { thread: 'Peer[id=1]/0:0:2181', line: 774 },
    ],
    [
      'a.log 2025-05-01 12:30:00 7 INFO nova.api [req-38101a0b-2096-447d-96ea-a692162415ae u] x',
      'nova.api',
      { pid: 7, file: 'a.log', request_id: 'req-38101a0b-2096-447d-96ea-a692162415ae' },
    ],
    ['2025-05-01 12:30:00,1 - app.store - INFO - x', 'app.store', {}],
    ['2025-05-01 12:30:00,1 INFO  [main] com.example.Store - x', 'com.example.Store', { thread: 'main' }],
    ['W0501 12:30:00.1    7 watch.go:10] x', 'watch.go', { pid: 7, line: 10 }],
    ['WARNING:root:x', 'root', {}],
    ['2025-05-01 12:30:00 INFO worker[12]: x', null, {}],
    ['2025-05-01 12:30:00 just words', null, {}],
  ])('%s', (line, loggerName, extra) => {
    const record = one(line)
    expect(record?.logger_name).toBe(loggerName)
    expect(record?.extra_data ?? {}).toMatchObject(extra)
  })

  it('is the logger that is given, before the one in the line', () => {
    expect(
      one('May  1 12:30:00 edge sshd[7]: x', { logger_name: 'auth', source: 'edge', camera_id: 3 }),
    ).toMatchObject({
      logger_name: 'auth',
      source: 'edge',
      camera_id: 3,
    })
  })
})

describe('lines that belong together', () => {
  const shapes = (text: string, options: Partial<LineOptions> = {}) =>
    decode(text, options).map(({ message }) => message.split('\n').length)

  it.each<[string, string, number[]]>([
    [
      'a Java trace',
      '2025-05-01 12:30:00 ERROR no\njava.lang.E: x\n\tat a.b(C.java:1)\n\t... 3 more\nCaused by: y\n\tat c\n2025-05-01 12:30:01 up',
      [6, 1],
    ],
    ['a JavaScript trace', 'Error: no\n    at f (file.js:1:1)\n    at g\nnext', [3, 1]],
    [
      'a Python trace',
      '2025-05-01 12:30:00 ERROR no\nTraceback (most recent call last):\n  File "a.py", line 1\n    x()\nValueError: x\n2025-05-01 12:30:01 up',
      [5, 1],
    ],
    ['indented lines behind a dated one', '2025-05-01 12:30:00 config\n  a: 1\n  b: 2\nother', [3, 1]],
    ['not indented lines of a stream without times', 'a\n  b\n\tc', [1, 1, 1]],
    ['not dated lines', '2025-05-01 12:30:00 a\n2025-05-01 12:30:00 b', [1, 1]],
  ])('%s', (_name, text, expected) => {
    expect(shapes(text)).toEqual(expected)
  })

  it('stay apart on request', () => {
    expect(shapes('Error: no\n    at f', { join: false })).toEqual([1, 1])
  })

  it('end with what fits into a message', () => {
    const records = decode(`2025-05-01 12:30:00 a\n${` ${'x'.repeat(1000)}\n`.repeat(600)}`)
    expect(records.length).toBeGreaterThan(2)
    expect(
      records
        .map(({ message }) => message)
        .join('\n')
        .match(/x{1000}/g),
    ).toHaveLength(600)
    const [, ...further] = records
    for (const { timestamp, extra_data } of further) {
      expect([timestamp, extra_data]).toEqual(['2025-05-01T12:30:00Z', { continued: true }])
    }
  })

  it('end with 5,000 lines, and the others go on in a further record that says so', () => {
    const frames = `\tat a.b(C.java:1)\n`.repeat(6000)
    const records = decode(`2025-05-01 12:30:00 ERROR no\n${frames}2025-05-01 12:30:01 INFO up`)
    expect(records.map(({ message }) => message.split('\n').length)).toEqual([5000, 1001, 1])
    expect(records[1]).toMatchObject({
      ...{ timestamp: '2025-05-01T12:30:00Z', level: 'ERROR', extra_data: { continued: true } },
    })
    expect(records[2]?.extra_data).not.toHaveProperty('continued')
  })
})

describe('lines that are not UTF-8', () => {
  it('are read as Latin-1, each by itself, in short bodies and in long ones', () => {
    const line = (text: string, encoding: BufferEncoding) => Buffer.from(`${text}\n`, encoding)
    const long = 'x'.repeat(40_000)
    const body = Buffer.concat([
      ...[line('Käse', 'latin1'), line('日本 � Käse', 'utf8'), line(long, 'utf8'), line('Öl', 'latin1')],
      Buffer.from('Übel', 'latin1'),
    ])
    const { records } = decodeLineRecords(body, { now: '2026-11-29T12:00:00Z' })
    expect(records.map(({ message }) => message)).toEqual(['Käse', '日本 � Käse', long, 'Öl', 'Übel'])
  })
})

describe('any text', () => {
  it('drops carriage returns at the end and blank lines, and nothing else', () => {
    expect(decode('a\r\n\r\n  \n\r\nb\rc\r\r\n').map(({ message }) => message)).toEqual(['a', 'b\rc'])
    expect(decode('\uFEFFa').map(({ message }) => message)).toEqual(['a'])
    expect(decode('')).toEqual([])
  })

  it('goes on in a further record where it is over 256 kB', () => {
    const text = `${'x'.repeat(300_000)}é`
    const records = decode(text)
    expect(records.map(({ message }) => message).join('')).toBe(text)
    expect(records.map(({ message }) => Buffer.byteLength(message))).toEqual([
      256 * 1024,
      300_002 - 256 * 1024,
    ])
    expect(records.map(({ extra_data }) => extra_data)).toEqual([
      { part: 1, parts: 2 },
      { part: 2, parts: 2 },
    ])
  })

  it('replaces NUL', () => {
    expect(one('a\0b')?.message).toBe('a\uFFFDb')
  })

  it('takes lines made to be slow, in time proportional to their length', () => {
    const long = 200_000
    const lines = ['[', ' ', '(', '<1', 'a.', 'a ', '- INFO [', '::', '\u001b[', 'level', '0', '@1] '].map(
      (piece) => piece.repeat(long / piece.length),
    )
    // Some milliseconds each; the square of their length would be minutes.
    for (const line of lines) {
      const records = decode(`x${line}\n2025-05-01 12:30:00 ${line}\nMay  1 12:30:00 ${line}`)
      expect(records.length).toBeGreaterThan(0)
    }
  })

  it('never throws, and every word of a line is in its record', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '2025-05-01 12:30:00',
        'May  1 12:30:00',
        ' ',
        '[',
        ']',
        'INFO',
        '<13>',
        'a.log',
        'error:',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const records = decode(pieces.join(''))
        for (const record of records) expect(isUtcText(record.timestamp)).toBe(true)
      }),
      { numRuns: 2000 },
    )
    const words = fc.array(fc.stringMatching(/^[A-Za-z_./:@=-]{1,12}$/), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(
        fc.constantFrom('', '2025-05-01 12:30:00 ', 'May  1 12:30:00 ', '[Thu May 01 12:30:00 2025] '),
        words,
        (time, sent) => {
          const [record] = decode(`${time}${sent.join(' ')}`)
          // A word may be of the time itself, such as PM or a zone.
          const kept = record ? lineOf(record) : ''
          for (const word of sent) if (/\w/.test(word)) expect(kept).toContain(word)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
