import type pg from 'pg'
import { areBlocks } from '../blocks/block-tables.ts'
import { LIVE_TABLES, type RowTables } from '../blocks/unpack-blocks.ts'
import { asideName, UNDO_MINUTES } from './clear.ts'

/** Rows before this place, in the order of the list, are still to come. */
export type ScrubPlace = { timestamp: string; id: number }

/** Where the next rows are looked for: none of the tables has a partition that begins within it. */
export type ScrubStretch = { lower: string; from: ScrubPlace; tables: RowTables[] }

/**
 * The newest stretch with rows to come. Cleared rows that an undo can bring back are read as well, at their time: else
 * the undo would bring back unmasked text. Rows that are cleared or brought back in between keep their place.
 *
 * @param place undefined where it begins
 * @param hasCleared for a caller that holds the maintenance lock; until the transaction ends nothing is cleared
 */
export async function findStretch(
  client: pg.PoolClient,
  place: ScrubPlace | undefined,
  hasCleared: boolean,
): Promise<ScrubStretch | undefined> {
  if (hasCleared) await client.query('lock table only logs in access share mode')
  const { rows } = await client.query<{ lower: string | null; upper: string; clears: number[] }>({
    name: 'scrub_stretch',
    text: `
      select max(p.lower) as lower, max(p.upper) as upper,
        coalesce(array_agg(distinct p.clear_id) filter (where p.clear_id is not null), '{}') as clears
      from log_partitions p
      left join log_clears c on c.id = p.clear_id
      where (p.detached_at is null or $3::boolean and c.undone_at is null and c.dropped_at is null
          and c.cleared_at > now() - $4::integer * interval '1 minute')
        and ($1::timestamptz is null or (p.lower, 0) < ($1::timestamptz, $2::bigint))`,
    values: [place?.timestamp ?? null, place?.id ?? 0, hasCleared, UNDO_MINUTES],
  })
  const { lower = null, upper = '', clears = [] } = rows[0] ?? {}
  if (lower === null) return undefined
  const tables: RowTables[] = [LIVE_TABLES]
  for (const id of clears) {
    const blocks = asideName('log_blocks', id)
    // An older server cleared without setting blocks aside: there were none.
    tables.push({
      rows: asideName('logs', id),
      blocks: (await areBlocks(client, blocks)) ? blocks : undefined,
    })
  }
  return { lower, from: place ?? { timestamp: upper, id: 0 }, tables }
}
