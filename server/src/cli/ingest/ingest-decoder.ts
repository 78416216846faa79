import type { LogRecord } from '@timelapser/logger'
import {
  type ContainerFormat,
  type ContainerLine,
  ContainerParts,
  containerFormat,
  unwrapLine,
} from '../../ingest/container-lines.ts'
import { asObject } from '../../ingest/foreign-record.ts'
import type { LogForm } from '../../ingest/inference/log-form.ts'
import { decodeJournalLine, isJournalEntry } from '../../ingest/journald/journal-entry.ts'
import { JsonPieces } from '../../ingest/json-pieces.ts'
import { decodeJsonLine } from '../../ingest/json-records.ts'
import { LineDecoder, type LineOptions } from '../../ingest/line-records.ts'
import { parseJson } from '../../ingest/parse-json.ts'

export const FORMATS = ['auto', 'ndjson', 'text', 'journald'] as const
export type Format = (typeof FORMATS)[number]

/** The outcome of a line by its number: a record, or the reason why not. */
export type LineOutcome = { line: number; record: LogRecord } | { line: number; reason: string }

export type FileOptions = LineOptions & {
  /** Whether the lines come from a pipe, which can never be sent again: an object that is no record is then a plain line too. */
  isPipe?: boolean
}

type Kind = 'text' | 'json' | 'journald' | ContainerFormat

/** The lines of one file or stream as records. */
export class FileDecoder {
  readonly #format: Format
  readonly #options: FileOptions
  readonly #decoders = new Map<string, LineDecoder>()
  readonly #parts = new ContainerParts()
  readonly #pieces = new JsonPieces()
  #kind: Kind | undefined
  /** Whether objects are spread over several lines. */
  #isSpread = false
  #number = 0
  #lines = 0

  /**
   * @param format `auto` decides by the first line, `journald`, Docker's json-file and the CRI included. In a stream of JSON, lines that
   *   are none (a banner, a crash of the runtime, half an object) are then taken as text; with `ndjson` those of a file are rejected.
   */
  constructor(format: Format, options: FileOptions) {
    this.#format = format
    this.#options = options
    this.#kind = format === 'auto' ? undefined : format === 'ndjson' ? 'json' : format
  }

  /** Lines seen that are not blank. */
  get lines(): number {
    return this.#lines
  }

  /** The year of the first line without a year, once all lines were read; undefined when every line has a year. */
  firstYear(): number | undefined {
    return this.#textOf().years.firstYearInHindsight()
  }

  /** Whether lines are held back until there are enough to see how they are written. */
  get isGathering(): boolean {
    return [...this.#decoders.values()].some((decoder) => decoder.isGathering)
  }

  /** How plain lines were read, the first form first. */
  get forms(): readonly LogForm[] {
    return [...this.#decoders.values()].flatMap((decoder) => decoder.forms)
  }

  /** Records of plain lines without a time of their own. */
  get undated(): number {
    return [...this.#decoders.values()].reduce((sum, decoder) => sum + decoder.undated, 0)
  }

  push(line: string, now = this.#options.now): LineOutcome[] {
    this.#number += 1
    const trimmed = withoutFraming(line)
    if (trimmed === '') {
      // Inside of a trace a blank line is part of it.
      const isText = this.#kind === 'text' && !this.#pieces.isOpen
      return isText ? this.#fromText(line, now) : []
    }
    this.#lines += 1
    // `journalctl -o json-pretty` spreads an entry over several lines.
    if (this.#kind === 'journald' && this.#lines === 1) this.#isSpread = isOpening(trimmed)
    this.#kind ??= this.#decideBy(trimmed)
    if (this.#kind === 'docker' || this.#kind === 'cri') return this.#fromWrapped(line, this.#kind, now)
    if (this.#isSpread || this.#pieces.isOpen) return this.#fromPieces(line, now)
    if (this.#kind === 'text' || (this.#format === 'auto' && !trimmed.startsWith('{')))
      return this.#fromText(line, now)
    return [...this.#textOf().end(), ...this.#fromJson(trimmed, this.#number, now)]
  }

  /** Gives out what is held back in case the next line continues it. */
  end(): LineOutcome[] {
    const held = this.#pieces.isOpen ? this.#breakOff(this.#options.now) : []
    const left = this.#parts.end().flatMap((line) => this.#fromContainer(line))
    return [...held, ...left, ...[...this.#decoders.values()].flatMap((decoder) => decoder.end())]
  }

  #decideBy(line: string): Kind {
    const container = containerFormat(line)
    if (container !== undefined) return container
    const first = readObject(line)
    this.#isSpread = first === undefined && isOpening(line)
    if (first === undefined) return this.#isSpread ? 'json' : 'text'
    return isJournalEntry(first) ? 'journald' : 'json'
  }

  #fromText(line: string, now: string): LineOutcome[] {
    return this.#textOf().push(line, this.#number, now)
  }

  /** Streams of a container are separate: a line of one stream does not break a trace on the other. */
  #textOf(stream = ''): LineDecoder {
    const known = this.#decoders.get(stream)
    if (known !== undefined) return known
    const isWrapped = stream !== ''
    const decoder = new LineDecoder(isWrapped ? { ...this.#options, undated: 'arrival' } : this.#options)
    this.#decoders.set(stream, decoder)
    return decoder
  }

  #fromJson(text: string, line: number, now: string, stream?: string): LineOutcome[] {
    const decode = this.#kind === 'journald' ? decodeJournalLine : decodeJsonLine
    const record = decode(text, { ...this.#options, now })
    if (typeof record !== 'string') return [{ line, record }]
    if (this.#options.isPipe === true || (this.#format === 'auto' && readObject(text) === undefined)) {
      return text.split('\n').flatMap((one, index) => this.#textOf(stream).push(one, line + index, now))
    }
    return [{ line, reason: record }]
  }

  #fromWrapped(line: string, format: ContainerFormat, now: string): LineOutcome[] {
    const unwrapped = unwrapLine(line.replace(/\r$/, ''), format)
    if (unwrapped === undefined) return this.#fromText(line, now)
    const whole = this.#parts.push(unwrapped)
    return whole === undefined ? [] : this.#fromContainer(whole)
  }

  #fromContainer({ stream, text, time }: ContainerLine): LineOutcome[] {
    const decoder = this.#textOf(stream)
    if (readObject(text.trim()) === undefined) return decoder.push(text, this.#number, time)
    return [...decoder.end(), ...this.#fromJson(text, this.#number, time, stream)]
  }

  #fromPieces(line: string, now: string): LineOutcome[] {
    const complete = this.#pieces.push(line, this.#number)
    const outcomes = complete.flatMap((piece) => {
      if (isJournalEntry(readObject(piece.text))) this.#kind = 'journald'
      return this.#fromJson(piece.text, piece.line, now)
    })
    return this.#pieces.isBroken ? [...outcomes, ...this.#breakOff(now)] : outcomes
  }

  /** It only looked like JSON: the held text and all that follows is text. */
  #breakOff(now: string): LineOutcome[] {
    const { lines: left, line } = this.#pieces.take()
    this.#isSpread = false
    return left.flatMap((text, index) => this.#textOf().push(text, line + index, now))
  }
}

/** Whether the line opens an object or array that goes on behind it. */
function isOpening(line: string): boolean {
  return /^\[?\s*(?:\{|$)/.test(line) && /^[[{]/.test(line) && readObject(line) === undefined
}

/** The separator before each text of a JSON sequence (RFC 7464). */
const RECORD_SEPARATOR = 0x1e

/** The line without what JSON sequences and server-sent events put before each object. */
function withoutFraming(line: string): string {
  const text = (line.charCodeAt(0) === RECORD_SEPARATOR ? line.slice(1) : line).trim()
  return text.startsWith('data: {') ? text.slice(6) : text
}

function readObject(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  const parsed = parseJson(line)
  return 'value' in parsed ? asObject(parsed.value) : undefined
}
