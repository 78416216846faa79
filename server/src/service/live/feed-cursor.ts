import { AppError } from '../app-error.ts'
import type { FeedPosition } from './live-feed.ts'

/** `<entry>.<index>` on the wire; `<entry>.*` when the whole entry was seen. */
export function formatPosition({ entry, index }: FeedPosition): string {
  return `${entry}.${Number.isFinite(index) ? index : '*'}`
}

/** @throws {AppError} INVALID_CURSOR when the text is no event id of ours */
export function parsePosition(text: string): FeedPosition {
  const match = /^(\d{1,15})\.(\d{1,15}|\*)$/.exec(text.trim())
  if (!match)
    throw new AppError('INVALID_CURSOR', 'Invalid last_event_id. Use the id of an event of this stream.')
  return { entry: Number(match[1]), index: match[2] === '*' ? Number.POSITIVE_INFINITY : Number(match[2]) }
}
