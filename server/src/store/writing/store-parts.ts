// A batch that needs several transactions: its parts, side by side or one after the other.
import type pg from 'pg'
import { type AddResult, findReply, PartlyStored, rememberBatch, type SenderMark } from './senders.ts'
import type { Part } from './store-batches.ts'

/**
 * Stores the parts of a batch. With a sender's mark they go side by side, and the mark shows whether all of it was
 * stored before. Without a mark they go one after the other, so that the caller learns where to continue.
 *
 * @param store stores a part, in a transaction of its own or with others
 */
export async function storeInParts(
  pool: pg.Pool,
  parts: readonly Part[],
  sender: SenderMark | undefined,
  store: (part: Part) => Promise<AddResult>,
): Promise<AddResult> {
  if (!sender) return joinResults(parts, await storeInOrder(parts, store))
  const known = await findReply(pool, sender)
  if (known) return known
  const result = joinResults(parts, await Promise.all(parts.map(store)))
  await rememberBatch(pool, sender, result)
  return result
}

/** @throws {PartlyStored} when a part after the first fails */
async function storeInOrder(
  parts: readonly Part[],
  store: (part: Part) => Promise<AddResult>,
): Promise<AddResult[]> {
  const results: AddResult[] = []
  let stored = 0
  for (const part of parts) {
    try {
      results.push(await store(part))
    } catch (cause) {
      throw stored === 0 ? cause : new PartlyStored(stored, { cause })
    }
    stored += part.records.length
  }
  return results
}

/** The outcome of a batch, from the outcomes of its parts. Between its first and its last id may be others' rows. */
function joinResults(parts: readonly Part[], results: readonly AddResult[]): AddResult {
  let offset = 0
  const rejected = results.flatMap((result, part) => {
    const before = offset
    offset += parts[part]?.records.length ?? 0
    return result.rejected.map(({ index, reason }) => ({ index: before + index, reason }))
  })
  const ids = results.flatMap(({ first_id, last_id }) => [first_id, last_id]).filter((id) => id !== null)
  return {
    accepted: results.reduce((sum, { accepted }) => sum + accepted, 0),
    rejected,
    first_id: ids.length > 0 ? ids.reduce((a, b) => Math.min(a, b)) : null,
    last_id: ids.length > 0 ? ids.reduce((a, b) => Math.max(a, b)) : null,
    repeated: results.every(({ repeated }) => repeated),
  }
}
