// Logs of made-up programs: forms of time and level that no reader lists, each with what is right about its lines.
import type { Level } from '@timelapser/logger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineDecoder, type LineOptions } from '../line-records.ts'
import { describeForm } from './log-form.ts'

type MadeUpLine = { text: string; seconds: number; level: Level | undefined }
type MadeUpLog = { name: string; lines: MadeUpLine[] }

const two = (value: number) => String(value).padStart(2, '0')
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const WORDS = 'lens frame night moon gate queue shutter upload disk heat dust battery'.split(' ')

/** The pieces of one line's time, and what else lines are made of. */
type Moment = {
  Y: string
  y: string
  M: string
  Mon: string
  D: string
  h: string
  m: string
  s: string
  ms: string
  epoch: number
  index: number
  /** A number that is another for each line, and rises. */
  id: number
  word: string
  level: Level
}

type Writer = (moment: Moment) => string
type Shape = { name: string; write: Writer; hasLevel: boolean; start?: string; stepSeconds?: number }

const LEVELS: readonly Level[] = ['INFO', 'INFO', 'INFO', 'DEBUG', 'WARNING', 'INFO', 'ERROR']
const LETTER: Record<Level, string> = { DEBUG: 'D', INFO: 'I', WARNING: 'W', ERROR: 'E', CRITICAL: 'F' }
const SHORT: Record<Level, string> = {
  DEBUG: 'DBG',
  INFO: 'INF',
  WARNING: 'WRN',
  ERROR: 'ERR',
  CRITICAL: 'FTL',
}
const CAPITAL = (level: Level) => level.charAt(0) + level.slice(1).toLowerCase()

/**
 * Each shape is a form seen nowhere under this name; between them they have every way to write a time that is inferred.
 */
const SHAPES: readonly Shape[] = [
  {
    name: 'dashed clock',
    hasLevel: true,
    write: (t) =>
      `${t.Y}-${t.M}-${t.D}-${t.h}.${t.m}.${t.s}.${t.ms}000 unit${t.index % 7} A${t.id} ${t.level} ${t.word} done`,
  },
  {
    name: 'two numbers',
    hasLevel: true,
    write: (t) =>
      `${t.y}${t.M}${t.D} ${t.h}${t.m}${t.s} ${t.id % 90} ${t.level} cam.${t.word}: taken ${t.id}`,
  },
  {
    name: 'bar and colon',
    hasLevel: false,
    write: (t) =>
      `${t.Y}${t.M}${t.D}-${Number(t.h)}:${Number(t.m)}:${Number(t.s)}:${Number(t.ms)}|Step_${t.word}|3000${t.id % 9}|moved ${t.id}`,
  },
  {
    name: 'underscores',
    hasLevel: true,
    write: (t) => `#${t.id} <${t.Y}_${t.M}_${t.D} ${t.h}_${t.m}_${t.s}> (${CAPITAL(t.level)}) ${t.word} done`,
  },
  {
    name: 'no year between brackets',
    hasLevel: false,
    write: (t) =>
      `[${t.M}.${t.D} ${t.h}:${t.m}:${t.s}] cam${t.index % 5}.exe - ${t.word}:80 open ${t.id} bytes`,
  },
  {
    name: 'day and month between brackets',
    hasLevel: false,
    write: (t) => `[${t.D}.${t.M}. ${t.h}:${t.m}:${t.s}] ${t.word} ${t.id}`,
  },
  {
    name: 'month and day, a letter behind',
    hasLevel: true,
    write: (t) =>
      `${t.M}-${t.D} ${t.h}:${t.m}:${t.s}.${t.ms} <${t.id}> ${LETTER[t.level]} ${t.word}Service: moved`,
  },
  {
    name: 'seconds in a later column',
    hasLevel: false,
    write: (t) =>
      `${460000 + t.index} node-${t.id % 256} unix.hw state_change.${t.word} ${t.epoch} 1 Component State Change: ${t.id}`,
  },
  {
    name: 'seconds, a date and a time',
    hasLevel: true,
    write: (t) =>
      `- ${t.epoch} ${t.Y}.${t.M}.${t.D} R0${t.id % 9}-M1 ${t.Y}-${t.M}-${t.D}-${t.h}.${t.m}.${t.s}.${t.ms}123 R0${t.id % 9}-M1 CAM ${t.word.toUpperCase()} ${t.level} data ${t.id}`,
  },
  {
    name: 'two-digit year with bars',
    hasLevel: true,
    write: (t) => `${t.y}/${t.M}/${t.D} ${t.h}:${t.m}:${t.s} ${t.level} ${t.word}.Executor: run ${t.id}`,
  },
  {
    name: 'a capital level behind a comma',
    hasLevel: true,
    write: (t) =>
      `${t.Y}-${t.M}-${t.D} ${t.h}:${t.m}:${t.s}, ${CAPITAL(t.level).padEnd(18)} CAM    Loaded ${t.word} v1.0.${t.id}`,
  },
  {
    name: 'milliseconds in a field',
    hasLevel: true,
    write: (t) => `${t.word};${t.epoch}${t.ms};${t.id};${t.level.toLowerCase()};uploaded`,
  },
  {
    name: 'microseconds behind a key',
    hasLevel: true,
    write: (t) => `cam=${t.id % 4} at=${t.epoch}${t.ms}000 sev=${SHORT[t.level]} text="${t.word}"`,
  },
  { name: 'nanoseconds', hasLevel: false, write: (t) => `${t.word} ${t.epoch}${t.ms}000000 value=${t.id}` },
  {
    name: 'date and clock in columns apart',
    hasLevel: true,
    write: (t) => `${t.D}.${t.M}.${t.Y}\tcam${t.id % 3}\t${t.h}:${t.m}:${t.s}\t${t.level}\t${t.word}`,
  },
  {
    name: 'the clock first',
    hasLevel: true,
    write: (t) => `${t.word} ${t.h}:${t.m}:${t.s}.${t.ms} ${t.D}/${t.M}/${t.Y} [${t.level}] ${t.id}`,
  },
  {
    name: 'two dashes',
    hasLevel: true,
    write: (t) => `${t.D}/${t.M}/${t.Y} -- ${t.h}:${t.m}:${t.s} - <${CAPITAL(t.level)}> - ${t.word} ${t.id}`,
  },
  {
    name: 'behind a thread with a space',
    hasLevel: true,
    write: (t) =>
      `${t.level} [pool ${t.id % 12} thread ${t.id % 3}] ${t.Y}-${t.M}-${t.D} ${t.h}:${t.m}:${t.s},${t.ms} Store.java:${t.id} - ${t.word}`,
  },
  {
    name: 'a date before a number and a letter',
    hasLevel: true,
    write: (t) =>
      `[${t.Y}-${t.M}-${t.D} ${t.h}:${t.m}:${t.s}.${t.ms}456] ${LETTER[t.level]} [MSGID: ${t.id}] 0-${t.word}: moved`,
  },
  {
    name: 'slashes, day first, twelve hours',
    hasLevel: true,
    write: (t) =>
      `cam${t.id % 3} ${t.D}/${t.M}/${t.Y} ${((Number(t.h) + 11) % 12) + 1}:${t.m}:${t.s} ${Number(t.h) < 12 ? 'AM' : 'PM'} ${t.level} ${t.word}`,
  },
  {
    name: 'quoted and comma-separated',
    hasLevel: true,
    write: (t) =>
      `"${t.id}","${t.word} of cam","${t.Y}/${t.M}/${t.D} ${t.h}:${t.m}:${t.s}","${CAPITAL(t.level)}","text"`,
  },
  {
    name: 'month by name and no year',
    hasLevel: true,
    write: (t) => `cam-${t.id % 3} | ${t.D}-${t.Mon} ${t.h}:${t.m}:${t.s} | ${SHORT[t.level]} | ${t.word}`,
  },
  {
    name: 'packed with milliseconds',
    hasLevel: true,
    write: (t) =>
      `L${t.id % 9} ${t.Y}${t.M}${t.D}${t.h}${t.m}${t.s}${t.ms} ${LETTER[t.level]}/${t.word} moved`,
  },
  {
    name: 'a facility with its level',
    hasLevel: true,
    write: (t) =>
      `${t.D}-${t.Mon}-${t.Y} ${t.h}:${t.m}:${t.s}.${t.ms} ${t.word}: ${t.level.toLowerCase()}: zone ${t.id}`,
  },
  {
    name: 'a thread with its level',
    hasLevel: true,
    write: (t) =>
      `[${t.D}${t.Mon}${t.Y} ${t.h}:${t.m}:${t.s}.${t.ms}] [Camera thread/${t.level}] [${t.word}/]: ${t.id}`,
  },
  {
    name: 'underscores',
    hasLevel: true,
    write: (t) => `cam_${t.index} ${t.Y}-${t.M}-${t.D}_${t.h}-${t.m}-${t.s} ${t.word}.${t.level} ${t.id}`,
  },
  {
    name: 'indented, behind a number and a colon',
    hasLevel: false,
    write: (t) => `  ${t.id}:${t.Y}${t.M}${t.D}:${t.h}${t.m}${t.s}.${t.ms} keeper [${t.word} ${t.id}]`,
  },
  {
    name: 'a comma for the fraction of a count',
    hasLevel: true,
    write: (t) => `(${t.word}) ${t.epoch},${t.ms} :: ${t.level} :: ${t.id}`,
  },
]

/** Deterministic, and not regular: 0 to 1. */
function spread(index: number, seed: number): number {
  const value = Math.sin(index * 12.9898 + seed * 78.233) * 43_758.5453
  return value - Math.floor(value)
}

/** @param rows enough for several days, so that the file distinguishes day and month. */
function madeUpLog(shape: Shape, rows: number, start = '2026-03-09T06:13:04Z'): MadeUpLog {
  let seconds = Date.parse(start) / 1000
  const lines = Array.from({ length: rows }, (_, index): MadeUpLine => {
    seconds += Math.floor(spread(index, 1) * (shape.stepSeconds ?? 3600))
    const date = new Date(seconds * 1000)
    const level = LEVELS[Math.floor(spread(index, 2) * LEVELS.length)] as Level
    const moment: Moment = {
      Y: String(date.getUTCFullYear()),
      y: two(date.getUTCFullYear() % 100),
      M: two(date.getUTCMonth() + 1),
      Mon: MONTHS[date.getUTCMonth()] as string,
      D: two(date.getUTCDate()),
      h: two(date.getUTCHours()),
      m: two(date.getUTCMinutes()),
      s: two(date.getUTCSeconds()),
      ms: String(100 + Math.floor(spread(index, 3) * 900)),
      epoch: seconds,
      ...{ index, id: 1000 + Math.floor(spread(index, 4) * 9000), level },
      word: WORDS[Math.floor(spread(index, 5) * WORDS.length)] as string,
    }
    return { text: shape.write(moment), seconds, level: shape.hasLevel ? level : undefined }
  })
  return { name: shape.name, lines }
}

const now = '2026-11-29T16:00:00Z'

function readAll(lines: readonly string[], options: Partial<LineOptions> = {}) {
  const decoder = new LineDecoder({ now, join: false, ...options })
  const records = [...lines.flatMap((line) => decoder.push(line)), ...decoder.end()].map(
    ({ record }) => record,
  )
  return { records, forms: decoder.forms.map((form) => describeForm(form)) }
}

describe('the form of a file', () => {
  it.each(SHAPES)('is found from its lines: $name', (shape) => {
    const { lines } = madeUpLog(shape, 260)
    const { records } = readAll(lines.map(({ text }) => text))
    const wrong = lines.filter(({ seconds, level }, index) => {
      const record = records[index]
      return (
        Date.parse(record?.timestamp ?? '') !==
          seconds * 1000 + (Date.parse(record?.timestamp ?? '') % 1000) || record?.level !== (level ?? 'INFO')
      )
    })
    expect(wrong).toEqual([])
  })

  it('keeps lines whole whose time is not in a fixed form', () => {
    const piece = fc.oneof(
      fc.stringMatching(/^[ -~]{0,20}$/),
      fc.constantFrom('ERROR', '[2026]', '|', '10:11:12'),
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 200, maxLength: 220 }), (texts) => {
        const lines = texts.map((text, index) => `x${index % 3} 26.03.${10 + (index % 15)}T10.11.12 ${text}`)
        expect(readAll(lines).records.map(({ message }) => message)).toEqual(lines)
      }),
      { numRuns: 10 },
    )
  })

  it.each([
    ['counters', (index: number) => `${1_500_000_000 + ((index * 7919) % 400_000_000)} moved`.slice(1)],
    ['a date that stays the same', () => 'run of [26.03.10 10:11:12] went on'],
    ['addresses', (index: number) => `10.30.${index % 250}.${index % 99} asked`],
    [
      'times since the start',
      (index: number) => `[${String(index * 3).padStart(5)}.${100 + index}] usb moved`,
    ],
    ['times of the future', (index: number) => `at 2031.03.${10 + (index % 15)}-10.11.12 due`],
    ['versions', (index: number) => `installed lens 1.${index % 30}.${index % 7}-2`],
  ])('is that of arrival for %s', (_name, write) => {
    const lines = Array.from({ length: 240 }, (_, index) => write(index))
    expect(new Set(readAll(lines).records.map(({ timestamp }) => timestamp))).toEqual(new Set([now]))
  })

  it.each([
    ['of one kind alone', (index: number) => `I row ${index}`],
    ['that are true and false', (index: number) => `${index % 2 === 0 ? 'T' : 'F'} row ${index}`],
    ['on some lines only', (index: number) => `${index % 5 === 0 ? 'E' : 'row'} of ${index}`],
  ])('has no level by letters %s', (_name, write) => {
    const lines = Array.from({ length: 240 }, (_, index) => write(index))
    expect(new Set(readAll(lines).records.map(({ level }) => level))).toEqual(new Set(['INFO']))
  })

  it('has no level by a word that is always the same, nor by an address', () => {
    const lines = Array.from(
      { length: 60 },
      (_, index) => `2026-03-${10 + (index % 9)} 10:11:12 10.0.0.1 GET /error.aspx alert ${index}`,
    )
    expect(new Set(readAll(lines).records.map(({ level }) => level))).toEqual(new Set(['INFO']))
  })

  it.each<[string, (index: number) => string, Level]>([
    [
      'a title of a monitor',
      (i) => `[${1_790_000_000 + i * 7}] SERVICE ALERT: web;HTTP;OK;SOFT;${i};up`,
      'INFO',
    ],
    [
      'a warning behind a count in brackets',
      (i) => `[${1_790_000_000 + i * 7}] Warning: check ${i} timed out`,
      'WARNING',
    ],
    [
      'the number of an error',
      (i) => `2026-03-10 10:11:${10 + (i % 49)} tls: error:1417C086:routines ${i}`,
      'INFO',
    ],
    [
      'a word of the text behind a column',
      (i) => `2026-03-10 10:11:${10 + (i % 49)}, Info   CBS  Warning: ${i} unsent`,
      'INFO',
    ],
    [
      'several words before the time',
      (i) => `[ERROR|auth|L${i}] 2026-03-10T10:11:${10 + (i % 49)}: refused`,
      'ERROR',
    ],
    [
      'the first word behind the time',
      (i) => `2026-03-10 10:11:12.${100 + i} Warn Server: AUTH-ERROR: ${i}`,
      'WARNING',
    ],
    [
      'a module without a name',
      (i) => `[Thu Sep 30 13:27:06.0${10 + i} 2021] [:error] [pid ${i}] Warning. x`,
      'ERROR',
    ],
    [
      'a word before a time that is found',
      (i) => `WARN: [Jul  2 05:14:${10 + (i % 49)}.037] failed to x ${i}`,
      'WARNING',
    ],
    [
      'a letter in brackets before the time',
      (i) => `(W) 2024-11-26T13:37:${10 + (i % 49)} - login ${i}`,
      'WARNING',
    ],
    [
      'brackets far behind the time',
      (i) =>
        `10:11:${10 + (i % 49)}.100 project=one user=two region=three mode=four type=five n=${i} [error] six`,
      'ERROR',
    ],
  ])('is what the line means, not a word that is met: %s', (_name, write, level) => {
    const lines = Array.from({ length: 60 }, (_, index) => write(index))
    expect(new Set(readAll(lines).records.map((record) => record.level))).toEqual(new Set([level]))
  })

  it.each<[string, (index: number) => string, string]>([
    ['whose zone stands before the date', (i) => `[CEST Aug  6 10:14:${10 + i}] x`, '2026-08-06T08:14:10Z'],
    [
      'within one second',
      (i) => `100${i % 5} 1697048351.0005${10 + i} brk(NULL)`,
      '2023-10-11T18:19:11.00051Z',
    ],
  ])('has the time of lines %s', (_name, write, first) => {
    const lines = Array.from({ length: 40 }, (_, index) => write(index))
    expect(readAll(lines).records[0]?.timestamp).toBe(first)
  })

  it('has the time of lines that were sorted by something else', () => {
    const lines = Array.from(
      { length: 300 },
      (_, index) => `${index} node-${index % 9} ${1_077_804_742 + ((index * 7919) % 300) * 86_000} up`,
    )
    const { records, forms } = readAll(lines)
    expect(forms[0]).toContain('column 3, `epoch s`')
    expect(records[1]?.timestamp).toBe('2004-06-24T00:59:02Z')
  })

  it('has none by letters on fewer than two hundred lines', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `${index % 2 === 0 ? 'I' : 'E'} row`)
    expect(new Set(readAll(lines).records.map(({ level }) => level))).toEqual(new Set(['INFO']))
  })

  it('takes the day for the month until a line tells, and says so', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `cam 03/04/2026 10:11:${10 + index} moved`)
    const undecided = readAll(lines)
    expect(undecided.records[0]?.timestamp).toBe('2026-03-04T10:11:10Z')
    expect(undecided.forms[0]).toContain('no line tells day from month')
    expect(readAll(lines, { dateOrder: 'day first' }).records[0]?.timestamp).toBe('2026-04-03T10:11:10Z')
    const decided = readAll([...lines, 'cam 13/04/2026 10:12:00 moved'])
    expect(decided.records[0]?.timestamp).toBe('2026-04-03T10:11:10Z')
    expect(decided.forms[0]).not.toContain('no line tells')
  })

  it.each([
    ['04/05/2026 10:11:1', '2026-05-04T11:00:00Z', '2026-05-04T10:11:10Z'],
    ['04/05/2026 10:11:1', '2026-04-06T23:00:00Z', '2026-04-05T10:11:10Z'],
    ['cam 04/05/2026 10:11:1', '2026-05-04T11:00:00Z', '2026-05-04T10:11:10Z'],
    ['cam 25/05/26 10:11:1', '2026-05-25T11:00:00Z', '2026-05-25T10:11:10Z'],
    ['cam 05/06/26 10:11:1', '2026-05-06T11:00:00Z', '2026-05-06T10:11:10Z'],
    // No day, or each of them.
    ['04/05/2026 10:11:1', '2026-09-01T11:00:00Z', '2026-04-05T10:11:10Z'],
    ['04/05/2026 10:11:1', undefined, '2026-04-05T10:11:10Z'],
    ['05/05/2026 10:11:1', '2026-05-05T11:00:00Z', '2026-05-05T10:11:10Z'],
  ])('has the order of day and month by which %s… is of the day it was written, %s', (head, until, first) => {
    const lines = Array.from({ length: 6 }, (_, index) => `${head}${index} moved`)
    const { records } = readAll(lines, { writtenUntil: until })
    expect(records[0]?.timestamp).toBe(first)
  })

  it('keeps the order that a person set, whenever it was written', () => {
    const lines = Array.from({ length: 6 }, (_, index) => `04/05/2026 10:11:1${index} moved`)
    const options = { dateOrder: 'month first' as const, writtenUntil: '2026-05-04T11:00:00Z' }
    expect(readAll(lines, options).records[0]?.timestamp).toBe('2026-04-05T10:11:10Z')
  })

  it('is said in one sentence', () => {
    const lines = Array.from(
      { length: 30 },
      (_, index) =>
        `cam${index} - ${10 + (index % 9)}.03.2026 10:11:12,${100 + index} - ${index % 2 ? 'ERROR' : 'INFO'} - x`,
    )
    expect(readAll(lines).forms).toEqual([
      'time: column 3, `DD.MM.YYYY hh:mm:ss,fff`; level: word 2 behind the time; 100 % of 30 lines',
    ])
  })

  it('is found anew when it stops fitting, for later lines', () => {
    const first = Array.from({ length: 300 }, (_, index) => `cam 26.03.10 10.11.${10 + (index % 49)} a`)
    const second = Array.from({ length: 900 }, (_, index) => `${index};${1_790_000_000 + index};b`)
    const { records, forms } = readAll([...first, ...second])
    expect(forms).toHaveLength(2)
    expect(records.at(-1)?.timestamp).toBe('2026-09-21T14:28:19Z')
  })

  it('does not change with the pieces in which the lines come', () => {
    const { lines } = madeUpLog(SHAPES[1] as Shape, 230)
    const texts = lines.map(({ text }) => text)
    expect(readAll(texts).records).toEqual(readAll(texts).records)
  })
})
