import type pg from 'pg'
import { listChannels } from '../../../store/alerts/alert-channels.ts'
import {
  claimDeliveries,
  endAttempt,
  postpone,
  type StoredDelivery,
} from '../../../store/alerts/alert-deliveries.ts'
import type { SecretBox } from '../../secret-box.ts'
import type { ChannelSecret } from './channel.ts'
import type { NoticeWriter } from './notice-writer.ts'
import { type Attempt, type SendOptions, send } from './send.ts'

/** How often it is looked for what is due. */
const LOOK_MS = 2000
/** Notices on their way at once. */
const AT_ONCE = 8

const SECOND = 1000
/** The pauses after the first failures; then an hour each, until a day is over. */
const PAUSES_MS = [10, 30, 60, 120, 300, 600, 1800].map((seconds) => seconds * SECOND)
const LONGEST_PAUSE_MS = 3600 * SECOND

export type DelivererOptions = SendOptions & {
  pool: pg.Pool
  writer: NoticeWriter
  box: SecretBox
  onFailure: (error: unknown) => void
  onAttempt?: (outcome: 'sent' | 'failed' | 'dead') => void
  /** Called for a notice that is given up. */
  onDead: (dead: { channel: string; error: string | null }) => void
}

/** Delivers the notices in the outbox to their channels; any server may, each notice is one server's at a time. */
export class Deliverer {
  readonly #options: DelivererOptions
  #running: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #isAwake = false

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  start(): void {
    this.#schedule(LOOK_MS)
  }

  /** Announces a new notice in the outbox. */
  wake(): void {
    if (this.#isStopped || this.#isAwake) return
    this.#isAwake = true
    this.#schedule(0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(millis: number): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#running = this.#running.then(() => this.#run())
    }, millis).unref()
  }

  async #run(): Promise<void> {
    if (this.#isStopped) return
    this.#isAwake = false
    const taken = await this.deliver().catch((error: unknown) => {
      this.#options.onFailure(error)
      return 0
    })
    this.#schedule(taken === AT_ONCE || this.#isAwake ? 0 : LOOK_MS)
  }

  /** Tries what is due, a few at once; returns how many. */
  async deliver(): Promise<number> {
    const { pool } = this.#options
    const due = await claimDeliveries(pool, AT_ONCE)
    if (due.length === 0) return 0
    const channels = new Map((await listChannels(pool)).map((channel) => [channel.id, channel]))
    await Promise.all(
      due.map(async (delivery) => {
        const channel = channels.get(delivery.channel_id)
        const attempt = channel
          ? await this.#attempt(delivery, channel.sealed)
          : { isSent: false, reply: null, error: 'The channel is gone.' }
        await this.#end(delivery, attempt, channel?.name ?? `channel ${delivery.channel_id}`)
      }),
    )
    return due.length
  }

  async #attempt(delivery: StoredDelivery, sealed: Buffer): Promise<Attempt> {
    const { writer, box } = this.#options
    try {
      const secret = box.open<ChannelSecret>(sealed)
      const notice = await writer.write(delivery)
      if (!notice) {
        const error = delivery.digest ? 'Its owner may not read logs any more.' : 'The rule is gone.'
        return { isSent: false, reply: null, error, retryAfterMs: Infinity }
      }
      return await send(secret, notice, this.#options)
    } catch (error) {
      return { isSent: false, reply: null, error: (error as Error).message.slice(0, 500) }
    }
  }

  async #end(delivery: StoredDelivery, attempt: Attempt, channel: string): Promise<void> {
    const { pool, onAttempt, onDead } = this.#options
    const { isSent, reply, error, retryAfterMs = 0 } = attempt
    const pause = Math.max(PAUSES_MS[delivery.attempts - 1] ?? LONGEST_PAUSE_MS, retryAfterMs)
    const pauseMs = isSent || pause === Infinity ? null : Math.round(pause * (1 + Math.random() / 10))
    const state = await endAttempt(pool, delivery, { isSent, reply, error, pauseMs })
    onAttempt?.(state === 'pending' ? 'failed' : (state ?? 'failed'))
    // Those behind it would fail as well, and keep other channels' notices waiting meanwhile.
    if (state === 'pending' && pauseMs !== null) await postpone(pool, delivery.channel_id, PAUSES_MS[0] ?? 0)
    if (state === 'dead') onDead({ channel, error })
  }
}
