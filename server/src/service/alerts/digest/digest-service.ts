import { type Static, Type } from 'typebox'
import { listChannels } from '../../../store/alerts/alert-channels.ts'
import { findDigest, lockDigest, type StoredDigest, saveDigest } from '../../../store/alerts/alert-digests.ts'
import { present } from '../../../store/alerts/alert-position.ts'
import { fromMillis, MINUTE, toMillis } from '../../../store/database/timestamp.ts'
import type { Principal } from '../../access/access.ts'
import type { AuditTrail } from '../../access/audit-trail.ts'
import { AppError } from '../../app-error.ts'
import { parseTimeZone } from '../../logs/time-zone.ts'
import { ownerOf } from '../owner-sight.ts'
import { type DailyTime, daysEarlier, localDate, nextTime } from '../wall-clock.ts'
import type { Digest } from './digest.ts'
import { digestText, digestTitle } from './digest-text.ts'
import { type GatherOptions, gatherDigest } from './gather-digest.ts'

const MAX_CHANNELS = 20

export const DigestInputSchema = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ description: 'true unless given' })),
    at: Type.String({
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
      description: 'The time of day at which it is sent, such as 07:00; it covers the day up to then',
    }),
    timezone: Type.String({ minLength: 1, maxLength: 60, description: 'IANA name, such as Europe/Berlin' }),
    channels: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      maxItems: MAX_CHANNELS,
      description: 'Names of the channels that it is sent to',
    }),
  },
  { additionalProperties: false },
)
export type DigestInput = Static<typeof DigestInputSchema>

export type DigestServiceOptions = GatherOptions & { auditTrail: AuditTrail }

/** Daily digests: each reader has one of their own, over the lines and rules they may see. */
export class DigestService {
  readonly #options: DigestServiceOptions

  constructor(options: DigestServiceOptions) {
    this.#options = options
  }

  async get(reader: Principal) {
    const digest = await findDigest(this.#options.pool, ownerOf(reader))
    return digest ? shown(digest) : null
  }

  /** @throws {AppError} INVALID_REQUEST naming the zone or the channel that does not exist */
  async save({ enabled = true, at, timezone, channels }: DigestInput, author: Principal) {
    parseTimeZone(timezone)
    const names = [...new Set(channels)]
    const owner = ownerOf(author)
    const digest = await this.#options.auditTrail.change(async (client) => {
      const known = await listChannels(client)
      const unknown = names.find((name) => !known.some((one) => one.name === name))
      if (unknown !== undefined) {
        throw new AppError(
          'INVALID_REQUEST',
          `channels names "${unknown}", and there is no channel of that name.`,
        )
      }
      const before = await lockDigest(client, owner)
      const now = toMillis(await present(client))
      const fields = { enabled, at, timezone, channels: names }
      const next_at = fromMillis(firstOne(now, fields, before?.last_at ?? null))
      const result = await saveDigest(client, { ...fields, owner, owner_name: author.name, next_at })
      const entry = {
        ...{ action: 'alert_digest.update', entity: `digest of ${owner}` },
        ...(before && { before: settingsOf(before) }),
        after: fields,
      }
      return { result, entry }
    })
    return digest ? shown(digest) : null
  }

  /** The digest of the day up to now, as it would be sent. */
  async preview(
    { timezone: asked }: { timezone?: string | undefined },
    reader: Principal,
    signal: AbortSignal,
  ): Promise<Digest & { title: string; text: string }> {
    const { pool } = this.#options
    const owner = ownerOf(reader)
    const timezone = parseTimeZone(asked ?? (await findDigest(pool, owner))?.timezone ?? 'UTC')
    const end = Math.floor(toMillis(await present(pool)) / MINUTE) * MINUTE
    const [start, before] = [daysEarlier(end, 1, timezone), daysEarlier(end, 2, timezone)]
    const period = { start: fromMillis(start), end: fromMillis(end), before: fromMillis(before) }
    const sight = { visibility: reader.visibility, isAdmin: reader.role === 'admin' }
    const digest = await gatherDigest(this.#options, { owner, timezone, ...period }, sight, signal)
    return { ...digest, title: digestTitle(digest), text: digestText(digest) }
  }
}

/** The next time, on another day than the last digest: a changed time brings no second one on the same day. */
function firstOne(now: number, time: DailyTime, last_at: string | null): number {
  let next = nextTime(now, time)
  if (last_at === null) return next
  const lastDate = localDate(toMillis(last_at), time.timezone)
  while (localDate(next, time.timezone) <= lastDate) next = nextTime(next, time)
  return next
}

function settingsOf({ enabled, at, timezone, channels }: StoredDigest) {
  return { enabled, at, timezone, channels }
}

function shown({ next_at, last_at, updated_at, ...digest }: StoredDigest) {
  return {
    ...settingsOf({ next_at, last_at, updated_at, ...digest }),
    // One that is switched off comes at no time.
    next_at: digest.enabled ? next_at : null,
    ...{ last_at, updated_at },
  }
}
