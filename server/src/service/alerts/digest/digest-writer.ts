import type { StoredDelivery } from '../../../store/alerts/alert-deliveries.ts'
import type { DigestPeriod } from '../../../store/alerts/alert-digests.ts'
import { toMillis } from '../../../store/database/timestamp.ts'
import type { Notice } from '../delivery/notice.ts'
import { OwnerSight } from '../owner-sight.ts'
import type { Digest } from './digest.ts'
import { digestText, digestTitle } from './digest-text.ts'
import { type GatherOptions, gatherDigest } from './gather-digest.ts'

export type DigestWriterOptions = GatherOptions & {
  /** Where people reach the page. */
  pageUrl: string | undefined
}

/** Writes the notices of daily digests when they are sent, from what is stored then and what the owner may see then. */
export class DigestWriter {
  readonly #options: DigestWriterOptions
  /** Digests that are being gathered: those of several channels are one. */
  readonly #gathering = new Map<string, Promise<Digest>>()

  constructor(options: DigestWriterOptions) {
    this.#options = options
  }

  /** Undefined when the owner may not read any more. */
  async write(
    { id, created_at, dedup_key }: StoredDelivery,
    period: DigestPeriod,
  ): Promise<Notice | undefined> {
    const sight = await new OwnerSight(this.#options.pool).of(period.owner)
    if (!sight) return undefined
    const key = JSON.stringify([period, sight])
    const gathering = this.#gathering.get(key) ?? gatherDigest(this.#options, period, sight)
    this.#gathering.set(key, gathering)
    const digest = await gathering.finally(() => this.#gathering.delete(key))
    return {
      ...{ id: `alert-${id}-${toMillis(period.end)}`, kind: 'digest', dedup_key, at: created_at },
      rule: {
        ...{ id: 0, name: 'Daily digest', severity: 'info', condition: 'daily' },
        ...{ note: null, group_by: null },
      },
      ...{ groups: [], title: digestTitle(digest), text: digestText(digest) },
      ...{ link: this.#link(digest), lines: [], digest },
    }
  }

  /** The warnings and errors of the period. */
  #link({ start, end }: Digest): string | null {
    const { pageUrl } = this.#options
    const query = new URLSearchParams({ min_level: 'WARNING', from: start, to: end, live: '0' })
    return pageUrl === undefined ? null : `${pageUrl}/logs?${query}`
  }
}
