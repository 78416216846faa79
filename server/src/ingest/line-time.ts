import { LEVEL_WORDS } from './level-words.ts'
import { type DateOrder, readTimeForm, type WrittenTime } from './time-forms.ts'

/** Prefixes that may stand before the time: syslog's `<13>` or `<34>1 `, logfmt's `time="`, a quote. */
const PREFIX = /^(?:<\d{1,3}>(?:1 )?|(?:time|ts|timestamp)="?|["'(]|\ufeff)/

/** A level may: `ERROR 2026-…`, `[warn] [2026-…`, `DEBUG|2026-…`, `E [29/Nov/2026:…`. */
const LEVEL_FIRST = new RegExp(
  String.raw`^[[(<{|]?\s{0,3}(?:${LEVEL_WORDS}|[VDIWEFC](?=[,:]? ?\[))\s{0,3}[\])>}|]?[:,]?\s{0,3}[|-]?\s{0,3}(?=[\[\dA-Z])`,
  'i',
)

/** A first word and perhaps a bar, as file names (OpenStack's collected logs) and `docker compose logs` put them. */
const FIRST_WORD = /^[^\s<]{1,255}(?: +\|)? +/

/**
 * The common log format has the time in its fourth place: `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET …`; names
 * of servers and of those who forward may stand before.
 */
const COMMON_LOG = /^(?:\S{1,255} ){2,6}(?=\[\d\d\/)/

const LOOKS_LIKE_ISO = /^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:/
/** Brackets, numbers and dashes, as Nest and Redis put them (`[Nest] 123  - `, `1:M `), before a date with its year. */
const LABELS = new RegExp(
  String.raw`^(?:(?:\[[^\]\d][^\]]{0,40}\]|\d{1,8}(?::[A-Z])?|[-|:])[ \t]{1,4}){1,4}?` +
    String.raw`(?=\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\d{1,2}[-/. ](?:\d{1,2}|[A-Z][a-z]{2})[-/. ]\d{4}[\s,:T]))`,
)

/**
 * The time at the start of a line and where it stands, or undefined.
 *
 * @param order for dates whose numbers leave day and month open.
 */
export function readLineTime(line: string, order?: DateOrder): WrittenTime | undefined {
  const atStart = readTimeForm(line, order)
  if (atStart !== undefined) return atStart
  const prefix = PREFIX.exec(line) ?? COMMON_LOG.exec(line) ?? LEVEL_FIRST.exec(line)
  if (prefix !== null) {
    const found = readAt(line, prefix[0].length, order)
    if (found !== undefined) return found
  }
  const word = FIRST_WORD.exec(line)
  if (word !== null && LOOKS_LIKE_ISO.test(line.slice(word[0].length, word[0].length + 20)))
    return readAt(line, word[0].length, order)
  const labels = LABELS.exec(line)
  return labels === null ? undefined : readAt(line, labels[0].length, order)
}

function readAt(line: string, start: number, order: DateOrder | undefined): WrittenTime | undefined {
  const time = readTimeForm(line.slice(start, start + 80), order)
  return time === undefined ? undefined : { ...time, start, end: start + time.end }
}
