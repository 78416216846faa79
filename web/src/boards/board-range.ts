import { DEFAULT_VIEW, formatView, parseView } from '../logs/view.ts'
import type { Range } from '../time/range.ts'

/** A range as it stands in a URL, without the question mark; empty for the last 24 hours. */
export function rangeText(range: Range): string {
  return formatView({ ...DEFAULT_VIEW, range }).slice(1)
}

/** The range of the address, or that of the board. */
export function shownRange(search: string, kept: string): Range {
  const query = new URLSearchParams(search)
  return parseView(query.has('range') || query.has('from') ? search : `?${kept}`).range
}
