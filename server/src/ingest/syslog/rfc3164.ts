// The older form, which RFC 3164 only observes: every part may be missing, and devices add their own.
import type { ExtraData } from '@timelapser/logger'
import { readTimeForm, toInstant, type WrittenTime } from '../time-forms.ts'
import type { NaiveClock } from '../time-zone.ts'
import { secondsOf } from '../utc-text.ts'
import { YearGuess } from '../year-guess.ts'
import type { SyslogParts } from './syslog-parts.ts'

/** Cisco's: a sequence number, a name, and a star or dot when the clock is not set. */
const BEFORE_TIME = /^(?:\d{1,10}: )?(?:[\w.-]{1,64}: )?[*.]?/

const TAG = String.raw`([\w.%/@()-]{1,128}?)(?:\[(\d{1,10})\])?: ?`
const HOST_AND_TAG = new RegExp(String.raw`^([\w.:-]{1,255}) ${TAG}`)
const TAG_ALONE = new RegExp(`^${TAG}`)

/** @param now arrival: tells the year that is not written. */
export function readRfc3164(text: string, now: string, clock: NaiveClock): SyslogParts {
  const skipped = BEFORE_TIME.exec(text)?.[0] ?? ''
  const atStart = timeIn(text, 0, now, clock)
  const dated = atStart ?? timeIn(text, skipped.length, now, clock)
  const rest = dated === undefined ? text : text.slice(dated.end).replace(/^:? /, '')
  const match = (dated === undefined ? null : HOST_AND_TAG.exec(rest)) ?? TAG_ALONE.exec(rest)
  if (match === null)
    return { timestamp: dated?.utc, host: undefined, app: undefined, message: rest, extra: {} }
  const [written, host, app, pid] = match.length > 3 ? match : [match[0], undefined, match[1], match[2]]
  const extra: ExtraData = pid === undefined ? {} : { pid: Number(pid) }
  const message = rest.slice(written.length)
  // A word and a colon may be all there is: then it is no tag.
  if (message === '')
    return { timestamp: dated?.utc, host: undefined, app: undefined, message: rest, extra: {} }
  return { timestamp: dated?.utc, host, app, message, extra }
}

function timeIn(
  text: string,
  start: number,
  now: string,
  clock: NaiveClock,
): { utc: string; end: number } | undefined {
  const written = readTimeForm(text.slice(start, start + 64))
  const utc = written === undefined ? undefined : resolve(written, now, clock)
  return written === undefined || utc === undefined ? undefined : { utc, end: start + written.end }
}

function resolve(written: WrittenTime, now: string, clock: NaiveClock): string | undefined {
  if ('utc' in written) return written.utc
  const { civil, zone } = written
  const dated = civil.year === 0 ? new YearGuess(secondsOf(now)).resolve(civil) : civil
  return dated === undefined ? undefined : toInstant(dated, zone, clock)
}
