// The older form, which RFC 3164 only observes: every part may be missing, and devices add their own.
import type { ExtraData } from '@timelapser/logger'
import { isLevelWord } from '../level-words.ts'
import { readTimeForm, toInstant, type WrittenTime } from '../time-forms.ts'
import type { NaiveClock } from '../time-zone.ts'
import { secondsOf } from '../utc-text.ts'
import { YearGuess } from '../year-guess.ts'
import type { SyslogParts } from './syslog-parts.ts'

/**
 * Cisco's: sequence numbers, the name of the device, a task or a place in the chassis, and a star or dot when the clock is not
 * set.
 */
const BEFORE_TIME =
  /^(?:: ?)?(?:\d{1,10}: ){0,3}(?:([A-Za-z][\w.-]{0,63})(?:: | (?=[A-Z]{1,4}\/\d)))?(?:\*?[A-Za-z][\w/.-]{0,63}: ?)?[*.]?/
const SEQUENCE = /^(?:\d{1,10}: ){1,3}/

/** No number, no address (`http://`, `fe80::1`), no `CEF:0`: a tag begins with a letter and ends with a colon and a space. */
const TAG = String.raw`((?:%{1,2}\w|[A-Za-z_(/])[\w.%/@()-]{0,127}?)(?:\[([\w.-]{1,64})\])? ?:(?: |$|(?![/:\d]))`
const HOST_AND_TAG = new RegExp(String.raw`^([\w.-]{1,255}) ${TAG}`)
const TAG_ALONE = new RegExp(`^${TAG}`)
/** An address of IPv6 in place of a host's name, as far as its letters tell. */
const IPV6 = /^(([\da-f:.]{2,45})(?:%[\w.-]{1,32})?) +(?=\S)/i
/** A name that can only be a host's, or one before what can only be a message. */
const HOST_ALONE =
  /^((?=[\w.-]*[\d.-])[A-Za-z][\w.-]{1,254}|[\d.]{7,15}|[\w.-]{1,255}(?= +(?:\w+:\/\/|CEF:|LEEF:|\w+=|[a-z]+(?:,[a-z]+)+ ))) +(?=\S)/
/** ASA's `device : %ASA-6-302013: …`; a blank before the colon is behind no zone. */
const DEVICE = /^([A-Za-z][\w.-]{0,63}) : (?=%[A-Z])/
/** UniFi's model, hardware address and version in place of a host. */
const UNIFI = /^((\w[\w.-]{0,63}),[0-9a-f]{12},v[\w.+-]{1,40}): (?=\S)/
/** Cisco's facility, severity and mnemonic. */
const MNEMONIC = /(?:^|: )(%{1,2}[A-Z][\w/-]{2,100}) ?: /

/** @param now arrival: determines the year, which is not written. */
export function readRfc3164(text: string, now: string, clock: NaiveClock): SyslogParts {
  const before = BEFORE_TIME.exec(text)
  const atStart = timeIn(text, 0, now, clock)
  const dated = atStart ?? timeIn(text, before?.[0].length ?? 0, now, clock)
  const device = atStart === undefined && dated !== undefined ? before?.[1] : undefined
  const rest =
    dated === undefined ? text.replace(SEQUENCE, '') : text.slice(dated.end).replace(/^ *(?::(?!:) *)?/, '')
  const parts = readRest(rest, dated !== undefined && device === undefined)
  return {
    ...parts,
    timestamp: dated?.utc,
    host: parts.host ?? device,
    message: parts.message.replace(/^\ufeff/, ''),
  }
}

function readRest(rest: string, mayHaveHost: boolean): Omit<SyslogParts, 'timestamp'> {
  const whole = { host: undefined, app: undefined, message: rest, extra: {} }
  const device = mayHaveHost ? DEVICE.exec(rest) : null
  if (device !== null) return { ...readRest(rest.slice(device[0].length), false), host: device[1] }
  const unifi = mayHaveHost ? UNIFI.exec(rest) : null
  if (unifi !== null) {
    const parts = readRest(rest.slice(unifi[0].length), false)
    return { ...parts, host: unifi[2], extra: { ...parts.extra, device: unifi[1] as string } }
  }
  const address = mayHaveHost ? IPV6.exec(rest) : null
  if (address !== null && URL.canParse(`http://[${address[2]}]`)) {
    return { ...readRest(rest.slice(address[0].length), false), host: address[1] }
  }
  const both = mayHaveHost ? HOST_AND_TAG.exec(rest) : null
  const match = both ?? TAG_ALONE.exec(rest)
  if (match !== null) {
    const [written, host, app = '', pid] = both ?? [match[0], undefined, match[1], match[2]]
    const message = rest.slice(written.length)
    // A word and a colon may be all there is, or a level: then it is no tag. A clock behind it was one of an uptime.
    if (message !== '' && !isLevelWord(app)) {
      const extra: ExtraData = pid === undefined ? {} : { pid: /^\d{1,10}$/.test(pid) ? Number(pid) : pid }
      const zone = /^[A-Z][A-Za-z]{2,20}$/.test(app) && message.startsWith('%')
      return zone ? { ...whole, app: MNEMONIC.exec(rest)?.[1] } : { host, app, message, extra }
    }
  }
  const host = mayHaveHost ? HOST_ALONE.exec(rest) : null
  if (host !== null) return { ...whole, host: host[1], message: rest.slice(host[0].length) }
  return { ...whole, app: MNEMONIC.exec(rest.slice(0, 200))?.[1] }
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
