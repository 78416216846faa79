import { createCipheriv, createDecipheriv, createHash, randomFillSync } from 'node:crypto'
import type pg from 'pg'
import { readOrCreateSecret } from '../../store/database/secrets.ts'
import type { Visibility } from '../../store/filter/log-filter.ts'
import { AppError } from '../app-error.ts'
import type { FeedPosition, LiveFeed } from './live-feed.ts'

/** A single block: no part of an id allows a guess of the next. */
const CIPHER = 'aes-128-ecb'
const BLOCK_BYTES = 16
/** Places in the block: the entry, the index, zeros that a text of somebody else's making does not have, and chance. */
const INDEX_AT = 6
const ZEROS_AT = 10
const CHANCE_AT = 12
/** The whole entry was seen. */
const WHOLE = 0xffffffff

/** A text of 16 bytes in base64url. */
const ID = /^[\w-]{22}$/
/** Ids of before, `<entry>.<index>`. */
const PLAIN_ID = /^(\d{1,15})\.(\d{1,15}|\*)$/

/** A position, and whether it was written in the form of before, which anybody can make up. */
export type ReadId = { position: FeedPosition; isPlain: boolean }

/**
 * Positions in the feed as ids of events. They are encrypted, each time differently: batches are numbered one after another,
 * and a viewer of few of them could count the others. All servers of a database have the same key.
 */
export class StreamIds {
  readonly #key: Buffer

  private constructor(key: Buffer) {
    this.#key = key
  }

  static async open(pool: pg.Pool): Promise<StreamIds> {
    const secret = await readOrCreateSecret(pool, 'stream ids')
    return new StreamIds(createHash('sha256').update(secret).digest().subarray(0, BLOCK_BYTES))
  }

  format({ entry, index }: FeedPosition): string {
    const block = Buffer.alloc(BLOCK_BYTES)
    block.writeUIntBE(entry, 0, INDEX_AT)
    block.writeUInt32BE(Number.isFinite(index) ? index : WHOLE, INDEX_AT)
    randomFillSync(block, CHANCE_AT)
    const cipher = createCipheriv(CIPHER, this.#key, null).setAutoPadding(false)
    return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url')
  }

  /**
   * Undefined for an id of another database.
   *
   * @throws {AppError} INVALID_CURSOR when the text is no id of an event
   */
  parse(text: string): ReadId | undefined {
    const trimmed = text.trim()
    const [, entry, index] = PLAIN_ID.exec(trimmed) ?? []
    if (entry !== undefined) {
      return { position: toPosition(Number(entry), index === '*' ? WHOLE : Number(index)), isPlain: true }
    }
    if (!ID.test(trimmed)) {
      throw new AppError('INVALID_CURSOR', 'Invalid last_event_id. Use the id of an event of this stream.')
    }
    const decipher = createDecipheriv(CIPHER, this.#key, null).setAutoPadding(false)
    const block = Buffer.concat([decipher.update(Buffer.from(trimmed, 'base64url')), decipher.final()])
    if (block.readUInt16BE(ZEROS_AT) !== 0) return undefined
    return {
      position: toPosition(block.readUIntBE(0, INDEX_AT), block.readUInt32BE(INDEX_AT)),
      isPlain: false,
    }
  }
}

function toPosition(entry: number, index: number): FeedPosition {
  return { entry, index: index >= WHOLE ? Number.POSITIVE_INFINITY : index }
}

/** Where a stream begins to read. */
export type Start = { position: FeedPosition; reset?: 'position_too_old' | 'position_unknown' }

/** The position to read from, and why it differs from the requested position. @throws {AppError} INVALID_CURSOR */
export async function startOf(
  liveFeed: LiveFeed,
  ids: StreamIds,
  visibility: Visibility,
  lastEventId: string | undefined,
): Promise<Start> {
  const head = await liveFeed.head()
  if (!lastEventId) return { position: head }
  const read = ids.parse(lastEventId)
  // Whether an invented number is beyond the last batch would reveal how many there are.
  const isKnown = read && !(read.isPlain && isLimited(visibility))
  // A position of a database that was restored: everything up to there would be passed over in silence.
  if (!isKnown || read.position.entry > head.entry) return { position: head, reset: 'position_unknown' }
  const { position } = read
  if (await liveFeed.reachesBackTo(position)) return { position }
  return { position: head, reset: 'position_too_old' }
}

/** Whether there may be lines that the reader may not know of. */
function isLimited({ cameras, min_level }: Visibility): boolean {
  return cameras !== null || min_level !== undefined
}

/** A stream that sends ids, at once or with its heartbeat. */
type IdStream = { push(event: { id: string }): unknown; beatWith(id: () => string): void }

/**
 * The ids that a stream sends. A position that moved without rows is sent at once to readers of all lines; others get
 * it with the heartbeat, which comes whether or not it moved: else they would see when batches come that they may not
 * know of.
 */
export class ToldPositions {
  readonly #stream: IdStream
  readonly #ids: StreamIds
  readonly #isLimited: boolean
  #position: FeedPosition

  constructor(stream: IdStream, ids: StreamIds, from: FeedPosition, visibility: Visibility) {
    this.#stream = stream
    this.#ids = ids
    this.#isLimited = isLimited(visibility)
    this.#position = from
    if (this.#isLimited) stream.beatWith(() => ids.format(this.#position))
  }

  /** The id of a position that the client will be at. */
  at(position: FeedPosition): string {
    this.#position = position
    return this.#ids.format(position)
  }

  /** The position moved, and there is nothing else to send. */
  moved(position: FeedPosition): void {
    this.#position = position
    if (!this.#isLimited) this.#stream.push({ id: this.#ids.format(position) })
  }
}
