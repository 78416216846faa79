import { needlesOf } from '../../text/needles.ts'
import type { Needles } from '../../text/segments.ts'
import type { LogView } from '../view.ts'

/**
 * The texts to mark in the lines of a view: the words of its search, its plain text, and the text to find in the list.
 */
export function needlesIn(view: Pick<LogView, 'q' | 'search'>, find = ''): Needles {
  return [...needlesOf(view.q), view.search, find].filter((needle) => needle !== '')
}
