import type pg from 'pg'
import { numbersFrameSum, numbersSum } from './block-sums.ts'
import { numberColumnsOf } from './number-columns.ts'
import type { BlockKey } from './unpack-blocks.ts'

/** SQL of the JSON of a block's rows, and of the end of each; PostgreSQL escapes this character in JSON. */
const SEPARATOR = '\u001e'
const EXTRAS = `(
        select string_agg(coalesce(extra_data::text, ''), E'\\x1e' order by n)
        from unnest(b.extra) with ordinality as e (extra_data, n)
      )`

/**
 * Adds the columns of numbers to a block, for one who has just made it or holds the maintenance lock.
 *
 * @param blocks the table of blocks, or its parent
 * @throws when they do not say what the rows say
 */
export async function writeNumbers(
  client: pg.ClientBase,
  blocks: string,
  { first_timestamp, first_row_id }: BlockKey,
): Promise<void> {
  const { rows } = await client.query<{ rows: number; extras: string | null; codes: string }>(
    `/* read_extras */
    select rows, ${EXTRAS} as extras, array_to_string(b.codes, ',') as codes
    from ${blocks} b
    where first_timestamp = $1::timestamptz and first_row_id = $2::bigint`,
    [first_timestamp, first_row_id],
  )
  const [block] = rows
  if (!block) return
  const extras =
    block.extras === null ? new Array<string>(block.rows).fill('') : block.extras.split(SEPARATOR)
  const { fields, others, ends, bytes } = await numberColumnsOf(extras, block.codes.split(',').map(Number))
  await client.query(
    `/* write_numbers */
    update ${blocks} b
    set number_fields = $3::text[], other_fields = $4::text[], number_ends = $5::integer[], numbers = $6::bytea,
      numbers_sum = ${numbersSum('$6::bytea')},
      numbers_frame_sum = ${numbersFrameSum('b', ['$3::text[]', '$4::text[]', '$5::integer[]'])}
    where first_timestamp = $1::timestamptz and first_row_id = $2::bigint`,
    [first_timestamp, first_row_id, fields, others, ends, bytes],
  )
}
