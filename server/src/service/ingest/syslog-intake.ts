import type { LogRecord } from '@timelapser/logger'
import { decodeSyslogMessage, type SyslogOrigin } from '../../ingest/syslog/syslog-message.ts'
import { now } from '../../store/database/timestamp.ts'
import { GatheringIntake, type GatheringIntakeOptions } from './gathering-intake.ts'

export type SyslogIntakeOptions = Omit<GatheringIntakeOptions, 'name'> &
  Pick<SyslogOrigin, 'cameras' | 'clock'>

/** Decodes syslog messages and gathers them into batches. */
export class SyslogIntake {
  readonly #options: SyslogIntakeOptions
  readonly #gathered: GatheringIntake

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

  /** Takes a message of a connection, without the framing; resolves once there was room for it. */
  async takeInTurn(message: Uint8Array, sender: string, signal: AbortSignal, cutBytes = 0): Promise<void> {
    const record = this.#decode(message, sender, cutBytes)
    if (record !== undefined) await this.#gathered.takeInTurn(record, sender, signal)
  }

  /** Stores what waits, in one try each; what cannot be stored now is told of, by its number. */
  close(): Promise<void> {
    return this.#gathered.close()
  }

  #decode(message: Uint8Array, sender: string, cutBytes: number): LogRecord | undefined {
    const { cameras, clock } = this.#options
    return decodeSyslogMessage(message, { now: now(), sender, cameras, clock, cutBytes })
  }
}
