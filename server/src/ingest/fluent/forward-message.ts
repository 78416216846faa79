// Fluentd's forward protocol, version 1: message, forward, packed forward and compressed packed forward mode.
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { ExtraData, LogRecord } from '@timelapser/logger'
import { MAX_VALUES_A_RECORD } from '../body-limits.ts'
import { type Decoded, DecodedBody, type RecordDefaults, type Steps } from '../decoded.ts'
import { fromDocument } from '../elasticsearch/ecs-document.ts'
import { asObject, asText } from '../foreign-record.ts'
import { putExtra, readTimestamp, shorten } from '../record-fields.ts'
import { MAX_FRAME_BYTES } from './msgpack-frames.ts'
import { arrayHead, bytesAt, itemsOf, MsgpackError, valueAt } from './msgpack-scan.ts'
import { decodeValue, EventTime, toJson } from './msgpack-value.ts'
import { PartialLines, type SentRecord } from './partial-lines.ts'

/** Records that are handed over at a time: 16 MB of `[0,{}]` would be a gigabyte of them. */
const PART_RECORDS = 5000
/** Bytes that they may weigh together. */
export const PART_BYTES = 4 * 1024 * 1024
/** A window of 16 MB, as large as a message may be: without a bound a header can ask for more. */
const ZSTD_WINDOW_LOG = 24
/** Entries of the option map are names and numbers. */
const MAX_OPTION_BYTES = 64 * 1024

type Place = { start: number; end: number; values?: number }

/** A message of the protocol; its entries are read part by part. */
export class ForwardMessage {
  /** The id that the sender waits to be acknowledged; undefined when it waits for nothing. */
  readonly chunk: string | undefined
  readonly #tag: string
  readonly #compressed: unknown
  #bytes: Uint8Array
  #entries: Iterator<Place | string>
  readonly #ownLines = new PartialLines()

  /** @param frame one MessagePack value @throws {MsgpackError} when it is no message of the protocol */
  constructor(frame: Uint8Array) {
    const head = arrayHead(frame, 0)
    if (head === undefined || head.count < 2 || head.count > 4) {
      throw new MsgpackError('not a message of the forward protocol: [tag, time or entries, …]')
    }
    const [tag, second, third, fourth] = [...itemsOf(frame, 0)]
    const name = tag === undefined ? undefined : bytesAt(frame, tag.start)
    if (tag === undefined || second === undefined || name === undefined) {
      throw new MsgpackError('not a message of the forward protocol: its tag is not text')
    }
    this.#tag = Buffer.from(name).toString().slice(0, 255)
    const packed = bytesAt(frame, second.start)
    const isList = packed !== undefined || arrayHead(frame, second.start) !== undefined
    const option = readOption(frame, isList ? third : fourth)
    this.chunk = asText(option.chunk)
    // Metrics and traces of Fluent Bit are no log lines.
    const isOther = option.fluent_signal === 1 || option.fluent_signal === 2
    if (isOther) {
      this.#bytes = frame
      this.#entries = [`metrics and traces are not supported here`].values()
    } else if (packed !== undefined) {
      this.#bytes = packed
      this.#compressed = option.compressed
      this.#entries = packedEntries(packed)
    } else if (isList) {
      this.#bytes = frame
      this.#entries = itemsOf(frame, second.start)
    } else {
      if (third === undefined)
        throw new MsgpackError('not a message of the forward protocol: it has no record')
      // Time and record stand where the items of an entry do.
      this.#bytes = Buffer.concat([Buffer.from([0x92]), frame.subarray(second.start, third.end)])
      this.#entries = packedEntries(this.#bytes)
    }
  }

  /** Bytes that it may hold once it is opened. */
  get mostBytes(): number {
    return this.#isCompressed ? MAX_FRAME_BYTES : this.#bytes.length
  }

  get heldBytes(): number {
    return this.#bytes.length
  }

  /** Unpacks what is compressed. @throws {MsgpackError} when it cannot be unpacked, or is more than is taken */
  open(): void {
    if (!this.#isCompressed) return
    this.#bytes = unpacked(this.#bytes, this.#compressed)
    this.#entries = packedEntries(this.#bytes)
  }

  get #isCompressed(): boolean {
    return this.#compressed === 'gzip' || this.#compressed === 'zstd'
  }

  /**
   * The next records, in steps; none when all were read.
   *
   * @param lines parts of lines from earlier messages. A message that wants an acknowledgement has only its own parts:
   * its records are stored when the acknowledgement is sent.
   */
  *part(defaults: RecordDefaults, lines: PartialLines): Steps<Decoded> {
    const decoded = new DecodedBody()
    const partial = this.chunk === undefined ? lines : this.#ownLines
    while (decoded.size < PART_RECORDS && decoded.bytes < PART_BYTES) {
      const { value: entry, done } = this.#entries.next()
      if (done || entry === undefined) {
        for (const sent of this.#ownLines.end()) decoded.add(toRecord(sent, defaults))
        break
      }
      const sent = typeof entry === 'string' ? entry : this.#read(entry)
      if (typeof sent === 'string') decoded.add(sent)
      else for (const complete of partial.take(sent)) decoded.add(toRecord(complete, defaults))
      if (decoded.isStep) yield
    }
    return decoded
  }

  #read({ start, end, values = 0 }: Place): SentRecord | string {
    if (values > MAX_VALUES_A_RECORD) return `it has over ${MAX_VALUES_A_RECORD} values`
    const decoded = decodeValue(this.#bytes.subarray(start, end))
    if ('reason' in decoded) return decoded.reason
    if (!Array.isArray(decoded.value) || decoded.value.length < 2) return 'an entry must be [time, record]'
    const [when, sent] = decoded.value as unknown[]
    const json = toJson(sent)
    const record = typeof json === 'string' ? { log: json } : asObject(json)
    if (record === undefined) return `a record must be a map; this is ${shorten(json)}`
    return { record, when, tag: this.#tag }
  }
}

/** Lines whose last part did not come, as records. */
export function decodeRest(lines: PartialLines, defaults: RecordDefaults): Decoded {
  const decoded = new DecodedBody()
  for (const sent of lines.end()) decoded.add(toRecord(sent, defaults))
  return decoded
}

function toRecord(sent: SentRecord, defaults: RecordDefaults): LogRecord | string {
  return fromDocument(toDocument(sent), { ...defaults, source: sent.tag || 'fluent' })
}

function toDocument({ record, when, tag }: SentRecord): ExtraData {
  // Fluent Bit adds metadata to the time.
  const [time, metadata] = Array.isArray(when) ? (when as unknown[]) : [when, undefined]
  const document: ExtraData = {}
  const timestamp = timeOf(time)
  if (timestamp !== undefined) document['@timestamp'] = timestamp
  for (const [name, value] of Object.entries(record)) {
    // Docker calls the stream a line came from its source, and begins container names with a slash.
    if (name === 'source' && (value === 'stdout' || value === 'stderr')) putExtra(document, 'stream', value)
    else if (name === 'container_name' && typeof value === 'string')
      putExtra(document, name, value.replace(/^\//, ''))
    else putExtra(document, name, value)
  }
  const beside = asObject(toJson(metadata))
  if (beside !== undefined && Object.keys(beside).length > 0) putExtra(document, 'metadata', beside)
  if (tag !== '') putExtra(document, 'tag', tag)
  return document
}

/** Times that are not one are those of arrival. */
function timeOf(time: unknown): string | undefined {
  if (time instanceof EventTime) return time.utc
  const json = toJson(time)
  return json === 0 || json === null ? undefined : readTimestamp(json)
}

function readOption(frame: Uint8Array, place: Place | undefined): ExtraData {
  if (place === undefined || place.end - place.start > MAX_OPTION_BYTES) return {}
  const decoded = decodeValue(frame.subarray(place.start, place.end))
  return ('value' in decoded ? asObject(toJson(decoded.value)) : undefined) ?? {}
}

function* packedEntries(bytes: Uint8Array): Generator<Place | string> {
  for (let at = 0; at < bytes.length; ) {
    const entry = valueAt(bytes, at)
    if (entry === undefined) {
      yield `the entries break off at byte ${at}`
      return
    }
    yield entry
    at = entry.end
  }
}

function unpacked(packed: Uint8Array, compressed: unknown): Uint8Array {
  const maxOutputLength = MAX_FRAME_BYTES
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG }
  try {
    if (compressed === 'gzip') return gunzipSync(packed, { maxOutputLength })
    return zstdDecompressSync(packed, { maxOutputLength, params })
  } catch {
    const most = MAX_FRAME_BYTES / 1024 / 1024
    throw new MsgpackError(`the entries cannot be unpacked as ${compressed}, or are over ${most} MB`)
  }
}
