import { createHash } from 'node:crypto'
import type { LogRecord } from '@timelapser/logger'
import { LRUCache } from 'lru-cache'
import type pg from 'pg'

/** The identity of a batch: `batch` rises with each batch of the sender, one is under way at a time. */
export type SenderMark = {
  sender: string
  batch: number
  /** The sender's mark from before marks belonged to keys; the first sender that uses it takes it over. */
  formerly?: string
}

/**
 * The number of what was stored as part of a batch, in place of the batch's own; its sender is made of what is in it.
 * Batches' own are not negative.
 */
const PART_OF_A_BATCH = -1

/** The mark of a part of a batch, made of what is in it. */
export function markOfPart(
  { sender, batch }: SenderMark,
  start: number,
  records: readonly LogRecord[],
): SenderMark {
  const digest = createHash('sha256')
    .update(JSON.stringify([sender, batch, start, records]))
    .digest('hex')
  return { sender: digest.slice(0, 32), batch: PART_OF_A_BATCH }
}

/** The outcome of a batch. */
export type AddResult = {
  accepted: number
  /** Records PostgreSQL refused, by their index in the batch. */
  rejected: { index: number; reason: string }[]
  /** The first and last id of the stored rows, null when there are none. Between them are this batch's rows only, unless it was stored in parts. */
  first_id: number | null
  last_id: number | null
  /** The batch had been stored before; the numbers are those of then. */
  repeated: boolean
}

/** The answer to a batch without records. */
export function nothing(): AddResult {
  return { accepted: 0, rejected: [], first_id: null, last_id: null, repeated: false }
}

/** The database failed in the middle of a batch of several transactions: only its first records are stored. */
export class PartlyStored extends Error {
  override name = 'PartlyStored'
  /** How many of its records, from the first on, need not be sent again. */
  readonly records: number

  constructor(records: number, options: { cause: unknown }) {
    super(`the first ${records} records are stored, the others are not`, options)
    this.records = records
  }
}

/** How long parts are remembered: a sender that was off for so long sends what it had no answer to again. */
const PARTS_KEPT_DAYS = 30

/** A batch older than the last batch was acknowledged long ago; its numbers are gone, its rows are not. */
const NO_NUMBERS: AddResult = { accepted: 0, rejected: [], first_id: null, last_id: null, repeated: true }

type Batch = { sender: SenderMark | undefined }

/**
 * Moves the marks of the senders forward and returns the batches that did not move theirs: repeats of a batch that
 * is stored already, with what was answered then. The rows stay locked until COMMIT, so the same batch arriving
 * twice at once waits here.
 */
export async function claimBatches<B extends Batch>(
  client: pg.PoolClient,
  group: readonly B[],
): Promise<Map<B, AddResult>> {
  const repeats = new Map<B, AddResult>()
  // In one order everywhere, or two transactions would wait for each other.
  const marked = group
    .filter((b) => b.sender)
    .sort((a, b) => (senderOf(a).sender < senderOf(b).sender ? -1 : 1))
  for (const batch of marked) {
    const { sender, batch: number } = senderOf(batch)
    const { rowCount } = await client.query({
      name: 'claim_batch',
      text: `
        insert into senders (sender, last_batch)
        values ($1, $2)
        on conflict (sender) do update
        set last_batch = excluded.last_batch, updated_at = now()
        where senders.last_batch < excluded.last_batch`,
      values: [sender, number],
    })
    if (rowCount === 0) repeats.set(batch, await storedReply(client, sender, number))
  }
  return repeats
}

/** Keeps the reply of each sender, in case it asks again. */
export async function rememberReplies<B extends Batch>(
  client: pg.PoolClient,
  group: readonly B[],
  results: ReadonlyMap<B, AddResult>,
): Promise<void> {
  for (const batch of group) {
    const result = results.get(batch)
    if (!batch.sender || !result) continue
    await client.query({
      name: 'remember_reply',
      text: 'update senders set accepted = $2, first_id = $3, last_id = $4 where sender = $1',
      values: [batch.sender.sender, result.accepted, result.first_id, result.last_id],
    })
  }
}

async function storedReply(client: pg.PoolClient, sender: string, batch: number): Promise<AddResult> {
  return (await findReply(client, { sender, batch })) ?? NO_NUMBERS
}

/** The reply to a batch that is stored already; undefined when it is not. */
export async function findReply(
  client: pg.Pool | pg.PoolClient,
  { sender, batch }: SenderMark,
): Promise<AddResult | undefined> {
  const { rows } = await client.query<{
    last_batch: number
    accepted: number
    first_id: number | null
    last_id: number | null
  }>({
    name: 'stored_reply',
    text: 'select last_batch, accepted, first_id, last_id from senders where sender = $1',
    values: [sender],
  })
  const [row] = rows
  if (!row || row.last_batch < batch) return undefined
  if (row.last_batch > batch) return NO_NUMBERS
  const { accepted, first_id, last_id } = row
  return { accepted, rejected: [], first_id, last_id, repeated: true }
}

/** Moves a sender's mark past a batch all of which is stored, with its reply. */
export async function rememberBatch(
  pool: pg.Pool,
  { sender, batch }: SenderMark,
  result: AddResult,
): Promise<void> {
  await pool.query({
    name: 'remember_batch',
    text: `
      insert into senders (sender, last_batch, accepted, first_id, last_id)
      values ($1, $2, $3, $4, $5)
      on conflict (sender) do update
      set last_batch = excluded.last_batch, accepted = excluded.accepted, first_id = excluded.first_id,
        last_id = excluded.last_id, updated_at = now()
      where senders.last_batch < excluded.last_batch`,
    values: [sender, batch, result.accepted, result.first_id, result.last_id],
  })
}

/** Takes over the mark that a sender had before marks belonged to keys. */
export async function adoptMark(pool: pg.Pool, { sender, formerly }: SenderMark): Promise<void> {
  await pool.query({
    name: 'adopt_mark',
    text: `
      update senders
      set sender = $1
      where sender = $2 and not exists (select 1 from senders where sender = $1)`,
    values: [sender, formerly],
  })
}

/** Senders remembered; a forgotten sender costs a statement more. */
const MAX_SENDERS = 10_000

/** Has marks of before marks belonged to keys taken over, once by each sender. */
export class AdoptedMarks {
  readonly #pool: pg.Pool
  readonly #done = new LRUCache<string, Promise<void>>({ max: MAX_SENDERS })

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Resolves when the sender's former mark, if any, is its own. */
  async once(mark: SenderMark): Promise<void> {
    const known = this.#done.get(mark.sender)
    if (known) return known
    const adopting = adoptMark(this.#pool, mark)
    this.#done.set(mark.sender, adopting)
    await adopting.catch((error: unknown) => {
      this.#done.delete(mark.sender)
      throw error
    })
  }
}

/** Forgets the parts of batches that were stored long ago. */
export async function forgetParts(pool: pg.Pool): Promise<void> {
  await pool.query({
    name: 'forget_parts',
    text: `delete from senders where last_batch = $1 and updated_at < now() - $2::integer * interval '1 day'`,
    values: [PART_OF_A_BATCH, PARTS_KEPT_DAYS],
  })
}

function senderOf(batch: Batch): SenderMark {
  return batch.sender as SenderMark
}
