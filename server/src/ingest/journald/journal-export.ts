// The Journal Export Format (systemd.io/JOURNAL_EXPORT_FORMATS): systemd-journal-upload sends it and `journalctl -o
// export` writes. A field is `NAME=value` on a line, or, where its value has line ends, `NAME`, a length of 64 bits and
// the value; an entry ends with an empty line.
import type { ExtraData, Json, LogRecord } from '@timelapser/logger'
import type { RecordDefaults } from '../decoded.ts'
import { putExtra } from '../record-fields.ts'
import { fromJournalEntry } from './journal-entry.ts'

/** Bytes kept of a value: a little more than a message may have. A longer value, for example a core dump, is cut. */
const MAX_VALUE_BYTES = 264 * 1024
/** Kept of one entry; the fields beyond it are left out. */
const MAX_ENTRY_BYTES = 1024 * 1024
const MAX_FIELDS = 1024
/** Pieces of a value that are kept apart. */
const MAX_PARTS = 64
/** journald's own bound of names. */
const NAME = /^[A-Z_][A-Z0-9_]{0,63}$/
const NEWLINE = 10
const EQUALS = 61
const LENGTH_BYTES = 8
/** No value is longer; a length that says so is none. */
const MAX_LENGTH = 2 ** 40

/** An entry with its fields as `journalctl -o json` has them and what its message lost of its bytes, or why it is none. */
export type ExportedEntry = { fields: ExtraData; cutBytes: number } | { reason: string }

/** Reads entries from a stream, in pieces of any size, within bounded memory. */
export class JournalExport {
  /** The piece being read: a line, the length of a value, the value, or the line end behind it. */
  #reading: 'line' | 'length' | 'value' | 'end' = 'line'
  #parts: Buffer[] = []
  #partBytes = 0
  /** Bytes that were left out of the line or value being read. */
  #cutBytes = 0
  /** Those left out of the entry's message. */
  #cutOfMessage = 0
  /** Bytes of the value that have to come. */
  #left = 0
  #name = ''
  #fields: ExtraData = {}
  #count = 0
  #entryBytes = 0
  #fault: string | undefined

  /** Bytes of an entry whose end has not come yet. */
  get heldBytes(): number {
    return this.#partBytes + this.#entryBytes
  }

  /** Whether a line end means nothing. It costs nothing then: packed, millions of them take no room. */
  get #isBetweenEntries(): boolean {
    return this.#count === 0 && this.#partBytes === 0 && this.#fault === undefined
  }

  /** The entries that are complete now. */
  push(chunk: Buffer): ExportedEntry[] {
    const entries: ExportedEntry[] = []
    for (let at = 0; at < chunk.length; ) {
      if (this.#reading === 'line') {
        if (chunk[at] === NEWLINE && this.#isBetweenEntries) {
          at++
          continue
        }
        const newline = chunk.indexOf(NEWLINE, at)
        const end = newline === -1 ? chunk.length : newline
        this.#keep(chunk.subarray(at, end))
        at = end + 1
        if (newline !== -1) this.#line(entries)
      } else if (this.#reading === 'end') {
        if (chunk[at] !== NEWLINE) this.#fault ??= 'a value does not end where its length says'
        at += chunk[at] === NEWLINE ? 1 : 0
        this.#reading = 'line'
      } else {
        const end = Math.min(chunk.length, at + this.#left)
        this.#left -= end - at
        this.#keep(chunk.subarray(at, end))
        at = end
        if (this.#left === 0) this.#complete()
      }
    }
    return entries
  }

  /** The last entry, where no empty line follows it. */
  end(): ExportedEntry[] {
    const entries: ExportedEntry[] = []
    if (this.#reading !== 'line') this.#fault ??= 'it breaks off'
    else if (this.#partBytes > 0) this.#line(entries)
    this.#finish(entries)
    return entries
  }

  #line(entries: ExportedEntry[]): void {
    const cut = this.#cutBytes
    const line = this.#take()
    if (line.length === 0) {
      this.#finish(entries)
      return
    }
    const equals = line.indexOf(EQUALS)
    const name = line.toString('latin1', 0, equals === -1 ? Math.min(line.length, 80) : Math.min(equals, 80))
    if (!NAME.test(name)) {
      this.#fault ??= 'a line is not a field: is this the output of journalctl -o export?'
    } else if (equals === -1) {
      this.#name = name
      this.#reading = 'length'
      this.#left = LENGTH_BYTES
    } else this.#add(name, line.subarray(equals + 1), cut)
  }

  #complete(): void {
    if (this.#reading === 'value') {
      this.#reading = 'end'
      const cut = this.#cutBytes
      this.#add(this.#name, this.#take(), cut)
      return
    }
    const length = Number(this.#take().readBigUInt64LE())
    if (length > MAX_LENGTH) {
      this.#fault ??= 'a value is longer than any can be'
      this.#reading = 'line'
      return
    }
    this.#left = length
    this.#reading = length === 0 ? 'end' : 'value'
    if (length === 0) this.#add(this.#name, Buffer.alloc(0), 0)
  }

  #add(name: string, value: Buffer, cut: number): void {
    if (name === 'MESSAGE') this.#cutOfMessage = cut
    this.#count++
    this.#entryBytes += name.length + value.length
    if (this.#count > MAX_FIELDS || this.#entryBytes > MAX_ENTRY_BYTES) return
    const text = value.toString('utf8')
    const known = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
    // A field may be there several times.
    if (known === undefined) putExtra(this.#fields, name, text)
    else if (Array.isArray(known)) known.push(text)
    else this.#fields[name] = [known as Json, text]
  }

  #finish(entries: ExportedEntry[]): void {
    const fields = this.#fields
    const isLeftOut = this.#count > MAX_FIELDS || this.#entryBytes > MAX_ENTRY_BYTES
    const fault = this.#fault
    const isEmpty = this.#count === 0
    const cutBytes = this.#cutOfMessage
    this.#cutOfMessage = 0
    this.#fields = {}
    this.#count = 0
    this.#entryBytes = 0
    this.#fault = undefined
    this.#reading = 'line'
    this.#take()
    if (fault !== undefined) entries.push({ reason: fault })
    else if (!isEmpty) {
      if (isLeftOut) fields.LEFT_OUT = 'fields beyond 1 MB or 1,024 of them'
      entries.push({ fields, cutBytes })
    }
  }

  #keep(part: Buffer): void {
    const room = MAX_VALUE_BYTES - this.#partBytes
    const kept = part.length > room ? part.subarray(0, room) : part
    this.#cutBytes += part.length - kept.length
    if (kept.length === 0) return
    this.#parts.push(kept)
    this.#partBytes += kept.length
    // Chunks of single bytes would take a hundred times their size.
    if (this.#parts.length === MAX_PARTS) this.#parts = [Buffer.concat(this.#parts)]
  }

  #take(): Buffer {
    const [only = Buffer.alloc(0), ...more] = this.#parts
    const bytes = more.length === 0 ? only : Buffer.concat(this.#parts)
    this.#parts = []
    this.#partBytes = 0
    this.#cutBytes = 0
    return bytes
  }
}

/** An entry as a record, or why it is none. */
export function fromExportedEntry(entry: ExportedEntry, defaults: RecordDefaults): LogRecord | string {
  if ('reason' in entry) return entry.reason
  const record = fromJournalEntry(entry.fields, defaults)
  if (typeof record === 'string' || entry.cutBytes === 0) return record
  const truncated_bytes = Number(record.extra_data?.truncated_bytes ?? 0) + entry.cutBytes
  return { ...record, extra_data: { ...record.extra_data, truncated_bytes } }
}

/** Whether a stream that begins so is in this format. */
export function isJournalExport(start: Buffer): boolean {
  return /^(?:__CURSOR|__REALTIME_TIMESTAMP|__MONOTONIC_TIMESTAMP|__SEQNUM)=/.test(
    start.toString('latin1', 0, 40),
  )
}
