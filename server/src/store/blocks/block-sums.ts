// The checksums of a block: when it is made, when it is opened, and when it is looked over.

/** Hashes of PostgreSQL's own, which partitioning by hash relies on to stay as they are from version to version. */
const textSum = (text: string) => `hashtextextended(${text}, 0)`
/** No `extra_data` at all has the sum of an empty array. */
const extraSum = (array: string) => `hash_array_extended(coalesce(${array}, '{}'::jsonb[]), 0)`

const FRAME = [
  ...['rows', 'raw_bytes', 'first_timestamp', 'last_timestamp', 'first_row_id', 'last_row_id'],
  ...['first_id', 'last_id', 'step', 'levels', 'sources', 'cameras', 'loggers', 'codes'],
  ...['ids', 'wide_ids', 'times', 'wide_times'],
]

/** The sum of what says which rows there are: all but their messages and `extra_data`. */
const frameSum = (block: string) =>
  `hash_record_extended(row(${FRAME.map((column) => `${block}.${column}`).join(', ')}), 0)`

export const SUM_COLUMNS = 'messages_sum, extra_sum, frame_sum'

/** The checksums of a block that is being made, as columns of it. */
export function sumsOf(block: string): string {
  return `${textSum(`${block}.messages`)} as messages_sum, ${extraSum(`${block}.extra`)} as extra_sum,
        ${frameSum(block)} as frame_sum`
}

/** The sum of a signature's bytes. */
export const signatureSum = (bytes: string) => textSum(`encode(${bytes}, 'hex')`)

/** The sum of the numbers of a block. */
export const numbersSum = (bytes: string) => textSum(`encode(${bytes}, 'hex')`)

const BESIDE_NUMBERS = [
  'rows',
  'first_timestamp',
  'last_timestamp',
  'first_row_id',
  'step',
  'levels',
  'sources',
  'cameras',
  'loggers',
]

/**
 * The sum of everything beside them that a chart of numbers reads, but the times.
 *
 * @param made SQL of `number_fields`, `other_fields` and `number_ends`, when they are not those of the block
 */
export function numbersFrameSum(
  block: string,
  made: readonly string[] = ['number_fields', 'other_fields', 'number_ends'].map(
    (name) => `${block}.${name}`,
  ),
): string {
  const values = [...BESIDE_NUMBERS.map((column) => `${block}.${column}`), ...made]
  return `hash_record_extended(row(${values.join(', ')}), 0)`
}

const DAMAGED = 'block_is_damaged(b.first_timestamp, b.first_row_id)'

/**
 * The condition that ends the statement where the frame of a block `b` is not as it was made, or its messages are not: as
 * SQL of the opened messages, if they are.
 */
export function isSound({ messages }: { messages?: string | undefined }): string {
  const sums = [
    `${frameSum('b')} = b.frame_sum`,
    ...(messages === undefined ? [] : [`${textSum(messages)} = b.messages_sum`]),
  ]
  return `(${sums.join(' and ')} or ${DAMAGED})`
}

/** The same of opened `extra_data`. */
export function isExtraSound(extra: string): string {
  return `(${extraSum(extra)} = b.extra_sum or ${DAMAGED})`
}

/** The condition that ends the statement where that is not as it was made; each part of the numbers has its own sum. */
export const IS_NUMBERS_FRAME_SOUND = `(${numbersFrameSum('b')} = b.numbers_frame_sum or ${DAMAGED})`

/** Whether all of a block `b` is as it was made. */
export const IS_WHOLE = `${frameSum('b')} = b.frame_sum and ${textSum('b.messages')} = b.messages_sum
        and ${extraSum('b.extra')} = b.extra_sum
        and (b.signature is null or ${signatureSum('b.signature')} = b.signature_sum)
        and (b.numbers is null or ${numbersSum('b.numbers')} = b.numbers_sum
          and ${numbersFrameSum('b')} = b.numbers_frame_sum)`
