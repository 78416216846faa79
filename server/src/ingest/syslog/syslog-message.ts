import type { ExtraData, LogRecord } from '@timelapser/logger'
import { lineText } from '../body-lines.ts'
import { toPlacedRecord } from '../foreign-record.ts'
import { readLineLevel } from '../line-level.ts'
import type { NaiveClock } from '../time-zone.ts'
import { readDevice } from './devices.ts'
import { type Priority, readPriority } from './priority.ts'
import { readRfc3164 } from './rfc3164.ts'
import { readRfc5424 } from './rfc5424.ts'

/** Where a message came from and how it is read. */
export type SyslogOrigin = {
  /** Arrival, ISO 8601 in UTC. */
  now: string
  /** Address of the sender. */
  sender: string
  /** Cameras by address or host name, lower case. */
  cameras: ReadonlyMap<string, number>
  /** The clock of times without a zone. */
  clock: NaiveClock
  /** Bytes that were left out of the message, since it was too long; none when absent. */
  cutBytes?: number
}

/**
 * A message as a record: RFC 5424, else RFC 3164 as far as it matches. Nothing is refused; an empty message is
 * undefined. The source is the camera the sender is known as, else the host the message names, else the address.
 */
export function decodeSyslogMessage(bytes: Uint8Array, origin: SyslogOrigin): LogRecord | undefined {
  const whole = origin.cutBytes === undefined || origin.cutBytes === 0 ? bytes : withoutPart(bytes)
  const cutBytes = (origin.cutBytes ?? 0) + bytes.length - whole.length
  const text = syslogText(whole)
  if (text.trim() === '') return undefined
  const { priority, rest: behind } = readPriority(text)
  // Some devices put a space or a byte order mark behind the priority.
  const rest = priority === undefined ? behind : behind.replace(/^[\ufeff ]+(?=\S)/, '')
  const parts = readRfc5424(rest) ?? readDevice(rest) ?? readRfc3164(rest, origin.now, origin.clock)
  const { host, app, timestamp } = parts
  const camera = cameraOf(origin, host)
  const extra: ExtraData = { ...parts.extra }
  if (priority !== undefined) extra.facility = priority.facility
  if (host !== undefined) extra.host = host
  if (host === undefined || camera !== undefined) extra.sender = origin.sender
  const record = toPlacedRecord(
    {
      timestamp,
      level: levelOf(priority, rest, parts.message),
      message: parts.message === '' ? rest : parts.message,
      attributes: extra,
    },
    {
      now: origin.now,
      source: camera === undefined ? (host ?? origin.sender) : `camera_${camera}`,
      ...(app !== undefined && { logger_name: app }),
      ...(camera !== undefined && { camera_id: camera }),
    },
  )
  return cutBytes > 0 ? withCut(record, cutBytes) : record
}

/** The record of a message that lacks `cutBytes` bytes, beside those that a record has no room for. */
function withCut(record: LogRecord, cutBytes: number): LogRecord {
  const { truncated_bytes: before = 0 } = record.extra_data ?? {}
  return { ...record, extra_data: { ...record.extra_data, truncated_bytes: Number(before) + cutBytes } }
}

/** Without the first bytes of a character whose last ones were cut away. */
function withoutPart(bytes: Uint8Array): Uint8Array {
  let start = bytes.length - 1
  while (start > bytes.length - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1
  const lead = bytes[start] ?? 0
  const length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  return start >= 0 && start + length > bytes.length ? bytes.subarray(0, start) : bytes
}

/** The message as text, without the line ends behind it. */
export function syslogText(bytes: Uint8Array): string {
  return lineText(bytes).replace(/^\ufeff|[\r\n\0]+$/g, '')
}

function levelOf(priority: Priority | undefined, rest: string, message: string): string | undefined {
  return priority?.severity ?? readLineLevel(rest, message)?.written
}

function cameraOf({ cameras, sender }: SyslogOrigin, host: string | undefined): number | undefined {
  return (
    cameras.get(sender.toLowerCase()) ?? (host === undefined ? undefined : cameras.get(host.toLowerCase()))
  )
}
