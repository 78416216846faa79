// Devices that write headers of their own behind the priority.
import { readTimestamp } from '../record-fields.ts'
import type { SyslogParts } from './syslog-parts.ts'

/** Meraki: `1 1795943400.978292274 MX_FW flows src=…`, which looks like RFC 5424 and is not. */
const MERAKI = /^1 (\d{10}(?:\.\d{1,9})?) (\S{1,255}) (?=\S)/
/** Fortinet: `date=2026-11-29 time=10:11:12 devname="FGT-A" … tz="+0100"`, or with commas. */
const FORTINET = /^date=(\d{4}-\d\d-\d\d)(?:, ?| )time=(\d\d:\d\d:\d\d)(?=[\s,])/
const DEVICE_NAME = /\bdevname="?([^",\s]{1,255})/
const ZONE = /\btz="?([+-]\d{4})/

/** The message of a device that is known by its header; undefined for any other. */
export function readDevice(text: string): SyslogParts | undefined {
  const meraki = MERAKI.exec(text)
  if (meraki !== null) {
    const [head, seconds, host] = meraki
    return {
      timestamp: readTimestamp(seconds),
      host,
      app: undefined,
      message: text.slice(head.length),
      extra: {},
    }
  }
  const fortinet = FORTINET.exec(text)
  if (fortinet === null) return undefined
  const head = text.slice(0, 2000)
  const zone = ZONE.exec(head)?.[1] ?? 'Z'
  return {
    timestamp: readTimestamp(`${fortinet[1]}T${fortinet[2]}${zone}`),
    host: DEVICE_NAME.exec(head)?.[1],
    app: undefined,
    message: text,
    extra: {},
  }
}
