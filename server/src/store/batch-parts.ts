// A transaction holds a lock on every partition it writes to and on each of its indexes until it ends, and all
// connections of a PostgreSQL with usual settings share some 6,400 of them: a batch that reaches into 600 days would end
// with "out of shared memory". So one that reaches into many partitions becomes several transactions.
import { createHash } from 'node:crypto'
import type { LogRecord } from '@timelapser/logger'
import { PART_OF_A_BATCH, type SenderMark } from './senders.ts'
import type { AddResult, Batch } from './store-batches.ts'

/**
 * Stretches of ten minutes that the rows of a transaction may lie in. Partitions are hardly ever narrower, so it writes
 * to about as many at most; with ten indexes each, three transactions at once hold a third of the locks there are.
 */
const MAX_STRETCHES = 64

/** `2026-11-20T12:3`: what timestamps of the same ten minutes have in common. */
const STRETCH_LENGTH = 15

/** A batch that one transaction can take, and the stretches its rows lie in. */
export type Part = Batch & { stretches: ReadonlySet<string> }

/**
 * The batch in as few parts as can be stored in a transaction each: one for nearly every batch.
 *
 * Each of several has a sender's mark of its own, made of what is in it. A batch that was stored in part and is sent
 * again is cut in the same places, and only the parts that were not stored are; a part that is another by now, as the
 * level of a logger was changed meanwhile, is stored whole: twice rather than never.
 */
export function partsOf(records: readonly LogRecord[], sender: SenderMark | undefined): Part[] {
  const parts: Part[] = []
  let stretches = new Set<string>()
  let stretch = ''
  let start = 0
  const cut = (end: number) => {
    if (start === 0 && end === records.length) parts.push({ records, sender, stretches })
    else {
      const own = records.slice(start, end)
      parts.push({ records: own, sender: sender && markOf(sender, start, own), stretches })
    }
    start = end
    stretches = new Set()
  }
  for (let index = 0; index < records.length; index++) {
    const { timestamp } = records[index] as LogRecord
    if (stretch !== '' && timestamp.startsWith(stretch)) continue
    stretch = timestamp.slice(0, STRETCH_LENGTH)
    if (!stretches.has(stretch) && stretches.size === MAX_STRETCHES) cut(index)
    stretches.add(stretch)
  }
  cut(records.length)
  return parts
}

/** Whether batches that touch these stretches fit in a transaction with the others, which it adds them to then. */
export function joinStretches(all: Set<string>, own: ReadonlySet<string>): boolean {
  let added = 0
  for (const stretch of own) if (!all.has(stretch)) added++
  if (all.size > 0 && all.size + added > MAX_STRETCHES) return false
  for (const stretch of own) all.add(stretch)
  return true
}

/** What became of a batch, by what became of its parts. Between its first and its last id may be others' rows. */
export function joinResults(parts: readonly Part[], results: readonly AddResult[]): AddResult {
  const [only] = results
  if (results.length === 1 && only) return only
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
    first_id: ids.length > 0 ? Math.min(...ids) : null,
    last_id: ids.length > 0 ? Math.max(...ids) : null,
    repeated: results.every(({ repeated }) => repeated),
  }
}

function markOf({ sender, batch }: SenderMark, start: number, records: readonly LogRecord[]): SenderMark {
  const digest = createHash('sha256')
    .update(JSON.stringify([sender, batch, start, records]))
    .digest('hex')
  return { sender: digest.slice(0, 32), batch: PART_OF_A_BATCH }
}
