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
import { createLineDecoder, type LineDecoder, type LineOptions } from '../../ingest/line-records.ts'
import { parseJson } from '../../ingest/parse-json.ts'

export const FORMATS = ['auto', 'ndjson', 'text', 'journald'] as const
export type Format = (typeof FORMATS)[number]

/** The outcome of a line by its number: a record, or the reason why not. */
export type LineOutcome = { line: number; record: LogRecord } | { line: number; reason: string }

/** The lines of one file or stream as records. */
export interface FileDecoder {
  /** Lines seen that are not blank. */
  readonly lines: number
  push(line: string, now?: string): LineOutcome[]
  /** Gives out what is held back in case the next line continues it. */
  end(): LineOutcome[]
  /** The year of the first line without a year, once all lines were read; undefined when every line has a year. */
  firstYear(): number | undefined
  /** Whether lines are held back until there are enough to see how they are written. */
  readonly isGathering: boolean
  /** How plain lines were read, the first form first. */
  readonly forms: readonly LogForm[]
  /** Records of plain lines without a time of their own. */
  readonly undated: number
}

export type FileOptions = LineOptions & {
  /** Whether the lines come from a pipe, which can never be sent again: an object that is no record is then a plain line too. */
  isPipe?: boolean
}

type Kind = 'text' | 'json' | 'journald' | ContainerFormat

/**
 * @param format `auto` decides by the first line, `journald`, Docker's json-file and the CRI included. In a stream of JSON, lines that
 *   are none (a banner, a crash of the runtime, half an object) are then taken as text; with `ndjson` those of a file are rejected.
 */
export function createFileDecoder(format: Format, options: FileOptions): FileDecoder {
  const decoders = new Map<string, LineDecoder>()
  const parts = new ContainerParts()
  const pieces = new JsonPieces()
  let kind: Kind | undefined = format === 'auto' ? undefined : format === 'ndjson' ? 'json' : format
  let isSpread = false
  let number = 0
  let lines = 0

  /** Streams of a container are separate: a line of one stream does not break a trace on the other. */
  function textOf(stream = ''): LineDecoder {
    const known = decoders.get(stream)
    if (known !== undefined) return known
    const isWrapped = stream !== ''
    const decoder = createLineDecoder(isWrapped ? { ...options, undated: 'arrival' } : options)
    decoders.set(stream, decoder)
    return decoder
  }

  function fromJson(text: string, line: number, now: string, stream?: string): LineOutcome[] {
    const decode = kind === 'journald' ? decodeJournalLine : decodeJsonLine
    const record = decode(text, { ...options, now })
    if (typeof record !== 'string') return [{ line, record }]
    if (options.isPipe === true || (format === 'auto' && readObject(text) === undefined)) {
      return text.split('\n').flatMap((one, index) => textOf(stream).push(one, line + index, now))
    }
    return [{ line, reason: record }]
  }

  function fromContainer({ stream, text, time }: ContainerLine): LineOutcome[] {
    if (readObject(text.trim()) === undefined) return textOf(stream).push(text, number, time)
    return [...textOf(stream).end(), ...fromJson(text, number, time, stream)]
  }

  function decideBy(line: string): Kind {
    const container = containerFormat(line)
    if (container !== undefined) return container
    const first = readObject(line)
    isSpread = first === undefined && isOpening(line)
    if (first === undefined) return isSpread ? 'json' : 'text'
    return isJournalEntry(first) ? 'journald' : 'json'
  }

  function fromPieces(line: string, now: string): LineOutcome[] {
    const complete = pieces.push(line, number)
    const outcomes = complete.flatMap((piece) => {
      if (isJournalEntry(readObject(piece.text))) kind = 'journald'
      return fromJson(piece.text, piece.line, now)
    })
    return pieces.isBroken ? [...outcomes, ...breakOff(now)] : outcomes
  }

  /** It only looked like JSON: the held text and all that follows is text. */
  function breakOff(now: string): LineOutcome[] {
    const { lines: left, line } = pieces.take()
    isSpread = false
    return left.flatMap((text, index) => textOf().push(text, line + index, now))
  }

  return {
    get lines() {
      return lines
    },
    push(line, now = options.now) {
      number += 1
      const trimmed = withoutFraming(line)
      // Inside of a trace a blank line is part of it.
      if (trimmed === '') return kind === 'text' && !pieces.isOpen ? textOf().push(line, number, now) : []
      lines += 1
      // `journalctl -o json-pretty` spreads an entry over several lines.
      if (kind === 'journald' && lines === 1) isSpread = isOpening(trimmed)
      kind ??= decideBy(trimmed)
      if (kind === 'docker' || kind === 'cri') {
        const unwrapped = unwrapLine(line.replace(/\r$/, ''), kind)
        if (unwrapped === undefined) return textOf().push(line, number, now)
        const whole = parts.push(unwrapped)
        return whole === undefined ? [] : fromContainer(whole)
      }
      if (isSpread || pieces.isOpen) return fromPieces(line, now)
      if (kind === 'text' || (format === 'auto' && !trimmed.startsWith('{')))
        return textOf().push(line, number, now)
      return [...textOf().end(), ...fromJson(trimmed, number, now)]
    },
    end() {
      const held = pieces.isOpen ? breakOff(options.now) : []
      const left = parts.end().flatMap(fromContainer)
      return [...held, ...left, ...[...decoders.values()].flatMap((decoder) => decoder.end())]
    },
    firstYear: () => textOf().years.firstYearInHindsight(),
    get isGathering() {
      return [...decoders.values()].some((decoder) => decoder.isGathering)
    },
    get forms() {
      return [...decoders.values()].flatMap((decoder) => decoder.forms)
    },
    get undated() {
      return [...decoders.values()].reduce((sum, decoder) => sum + decoder.undated, 0)
    },
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
