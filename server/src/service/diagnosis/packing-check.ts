import type pg from 'pg'
import { verifyBlocks } from '../../store/blocks/verify-blocks.ts'
import { readPackingProgress } from '../../store/partitions/packing-switch.ts'
import { bytes, type Check, checkOf, count, type Trouble } from './check.ts'

/** Blocks that a diagnosis verifies: a second or two. */
const VERIFIED_BLOCKS = 100

/** Whether packing was ever turned on: nothing is said of it otherwise. */
export async function isPackingOn(pool: pg.Pool): Promise<boolean> {
  return (await readPackingProgress(pool)).begun_at !== null
}

/** Packed lines: how many, the room they save, and whether blocks are as they were made. */
export async function checkPacking(pool: pg.Pool): Promise<Check> {
  const progress = await readPackingProgress(pool)
  const { blocks, verified, damaged } = await verifyBlocks(pool, VERIFIED_BLOCKS)
  const troubles: Trouble[] = damaged.map(({ first_timestamp, first_row_id }) => ({
    verdict: 'failure',
    cause: `The block of packed lines from ${first_timestamp} (line ${first_row_id}) is damaged: reading it fails.`,
    advice:
      'Check the disk and the log of PostgreSQL. Restore a backup, or delete the row of log_blocks with this first_timestamp and first_row_id: its lines are then lost, and all others are readable again.',
  }))
  const due =
    progress.due_partitions === 0 ? '' : `, ${count(progress.due_partitions, 'partition')} to be packed`
  const finding = `${count(progress.packed_rows, 'row')} packed in ${count(blocks, 'block')}, ${bytes(progress.packed_bytes)} instead of ${bytes(progress.unpacked_bytes)}${due}; ${verified} verified`
  return checkOf('packing', finding, { ...progress, blocks, verified, damaged }, troubles)
}
