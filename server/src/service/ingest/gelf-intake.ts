import { ByteBudget } from '../../byte-budget.ts'
import { decodeGelf, unpackGelf } from '../../ingest/gelf/gelf-message.ts'
import { now } from '../../store/database/timestamp.ts'
import { GatheringIntake, type GatheringIntakeOptions } from './gathering-intake.ts'
import { GelfChunks } from './gelf-chunks.ts'

/** Bytes of chunks whose message is not complete. */
const CHUNK_BYTES = 8 * 1024 * 1024
const CHUNK_BYTES_OF_ONE = 4 * 1024 * 1024
/** How often it is looked for messages whose chunks did not all come. */
const EXPIRE_MS = 1000

/** Decodes GELF messages and gathers them into batches; unreadable messages are counted as rejected. */
export class GelfIntake {
  readonly #gathered: GatheringIntake
  readonly #chunkBudget = new ByteBudget('gelf_chunks', CHUNK_BYTES, CHUNK_BYTES_OF_ONE)
  readonly #chunks = new GelfChunks(this.#chunkBudget)
  readonly #timer: NodeJS.Timeout

  constructor(options: Omit<GatheringIntakeOptions, 'name'>) {
    this.#gathered = new GatheringIntake({ ...options, name: 'gelf' })
    this.#timer = setInterval(() => this.#expire(), EXPIRE_MS)
    this.#timer.unref()
  }

  get budgets(): ByteBudget[] {
    return [this.#gathered.budget, this.#chunkBudget]
  }

  /** Takes a datagram: a message, packed or not, or a chunk of one. */
  takeDatagram(datagram: Buffer, sender: string): void {
    const whole = this.#chunks.push(datagram, sender, performance.now())
    if (whole === 'incomplete') return
    const message = whole === 'unusable' ? undefined : unpackGelf(whole.message)
    if (message === undefined) this.#gathered.lose()
    else this.take(message, sender)
  }

  /** Takes a message, or counts it as lost when there is no room. */
  take(message: Buffer, sender: string): void {
    const record = this.#decode(message, sender)
    if (typeof record === 'string') this.#gathered.lose()
    else this.#gathered.take(record, sender)
  }

  /** Takes a message of a connection; resolves once there was room for it. */
  async takeInTurn(message: Buffer, sender: string, signal: AbortSignal): Promise<void> {
    const record = this.#decode(message, sender)
    if (typeof record === 'string') this.#gathered.lose()
    else await this.#gathered.takeInTurn(record, sender, signal)
  }

  /** Stores waiting messages, in one try each; the number of messages that cannot be stored now is reported. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#gathered.close()
  }

  #decode(message: Buffer, sender: string) {
    return decodeGelf(message, { now: now(), source: sender })
  }

  #expire(): void {
    for (let expired = this.#chunks.expire(performance.now()); expired > 0; expired--) this.#gathered.lose()
  }
}
