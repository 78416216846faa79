import type { LogRecord } from '@timelapser/logger'
import { continued, JoinedLine } from '../../ingest/joined-lines.ts'
import { readPriority } from '../../ingest/syslog/priority.ts'
import type { GatheredMessage } from './gathering-intake.ts'

/** How long a message waits for lines that go on with it. */
const HOLD_MS = 500

/** Whether lines that belong together are joined, by source. */
export type Joining = Readonly<Record<string, boolean>>

/** A message as it came, and the record that it is. */
export type DecodedMessage = { text: string; record: LogRecord }

export type SyslogLinesOptions = {
  sender: string
  /** Takes what is complete. */
  onWhole: (message: GatheredMessage) => void
}

/**
 * The messages of one connection. Programs that write their log to a socket send a trace line by line: lines without a priority
 * that go on with the message before them belong to it. With `true` of its source, so do lines that have one.
 */
export class SyslogLines {
  readonly #options: SyslogLinesOptions
  #held: { line: JoinedLine; bytes: number } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: SyslogLinesOptions) {
    this.#options = options
  }

  /**
   * Takes a message for which there is room; the record it continues is passed on by a later message, by the end or in
   * half a second.
   *
   * @param bytes that the message takes of the room
   */
  take({ text, record }: DecodedMessage, bytes: number, joining: Joining): void {
    const hasPriority = readPriority(text).priority !== undefined
    if (this.#held !== undefined && this.#goesOn(this.#held, text, record, hasPriority, joining)) {
      this.#held.bytes += bytes
      return
    }
    const whole = continued(record, this.#held?.line)
    this.release()
    const { sender, onWhole } = this.#options
    if (said(joining, record.source) === false) {
      onWhole({ record, sender, bytes })
      return
    }
    const line = new JoinedLine(whole, hasPriority ? record.message : text, hasPriority)
    this.#held = { line, bytes }
    this.#timer = setTimeout(() => this.release(), HOLD_MS)
  }

  /** Gives on what is held. */
  release(): void {
    clearTimeout(this.#timer)
    const held = this.#held
    this.#held = undefined
    if (held === undefined) return
    const { sender, onWhole } = this.#options
    onWhole({ record: held.line.record, sender, bytes: held.bytes })
  }

  #goesOn(
    { line }: { line: JoinedLine },
    text: string,
    record: LogRecord,
    hasPriority: boolean,
    joining: Joining,
  ): boolean {
    if (!hasPriority) return line.take(text)
    const { source, logger_name } = line.record
    const isSame = record.source === source && record.logger_name === logger_name
    return isSame && said(joining, source) === true && line.take(record.message)
  }
}

function said(joining: Joining, source: string): boolean | undefined {
  return Object.hasOwn(joining, source) ? joining[source] : undefined
}
