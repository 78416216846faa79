// One round trip for a whole transaction: BEGIN, COPY with its rows, statements whose results nobody needs, COMMIT.
// Waiting for each reply before the next is sent took the writers' connections nearly half of their time, and the lock
// that orders the feed was held during one of these waits.

import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import type { Connection, Submittable } from 'pg'
import { isForgetful } from './pooled-statements.ts'

/** A statement to be sent along. Its name is its own on the connection. */
export type FlightStatement = { name: string; text: string; values: readonly (string | null)[] }

export type Flight = {
  /** Before the COPY. */
  before: readonly FlightStatement[]
  /** `copy … from stdin`. */
  copy: string
  /** COPY's text; each chunk is made when the one before is on its way. */
  chunks: Iterable<string>
  /** After the COPY, when it has succeeded. */
  after: readonly FlightStatement[]
}

export const BEGIN: FlightStatement = { name: 'flight_begin', text: 'begin', values: [] }
export const COMMIT: FlightStatement = { name: 'flight_commit', text: 'commit', values: [] }

/** The text PostgreSQL reads as an array. */
export function arrayText(values: readonly (string | number | null)[]): string {
  const elements = values.map((value) => {
    if (value === null) return 'NULL'
    return typeof value === 'number' ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${elements.join(',')}}`
}

/**
 * Sends all of it and waits for a single reply. The server skips the statements after a failure; a transaction that
 * was begun is still to be rolled back then.
 *
 * @throws the error of the first statement that failed
 */
export function sendFlight(client: pg.ClientBase, flight: Flight): Promise<void> {
  return client.query(new FlightQuery(flight)).done
}

/** Messages of PostgreSQL's protocol that `pg` has no method for. */
const COPY_DATA = 0x64
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4])
const COPY_FAIL = Buffer.from([0x66, 0, 0, 0, 5, 0])
const HEADER_BYTES = 5

/** UTF-8: a character of four bytes is two characters to JavaScript. */
const MAX_BYTES_A_CHARACTER = 3

/** Room for `CHUNK_CHARACTERS` and a row. Used again and again: fresh memory is zeroed, page by page, by the kernel. */
const BUFFER_BYTES = 128 * 1024
const MAX_FREE_BUFFERS = 32
const freeBuffers: Buffer[] = []

/** Statements a connection knows by name. After a failure it is not known which, so they are made anew. */
const prepared = new WeakMap<Connection, Set<string>>()

/** The interface that `pg` calls while the query is the connection's active query. */
export class FlightQuery implements Submittable {
  readonly done: Promise<void>
  readonly #flight: Flight
  readonly #chunks: Iterator<string>
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  #connection: Connection | undefined
  #hasFailed = false
  #isSynced = false

  constructor(flight: Flight) {
    this.#flight = flight
    this.#chunks = flight.chunks[Symbol.iterator]()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.done = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Its statements, for people. */
  get text(): string {
    const { before, copy, after } = this.#flight
    return [...before.map(({ text }) => text), copy, ...after.map(({ text }) => text)].join(';\n')
  }

  submit(connection: Connection): void {
    this.#connection = connection
    const { before, copy, after } = this.#flight
    const copying = { name: 'flight_copy', text: copy, values: [] }
    connection.stream.cork()
    // First of all: in a transaction that has failed nothing can be prepared.
    this.#prepare(connection, [...before, copying, ...after])
    for (const statement of [...before, copying]) execute(connection, statement)
    this.#sendRows(connection)
  }

  #prepare(connection: Connection, statements: readonly FlightStatement[]): void {
    const known = prepared.get(connection) ?? new Set()
    if (!isForgetful(connection)) prepared.set(connection, known)
    for (const { name, text } of statements) {
      if (known.has(name)) continue
      known.add(name)
      connection.close({ type: 'S', name }, true)
      connection.parse({ name, text, types: [] }, true)
    }
  }

  /** Sends chunks until the socket has enough for now, and the rest with the last chunk. The stream is corked. */
  #sendRows(connection: Connection): void {
    const { stream } = connection
    let next = this.#nextChunk()
    while (typeof next === 'string') {
      const isRoom = writeRows(stream, next)
      next = this.#nextChunk()
      if (isRoom || typeof next !== 'string') continue
      const waiting = next
      stream.once('drain', () => {
        if (this.#hasFailed) return
        stream.cork()
        writeRows(stream, waiting)
        this.#sendRows(connection)
      })
      stream.uncork()
      return
    }
    stream.write(next)
    for (const statement of this.#flight.after) execute(connection, statement)
    this.#sync()
    stream.uncork()
  }

  /** The next text, or the message that ends the COPY. */
  #nextChunk(): string | Buffer {
    try {
      const next = this.#chunks.next()
      return next.done ? COPY_DONE : next.value
    } catch (error) {
      this.#reject(error)
      return COPY_FAIL
    }
  }

  /** Ends the part that the server skips after a failure. */
  #sync(): void {
    if (this.#isSynced) return
    this.#isSynced = true
    this.#connection?.sync()
  }

  handleError(error: unknown): void {
    this.#hasFailed = true
    if (this.#connection) prepared.delete(this.#connection)
    this.#sync()
    this.#reject(error)
  }

  handleReadyForQuery(): void {
    this.#resolve()
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}

  handleDataRow(): void {}
}

function execute(connection: Connection, { name, values }: FlightStatement): void {
  connection.bind({ statement: name, values: [...values] }, true)
  connection.execute({}, true)
}

/** Returns false when the socket has enough for now. */
function writeRows(stream: Connection['stream'], text: string): boolean {
  const isReusable = HEADER_BYTES + text.length * MAX_BYTES_A_CHARACTER <= BUFFER_BYTES
  const buffer = isReusable
    ? (freeBuffers.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES))
    : Buffer.allocUnsafeSlow(HEADER_BYTES + Buffer.byteLength(text))
  const end = HEADER_BYTES + buffer.write(text, HEADER_BYTES)
  buffer[0] = COPY_DATA
  buffer.writeInt32BE(end - 1, 1)
  return stream.write(buffer.subarray(0, end), (error) => {
    // One whose connection broke may still be read from.
    if (isReusable && !error && freeBuffers.length < MAX_FREE_BUFFERS) freeBuffers.push(buffer)
  })
}

/** Characters of COPY text given to the socket at once. V8 takes longer text for a large object, which outlives its batch. */
const CHUNK_CHARACTERS = 32 * 1024

/** The rows of some records as chunks of COPY's text. @throws {UnwritableRecord} */
export function* copyText(
  records: readonly LogRecord[],
  start: number,
  end: number,
  firstId: number,
): Generator<string> {
  let text = ''
  for (let index = start; index < end; index++) {
    text += lineOf(firstId + index, records[index] as LogRecord)
    if (text.length < CHUNK_CHARACTERS) continue
    yield text
    text = ''
  }
  if (text) yield text
}

/** A record that cannot be serialised, for example because its fields contain themselves. */
export class UnwritableRecord extends Error {
  override name = 'UnwritableRecord'
}

function lineOf(id: number, record: LogRecord): string {
  try {
    return copyLine(id, record)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)
    throw new UnwritableRecord(`the record cannot be written as JSON: ${said}`, { cause })
  }
}

/** One row in COPY's text format, in the order of `LOG_COLUMNS`, new line included. Fields are tab-separated, null is `\N`. */
export function copyLine(id: number, record: LogRecord): string {
  const camera = record.camera_id === null ? '\\N' : record.camera_id
  const logger = record.logger_name === null ? '\\N' : escapeField(record.logger_name)
  const extra = record.extra_data === null ? '\\N' : escapeField(jsonOf(record.extra_data))
  return `${id}\t${record.timestamp}\t${camera}\t${record.level}\t${escapeField(record.source)}\t${logger}\t${escapeField(record.message)}\t${extra}\n`
}

/** A number like `1e+21`, whether it stands in a text or not. */
const HAS_EXPONENT = /\de[+-]\d\d/

/** PostgreSQL writes all digits of a number when it is read: 309 of `1e308`. Beyond this exponent it is kept as a text. */
const MAX_EXPONENT = 40

/** The JSON that is stored of a record's fields. A number of very many digits becomes a text, which says as much. */
export function jsonOf(fields: NonNullable<LogRecord['extra_data']>): string {
  const json = JSON.stringify(fields)
  if (!HAS_EXPONENT.test(json)) return json
  return JSON.stringify(fields, (_, value: unknown) => (isOfManyDigits(value) ? String(value) : value))
}

function isOfManyDigits(value: unknown): boolean {
  if (typeof value !== 'number' || value === 0) return false
  const exponent = Math.log10(Math.abs(value))
  return exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT
}

const NEEDS_ESCAPE = /[\\\t\n\r]/
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escapeField(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
}
