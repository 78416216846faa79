import type { Position } from '../../store/reading/log-rows.ts'
import { AppError } from '../app-error.ts'

/** Where a page begins: after this row in the order of the list, towards older or newer rows. */
export type Cursor = { direction: 'older' | 'newer'; position: Position }

/** An opaque text that `decodeCursor` understands. */
export function encodeCursor({ direction, position }: Cursor): string {
  const parts = [direction === 'older' ? 'o' : 'n', position.timestamp, position.id]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** @throws {AppError} INVALID_CURSOR when the text was not made by `encodeCursor` */
export function decodeCursor(text: string): Cursor {
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
