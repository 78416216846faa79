import type pg from 'pg'
import { IS_WHOLE } from './block-sums.ts'
import type { BlockKey } from './unpack-blocks.ts'

export type BlockCheck = {
  blocks: number
  /** The blocks whose checksums were compared. */
  verified: number
  damaged: BlockKey[]
}

/** Compares the checksums of some blocks, chosen at random: some ten milliseconds each. */
export async function verifyBlocks(pool: pg.Pool, most: number): Promise<BlockCheck> {
  const { rows: keys } = await pool.query<BlockKey & { blocks: number }>({
    text: `
      /* blocks_to_verify */
      select first_timestamp, first_row_id, count(*) over () as blocks
      from log_blocks
      order by random()
      limit $1`,
    values: [most],
  })
  const damaged: BlockKey[] = []
  for (const { first_timestamp, first_row_id } of keys) {
    if (!(await isWhole(pool, { first_timestamp, first_row_id })))
      damaged.push({ first_timestamp, first_row_id })
  }
  return { blocks: keys[0]?.blocks ?? 0, verified: keys.length, damaged }
}

/** A block that is gone meanwhile is not damaged; one that cannot be decompressed is. */
async function isWhole(pool: pg.Pool, { first_timestamp, first_row_id }: BlockKey): Promise<boolean> {
  try {
    const { rows } = await pool.query<{ is_whole: boolean }>(
      `/* verify_block */
      select ${IS_WHOLE} as is_whole
      from log_blocks b
      where first_timestamp = $1::timestamptz and first_row_id = $2::bigint`,
      [first_timestamp, first_row_id],
    )
    return rows[0]?.is_whole ?? true
  } catch (error) {
    // XX: of PostgreSQL's own data.
    if (String((error as { code?: unknown }).code).startsWith('XX')) return false
    throw error
  }
}
