import type { LogRecord } from '@timelapser/logger'
import { decodeSyslogMessage, type SyslogOrigin, syslogText } from '../../ingest/syslog/syslog-message.ts'
import { weigh } from '../../record-weight.ts'
import { now } from '../../store/database/timestamp.ts'
import { GatheringIntake, type GatheringIntakeOptions } from './gathering-intake.ts'
import type { IngestService } from './ingest-service.ts'
import { type Joining, SyslogLines } from './syslog-lines.ts'

export type SyslogIntakeOptions = Omit<GatheringIntakeOptions, 'name'> &
  Pick<SyslogOrigin, 'cameras' | 'clock'> & { ingest: Pick<IngestService, 'joining'> }

/** The messages of one connection, without the framing. */
export type SyslogConnection = {
  /** Takes a message, or counts it as lost when there is no room. */
  take: (message: Uint8Array, sender: string, cutBytes?: number) => void
  /** Resolves once there was room for the message. */
  takeInTurn: (message: Uint8Array, sender: string, signal: AbortSignal, cutBytes?: number) => Promise<void>
  /** The connection ended: nothing goes on with what came last. */
  end: () => void
}

/** Decodes syslog messages and gathers them into batches. */
export class SyslogIntake {
  readonly #options: SyslogIntakeOptions
  readonly #gathered: GatheringIntake
  readonly #open = new Set<SyslogLines>()

  constructor(options: SyslogIntakeOptions) {
    this.#options = options
    const { ingest, onTrouble } = options
    this.#gathered = new GatheringIntake({ name: 'syslog', ingest, onTrouble })
  }

  get budget(): GatheringIntake['budget'] {
    return this.#gathered.budget
  }

  /**
   * Takes a datagram, or counts it as lost when there is no room.
   *
   * @param cutBytes that the message lacks
   */
  take(message: Uint8Array, sender: string, cutBytes = 0): void {
    const record = this.#decode(message, sender, cutBytes)
    if (record !== undefined) this.#gathered.take(record, sender)
  }

  /** Begins to take the messages of a connection, in which lines may go on with the one before them. */
  open(sender: string): SyslogConnection {
    const gathered = this.#gathered
    const lines = new SyslogLines({ sender, onWhole: (message) => gathered.add(message) })
    this.#open.add(lines)
    let joining: Joining = {}
    const add = (message: Uint8Array, record: LogRecord, bytes: number) =>
      lines.take({ text: syslogText(message), record }, bytes, joining)
    return {
      take: (message, _, cutBytes = 0) => {
        const record = this.#decode(message, sender, cutBytes)
        if (record === undefined) return
        const bytes = weigh(record)
        if (gathered.budget.take(sender, bytes)) add(message, record, bytes)
        else gathered.lose()
      },
      takeInTurn: async (message, _, signal, cutBytes = 0) => {
        const record = this.#decode(message, sender, cutBytes)
        if (record === undefined) return
        const bytes = weigh(record)
        await gathered.budget.wait(sender, bytes, signal)
        // While they cannot be read, the settings are as they were.
        joining = await this.#options.ingest.joining().catch(() => joining)
        add(message, record, bytes)
      },
      end: () => {
        lines.release()
        this.#open.delete(lines)
      },
    }
  }

  /** Stores waiting messages, in one try each; the number of messages that cannot be stored now is reported. */
  close(): Promise<void> {
    for (const lines of this.#open) lines.release()
    return this.#gathered.close()
  }

  #decode(message: Uint8Array, sender: string, cutBytes: number): LogRecord | undefined {
    const { cameras, clock } = this.#options
    return decodeSyslogMessage(message, { now: now(), sender, cameras, clock, cutBytes })
  }
}
