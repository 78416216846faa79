import { createHash } from 'node:crypto'
import type pg from 'pg'
import { listChannels } from '../../../store/alerts/alert-channels.ts'
import { addDeliveries, type NewDelivery } from '../../../store/alerts/alert-deliveries.ts'
import {
  advanceDigest,
  type DigestPeriod,
  lockDueDigests,
  type StoredDigest,
} from '../../../store/alerts/alert-digests.ts'
import { present } from '../../../store/alerts/alert-position.ts'
import { fromMillis, toMillis } from '../../../store/database/timestamp.ts'
import { inTransaction } from '../../../store/database/transaction.ts'
import { OwnerSight } from '../owner-sight.ts'
import { lastTime, nextTime } from '../wall-clock.ts'

/** How often it is looked for digests that are due. */
const LOOK_MS = 15_000

export type DigestClockOptions = {
  pool: pg.Pool
  /** Called when notices were written. */
  onNotices: () => void
  onFailure: (error: unknown) => void
}

/**
 * Writes the notices of daily digests when they are due. The next time moves in the same transaction, so each is written
 * once, by whichever server; after days without a server one is written, for the last day.
 */
export class DigestClock {
  readonly #options: DigestClockOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<unknown> = Promise.resolve()

  constructor(options: DigestClockOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.look()).catch(this.#options.onFailure)
    }, LOOK_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** Writes some that are due; returns how many. */
  async look(): Promise<number> {
    const { pool, onNotices } = this.#options
    const written = await inTransaction(pool, async (client) => {
      const due = await lockDueDigests(client)
      if (due.length === 0) return 0
      const now = toMillis(await present(client))
      const sight = new OwnerSight(pool)
      const ids = new Map((await listChannels(client)).map(({ name, id }) => [name, id]))
      for (const digest of due) {
        const end = lastTime(now, digest)
        const isReader = (await sight.of(digest.owner)) !== undefined
        if (isReader) await addDeliveries(client, deliveriesOf(digest, end, ids))
        const next_at = fromMillis(nextTime(now, digest))
        await advanceDigest(client, { owner: digest.owner, next_at, last_at: fromMillis(end) })
      }
      return due.length
    })
    if (written > 0) onNotices()
    return written
  }
}

function deliveriesOf(
  digest: StoredDigest,
  end: number,
  channelIds: ReadonlyMap<string, number>,
): NewDelivery[] {
  const { owner, timezone, channels } = digest
  const start = lastTime(end - 1, digest)
  const before = lastTime(start - 1, digest)
  const period: DigestPeriod = {
    ...{ owner, timezone, before: fromMillis(before), start: fromMillis(start), end: fromMillis(end) },
  }
  const name = createHash('sha256').update(owner).digest('hex').slice(0, 12)
  const notice = {
    ...{ rule_id: 0, kind: 'digest', transitions: [], digest: period },
    dedup_key: `timelapser-digest-${name}-${end}`,
  }
  return channels.flatMap((channel) => {
    const channel_id = channelIds.get(channel)
    return channel_id === undefined ? [] : [{ channel_id, ...notice }]
  })
}
