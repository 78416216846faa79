import { readTimeForm, type WrittenTime } from './time-forms.ts'

/** What may stand before the time: colours, syslog's `<13>` or `<34>1 `, logfmt's `time="`, a bracket of its own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
const PREFIX = /^(?:(?:\x1b\[[\d;]{0,12}m)+|<\d{1,3}>(?:1 )?|(?:time|ts|timestamp)="?)/

/** A first word and perhaps a bar, as file names (OpenStack's collected logs) and `docker compose logs` put them. */
const FIRST_WORD = /^[^\s<]{1,255}(?: +\|)? +/

/** The common log format has the time in its fourth place: `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET …`. */
const COMMON_LOG = /^\S{1,255} \S{1,255} \S{1,255} (?=\[\d\d\/)/

const LOOKS_LIKE_ISO = /^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:/

/** The time at the start of a line and where it stands, or undefined. */
export function readLineTime(line: string): WrittenTime | undefined {
  const atStart = readTimeForm(line)
  if (atStart !== undefined) return atStart
  const prefix = PREFIX.exec(line) ?? COMMON_LOG.exec(line)
  if (prefix !== null) return readAt(line, prefix[0].length)
  const word = FIRST_WORD.exec(line)
  if (word === null || !LOOKS_LIKE_ISO.test(line.slice(word[0].length, word[0].length + 20))) return undefined
  return readAt(line, word[0].length)
}

function readAt(line: string, start: number): WrittenTime | undefined {
  const time = readTimeForm(line.slice(start, start + 64))
  return time === undefined ? undefined : { ...time, start, end: start + time.end }
}
