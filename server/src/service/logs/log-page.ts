import type { LogRow } from '../../store/database/reader.ts'
import { now } from '../../store/database/timestamp.ts'
import { earliest } from '../../store/reading/log-groups.ts'
import type { LogSlice, Page } from '../../store/reading/log-pages.ts'
import type { Position } from '../../store/reading/log-rows.ts'
import { AppError } from '../app-error.ts'

export type Paging = { page: number; limit: number; cursor?: string | undefined }

export type Pagination = {
  page: number
  limit: number
  total_pages: number
  total_items: number
  total_is_exact: boolean
  has_next: boolean
  has_previous: boolean
  next_cursor: string | null
  previous_cursor: string | null
  searched_to: string | null
  is_cut: boolean
}

/**
 * The rows a page needs: its own and one more, which shows whether there are others.
 *
 * @throws {AppError} INVALID_CURSOR
 */
export function sliceOf({ page, limit, cursor }: Paging): LogSlice {
  if (cursor === undefined) return { offset: (page - 1) * limit, limit: limit + 1 }
  const { direction, position } = decodeCursor(cursor)
  return { beyond: position, order: direction === 'older' ? 'newest' : 'oldest', limit: limit + 1 }
}

/** The page as it is answered, newest first, and the ways on from it. */
export function toPage(
  found: Page,
  slice: LogSlice,
  paging: Paging,
): { logs: LogRow[]; pagination: Pagination } {
  const { page, limit } = paging
  const isBackwards = 'beyond' in slice && slice.order === 'oldest'
  const logs = isBackwards ? found.rows.slice(0, limit).reverse() : found.rows.slice(0, limit)
  const hasMore = found.rows.length > limit || found.stopped_at !== null || found.is_cut
  // The row a cursor was made from lies on the other side, unless it was removed meanwhile.
  const hasNext = isBackwards || hasMore
  const hasPrevious = isBackwards ? hasMore : 'beyond' in slice || page > 1
  // A stopped search continues where it stopped, whether or not it found rows.
  const older = isBackwards ? (logs.at(-1) ?? slice.beyond) : (found.stopped_at ?? logs.at(-1))
  const newer = isBackwards ? (found.stopped_at ?? logs[0]) : (logs[0] ?? found.stopped_at)
  const seen = ('offset' in slice ? slice.offset : 0) + logs.length
  const { total, is_exact } = found.total
  const totalItems = is_exact ? total : Math.max(total, seen + (hasMore && !found.stopped_at ? 1 : 0))
  return {
    logs,
    pagination: {
      page,
      limit,
      total_pages: Math.ceil(totalItems / limit),
      total_items: totalItems,
      total_is_exact: is_exact,
      has_next: hasNext,
      has_previous: hasPrevious,
      next_cursor: hasNext && older ? encodeCursor({ direction: 'older', position: older }) : null,
      previous_cursor: hasPrevious && newer ? encodeCursor({ direction: 'newer', position: newer }) : null,
      // The way on is from where it stopped; partitions are made ahead, and nobody asks for what is to come.
      is_cut: found.is_cut && found.rows.length < limit,
      searched_to: found.stopped_at && earliest(found.stopped_at.timestamp, now()),
    },
  }
}

/** Where a page begins: after this row in the order of the list, towards older or newer rows. */
type Cursor = { direction: 'older' | 'newer'; position: Position }

/** An opaque text that `decodeCursor` understands. */
function encodeCursor({ direction, position }: Cursor): string {
  const parts = [direction === 'older' ? 'o' : 'n', position.timestamp, position.id]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** @throws {AppError} INVALID_CURSOR when the text was not made by `encodeCursor` */
function decodeCursor(text: string): Cursor {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    const [direction, timestamp, id] = parts as [unknown, unknown, unknown]
    const isTime =
      typeof timestamp === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(timestamp)
    if (isTime && Number.isSafeInteger(id) && (direction === 'o' || direction === 'n')) {
      return { direction: direction === 'o' ? 'older' : 'newer', position: { timestamp, id: id as number } }
    }
  } catch {
    // Falls through to the one sentence about all that is wrong with a cursor.
  }
  throw new AppError(
    'INVALID_CURSOR',
    'Invalid cursor. Use next_cursor or previous_cursor of an earlier reply.',
  )
}
