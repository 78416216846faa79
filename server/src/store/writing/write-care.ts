import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { isClosingRefusal, recoverEndings } from '../partitions/partition-closing.ts'
import { isMissingPartition } from '../partitions/partitions.ts'
import { isDataError } from './store-batches.ts'

/**
 * How the records that PostgreSQL refuses are looked for, at the cost of a few statements more: not at all, those whose
 * values it refuses, or also those that no partition takes.
 */
export type Care = 'none' | 'records' | 'places'

/** How often a batch is written whose partition is dropped under its hands: clears that follow each other closely. */
const MAX_ATTEMPTS = 5

/** How often a batch is tried that reaches into a partition about to end, 50 ms apart: longer than an ending takes. */
const MAX_CLOSING_ATTEMPTS = 1500
const CLOSING_RETRY_MS = 50

/** After this many attempts it is checked whether the server that was ending the partition is still there. */
const ATTEMPTS_BEFORE_RECOVERY = 100

/**
 * The care with which a write that failed is tried again: a greater one when a record may be at fault, the same when the
 * partitions are to be looked at anew. Waits when a partition is about to end.
 *
 * @throws the error when it is not to be tried again
 */
export async function careAfter(
  error: unknown,
  { attempt, care }: { attempt: number; care: Care },
  pool: pg.Pool,
): Promise<Care> {
  if (isDataError(error) && care === 'none') return 'records'
  if (isMissingPartition(error) && attempt >= MAX_ATTEMPTS && care !== 'places') return 'places'
  const isEnding = isClosingRefusal(error)
  if (!isEnding && !isMissingPartition(error) && !isDeadlock(error)) throw error
  if (attempt >= (isEnding ? MAX_CLOSING_ATTEMPTS : MAX_ATTEMPTS)) throw error
  if (isEnding) {
    if (attempt % ATTEMPTS_BEFORE_RECOVERY === 0) await recoverEndings(pool)
    await delay(CLOSING_RETRY_MS)
  }
  return care
}

/** PostgreSQL ended us so that another could go on. */
function isDeadlock(error: unknown): boolean {
  return (error as { code?: unknown }).code === '40P01'
}
