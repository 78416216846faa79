// How rows become a block: the format that `every-row.ts` reads.
import { SUM_COLUMNS, sumsOf } from './block-sums.ts'

/** Rows of a block at most, and bytes of their text. */
export const BLOCK_ROWS = 8192
export const BLOCK_BYTES = 4 * 1024 * 1024

/** Fewer rows stay rows: a block of them would take as much room. */
export const FEWEST_ROWS = 64

/** A longer line stays a row, as does one with the character that joins messages. */
const LONGEST_TEXT = 65_536

/** The condition on a row that can be in a block. */
export const IS_PACKABLE = `octet_length(message) <= ${LONGEST_TEXT}
        and coalesce(pg_column_size(extra_data), 0) <= ${LONGEST_TEXT} and position(E'\\x1e' in message) = 0`

/** The columns of a block but `format` and the signature. */
const COLUMNS = `rows, raw_bytes, first_timestamp, last_timestamp, first_row_id, last_row_id,
      first_id, last_id, step,
      levels, sources, cameras, loggers, codes, ids, wide_ids, times, wide_times, messages, extra`

/** The same with the types they have in the table already, which a checksum depends on. */
const MADE = COLUMNS.replace('rows, raw_bytes, ', '')

/**
 * Common table expressions that put the rows of a relation into a block, `packed`; none when the relation has fewer than
 * two. All are of one day (UTC) and one partition.
 *
 * @param relation of the columns of `logs`
 * @param into the table of blocks, or its parent
 * @param signature SQL of the block's signature and its bits, when there is one
 */
export function packInto(
  into: string,
  relation: string,
  signature = 'null::bytea as signature, null::integer as signature_bits, null::bigint as signature_sum',
): string {
  return `numbered as materialized (
      select r.*,
        row_number() over (order by timestamp, id) - 1 as n,
        dense_rank() over (
          order by level collate "C", source collate "C", camera_id, logger_name collate "C"
        ) as code
      from ${relation} r
    ), bounds as materialized (
      select count(*) as rows, min(timestamp) as first_timestamp, max(timestamp) as last_timestamp,
        min(id) as first_id, max(id) as last_id,
        ${micros('max(timestamp)', 'min(timestamp)')} / greatest(count(*) - 1, 1) as step
      from numbered
    ), placed as (
      select r.*, r.id - b.first_id - r.n as id_step,
        ${micros('r.timestamp', 'b.first_timestamp')} - r.n * b.step as time_step
      from numbered r
      cross join bounds b
    ), dictionary as (
      select array_agg(level::text order by code) as levels, array_agg(source::text order by code) as sources,
        array_agg(camera_id order by code) as cameras, array_agg(logger_name::text order by code) as loggers
      from (select distinct level, source, camera_id, logger_name, code from numbered) entries
    ), columns as (
      select (array_agg(id order by n))[1] as first_row_id, (array_agg(id order by n desc))[1] as last_row_id,
        sum(octet_length(message) + coalesce(octet_length(extra_data::text), 0)) as raw_bytes,
        array_agg(code::smallint order by n) as codes,
        case when ${fits('id_step')} then array_agg(${narrow('id_step')} order by n) end as ids,
        case when not ${fits('id_step')} then array_agg(id_step order by n) end as wide_ids,
        case when ${fits('time_step')} then array_agg(${narrow('time_step')} order by n) end as times,
        case when not ${fits('time_step')} then array_agg(time_step order by n) end as wide_times,
        string_agg(message, E'\\x1e' order by n) as messages,
        case when count(extra_data) > 0 then array_agg(extra_data order by n) end as extra
      from placed
    ), packed as (
      insert into ${into} (${COLUMNS}, signature, signature_bits, signature_sum, ${SUM_COLUMNS})
      select ${COLUMNS}, signature, signature_bits, signature_sum, ${sumsOf('made')}
      from (
        select rows::integer as rows, raw_bytes::bigint as raw_bytes, ${MADE}, ${signature}
        from bounds, dictionary, columns
        where rows >= ${FEWEST_ROWS}
        offset 0
      ) made
      returning *
    )`
}

/** Whole microseconds from one instant to another of the same day: a double holds them exactly. */
function micros(to: string, from: string): string {
  return `round(date_part('epoch', ${to} - ${from}) * 1000000)::bigint`
}

const IS_NARROW = 'between -2147483648 and 2147483647'

function fits(column: string): string {
  return `bool_and(${column} ${IS_NARROW})`
}

/** An aggregate sees every row, whatever becomes of it. */
function narrow(column: string): string {
  return `case when ${column} ${IS_NARROW} then ${column}::integer end`
}
