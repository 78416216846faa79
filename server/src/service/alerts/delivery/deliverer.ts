import type pg from 'pg'
import { onOwnBehalf } from '../../../caller.ts'
import { listChannels, type StoredChannel } from '../../../store/alerts/alert-channels.ts'
import {
  claimDeliveries,
  endAttempt,
  type OnTheWay,
  postpone,
  type StoredDelivery,
} from '../../../store/alerts/alert-deliveries.ts'
import type { SecretBox } from '../../secret-box.ts'
import type { ChannelSecret } from './channel.ts'
import type { NoticeWriter } from './notice-writer.ts'
import { type Attempt, type SendOptions, send } from './send.ts'

/** How often it is looked for what is due. */
const LOOK_MS = 2000
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

/**
 * Delivers the notices in the outbox to their channels; any server may, each notice is one server's at a time. An attempt
 * waits for no other one: with each that ends, its place goes to the next notice that is due.
 */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #attempts = new Map<StoredDelivery, Promise<void>>()
  #looking: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isStopped = true
  #isLooking = false
  #isAwake = false

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  start(): void {
    this.#isStopped = false
    this.#schedule(LOOK_MS)
  }

  /** Announces a new notice in the outbox. */
  wake(): void {
    if (this.#isStopped || this.#isAwake) return
    this.#isAwake = true
    if (!this.#isLooking) this.#schedule(0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#looking
    await Promise.all(this.#attempts.values())
  }

  #schedule(millis: number): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    // The caller whose request wakes it does not pay for it.
    this.#timer = onOwnBehalf(() =>
      setTimeout(() => {
        this.#looking = this.#look()
      }, millis).unref(),
    )
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    this.#isAwake = false
    await this.#begin().catch(this.#options.onFailure)
    this.#isLooking = false
    this.#schedule(this.#isAwake ? 0 : LOOK_MS)
  }

  /** Begins an attempt for each notice that is due and has a place. */
  async #begin(): Promise<void> {
    const { pool, onFailure } = this.#options
    const due = await claimDeliveries(pool, onTheWay(this.#attempts.keys()))
    if (due.length === 0) return
    const channels = new Map((await listChannels(pool)).map((channel) => [channel.id, channel]))
    for (const delivery of due) {
      const attempt = this.#deliver(delivery, channels.get(delivery.channel_id))
        .catch(onFailure)
        .finally(() => {
          this.#attempts.delete(delivery)
          this.wake()
        })
      this.#attempts.set(delivery, attempt)
    }
  }

  async #deliver(delivery: StoredDelivery, channel: StoredChannel | undefined): Promise<void> {
    const attempt = channel
      ? await this.#attempt(delivery, channel.sealed)
      : { isSent: false, reply: null, error: 'The channel is gone.' }
    await this.#end(delivery, attempt, channel?.name ?? `channel ${delivery.channel_id}`)
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

function onTheWay(deliveries: Iterable<StoredDelivery>): OnTheWay[] {
  const counts = new Map<string, OnTheWay>()
  for (const { channel_id, digest } of deliveries) {
    const is_digest = digest !== null
    const key = `${channel_id} ${is_digest}`
    const known = counts.get(key) ?? { channel_id, is_digest, count: 0 }
    counts.set(key, { ...known, count: known.count + 1 })
  }
  return [...counts.values()]
}
