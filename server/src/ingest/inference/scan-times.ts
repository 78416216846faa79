// Everything in the head of a line that could be a date, a clock, both, or a count since 1970: the readings that inference
// chooses among.

/** How much of a line is looked at. */
const HEAD_CHARACTERS = 256
/** The seconds and the fraction of a clock. */
const FRACTION_CHARACTERS = 13

/** A possible time: where it stands and how it would be read. `X` stands for a number whose meaning is open. */
export type TimeGuess = { start: number; end: number; template: string; part: 'both' | 'date' | 'clock' }

const MON = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\\.?'

type Piece = { pattern: RegExp; template: (match: RegExpExecArray) => string | undefined; needsClock?: true }

const DATES: readonly Piece[] = [
  { pattern: /(?:19|20)\d\d([-/._: ])\d{1,2}\1\d{1,2}(?!\d)/y, template: (m) => `YYYY${m[1]}MM${m[1]}DD` },
  {
    pattern: new RegExp(`\\d{4}([-/. ])${MON}\\1\\d{1,2}(?!\\d)`, 'iy'),
    template: (m) => `YYYY${m[1]}MMM${m[1]}DD`,
  },
  { pattern: /\d{1,2}([-/._ ])\d{1,2}\1(?:19|20)\d\d(?!\d)/y, template: (m) => `XX${m[1]}XX${m[1]}YYYY` },
  {
    pattern: new RegExp(`\\d{1,2}([-/. ]?)${MON}(?:([-/. ,]{0,2})(\\d{4}(?!\\d)|\\d\\d(?![\\d:])))?`, 'iy'),
    template: (m) =>
      `DD${m[1]}MMM${m[2] ?? ''}${m[3] === undefined ? '' : m[3].length === 4 ? 'YYYY' : 'YY'}`,
  },
  {
    pattern: new RegExp(
      `${MON}([- ./]{1,2})\\d{1,2}(?![\\d:])(?:(, ?| |-|/)((?:19|20)\\d\\d)(?!\\d)|([-/])\\d\\d(?![\\d:]))?`,
      'iy',
    ),
    template: (m) =>
      `MMM${blank(m[1])}DD${m[2] ?? m[4] ?? ''}${m[3] === undefined ? (m[4] === undefined ? '' : 'YY') : 'YYYY'}`,
  },
  {
    pattern: /(?:19|20)\d\d(?:0\d|1[0-2])[0-3]\d(?=\D|$|\d{6}(?:\D|$)|\d{9}(?:\D|$))/y,
    template: () => 'YYYYMMDD',
  },
  {
    pattern: /\d{1,2}([-/.])\d{1,2}\1\d\d(?![\d.]|:\d\d:\d\d(?!:))/y,
    template: (m) => `XX${m[1]}XX${m[1]}XX`,
    needsClock: true,
  },
  { pattern: /\d{6}(?!\d)/y, template: () => 'XXXXXX', needsClock: true },
  { pattern: /\d{4}(?=[/_T]\d\d:?\d\d:?\d\d(?!\d))/y, template: () => 'XXXX', needsClock: true },
  {
    pattern: /\d{4}([^\0-~] ?)\d{1,2}([^\0-~] ?)\d{1,2}([^\0-~])/y,
    template: (m) => `YYYY${m[1]}MM${m[2]}DD${m[3]}`,
  },
  {
    pattern: /\d{1,2}([-/.])\d{1,2}\.?(?!\1?\d(?!\d?:\d\d:\d\d))/y,
    template: (m) => `XX${m[1]}XX${m[0].endsWith('.') ? '.' : ''}`,
    needsClock: true,
  },
]

const CLOCKS: readonly Piece[] = [
  {
    pattern:
      /\d{1,2}:\d{1,2}:\d{1,2}(?:([.,:])\d{1,9})?(?!:?\d|:[\da-f]{2}(?!\w))(?:( ?)[AaPp]\.?[Mm]\.?(?![A-Za-z]))?/iy,
    template: (m) => `hh:mm:ss${m[1] ?? ''}${m[1] === undefined ? '' : 'fff'}${half(m[2])}`,
  },
  {
    pattern: /\d\d([._-])\d\d\1\d\d(?:([.,:-])\d{1,9})?(?![\d.])/y,
    template: (m) => `hh${m[1]}mm${m[1]}ss${m[2] === undefined ? '' : `${m[2]}fff`}`,
    needsClock: true,
  },
  {
    pattern: /\d{6}(\d{3}|\d{6})?(?:([.,])\d{1,9})?(?!\d)/y,
    template: (m) => `hhmmss${m[1] === undefined ? '' : 'fff'}${m[2] === undefined ? '' : `${m[2]}fff`}`,
    needsClock: true,
  },
  {
    pattern: /\d{1,2}:\d\d(?!:?\d|:[\da-f]{2}(?!\w))(?:( ?)[AaPp]\.?[Mm]\.?(?![A-Za-z]))?/y,
    template: (m) => `hh:mm${half(m[1])}`,
    needsClock: true,
  },
]

/** Between a date and its clock. */
const JOIN = /(?:[T_](?=\d)|\.(?=\d\d?:?\d\d)|[ \t]+(?:at|on)[ \t]+|[\s\-:,|;/\][()"'@]{1,6})/y
/** Behind a date that is only the beginning of something. */
const GOES_ON = /^[.:/@_-]?\w/
const TRAILING_YEAR = /(?: [A-Z]{2,5}| [+-]\d{4})? (\d{4})(?![\d:])/y
const EPOCH = /(\d{19}|\d{16}|\d{13}|\d{10}(?:[.,]\d{1,9})?)(?![\w-])/y
const TAI64N = /@40000000[0-9a-f]{16}(?![0-9a-f])/y
const EPOCH_UNITS: Readonly<Record<number, string>> = { 10: 's', 13: 'ms', 16: 'us', 19: 'ns' }

function blank(separator: string | undefined): string {
  return (separator ?? '').trim() === '' ? ' ' : (separator ?? '')
}

function half(space: string | undefined): string {
  return space === undefined ? '' : `${space === '' ? '' : ' '}A`
}

function exec(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** All texts that could be a time, from left to right; the longer of two that overlap. */
export function scanTimes(line: string): TimeGuess[] {
  const head = line.length > HEAD_CHARACTERS ? line.slice(0, HEAD_CHARACTERS) : line
  const found: TimeGuess[] = []
  for (let at = 0; at < head.length; at += 1) {
    const code = head.charCodeAt(at)
    const isDigit = code >= 48 && code <= 57
    const before = at === 0 ? 32 : head.charCodeAt(at - 1)
    if (isWord(before) && !(isDigit && !isDigitOrLower(before))) continue
    if (!isDigit && !isMonthLetter(code) && code !== 64) continue
    const guess = guessAt(head, at, before)
    if (guess === undefined) continue
    const end = guess.at(-1)?.end ?? at + 1
    // It may go on where the head was cut.
    if (head.length < line.length && end >= head.length - FRACTION_CHARACTERS) break
    found.push(...guess)
    at = end - 1
  }
  return found
}

/** The readings of a time that begins at this character. */
export function guessAt(head: string, at: number, before: number): TimeGuess[] | undefined {
  const date = matchPiece(DATES, head, at)
  for (const one of date) {
    const joined = joinBehind(one, head)
    const packed = joined === null && /DD$|XXXXXX$/.test(one.template)
    const clockAt = joined === null ? (packed ? one.end : -1) : one.end + joined[0].length
    const clock = clockAt === -1 ? undefined : matchPiece(CLOCKS, head, clockAt)[0]
    if (clock === undefined) continue
    let template = `${one.template}${joined === null ? '' : spaced(joined[0])}${clock.template}`
    let end = clock.end
    if (!one.template.includes('YY') && one.template.includes('MMM')) {
      const year = exec(TRAILING_YEAR, head, end)
      if (year !== null && Number(year[1]) >= 1990 && Number(year[1]) < 2070) {
        template += ' YYYY'
        end += year[0].length
      }
    }
    return [{ start: at, end, template, part: 'both' }]
  }
  const epoch = before === 46 || before === 45 ? null : exec(EPOCH, head, at)
  if (epoch !== null) {
    const digits = (epoch[1] ?? '').replace(/[.,].*/, '').length
    return [{ start: at, end: at + epoch[0].length, template: `epoch ${EPOCH_UNITS[digits]}`, part: 'both' }]
  }
  const tai = exec(TAI64N, head, at)
  if (tai !== null) return [{ start: at, end: at + tai[0].length, template: 'tai64n', part: 'both' }]
  const clock = matchPiece(CLOCKS, head, at)[0]
  if (clock !== undefined && before !== 58 && !clock.needsClock) {
    const joined = exec(JOIN, head, clock.end)
    const after = joined === null ? undefined : matchPiece(DATES, head, clock.end + joined[0].length)[0]
    if (joined !== null && after !== undefined && !after.needsClock) {
      const template = `${clock.template}${spaced(joined[0])}${after.template}`
      // The date may also be that of a following clock; both readings stand to be tried.
      return [
        { start: at, end: clock.end, template: clock.template, part: 'clock' },
        { start: at, end: after.end, template, part: 'both' },
      ]
    }
    return [{ start: at, end: clock.end, template: clock.template, part: 'clock' }]
  }
  const alone = date.find((one) => !one.needsClock && !GOES_ON.test(head.slice(one.end, one.end + 2)))
  return alone && [{ start: at, end: alone.end, template: alone.template, part: 'date' }]
}

/** A dot between a date and its clock is taken for one only if the date is one by itself. */
function joinBehind({ end, needsClock }: PieceMatch, head: string): RegExpExecArray | null {
  return needsClock && head[end] === '.' ? null : exec(JOIN, head, end)
}

type PieceMatch = { end: number; template: string; needsClock: boolean }

function matchPiece(pieces: readonly Piece[], head: string, at: number): PieceMatch[] {
  const matches: PieceMatch[] = []
  for (const { pattern, template, needsClock } of pieces) {
    const match = exec(pattern, head, at)
    const text = match === null ? undefined : template(match)
    if (match !== null && text !== undefined)
      matches.push({ end: at + match[0].length, template: text, needsClock: needsClock === true })
  }
  return matches
}

function spaced(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function isWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95
  )
}

function isDigitOrLower(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

function isMonthLetter(code: number): boolean {
  const lower = code | 32
  return (
    lower === 106 ||
    lower === 102 ||
    lower === 109 ||
    lower === 97 ||
    lower === 115 ||
    lower === 111 ||
    lower === 110 ||
    lower === 100
  )
}
