import type { Needles } from './segments.ts'

// One alternative a kind of word: a filter with a quoted or plain value, a phrase, an expression, anything else.
const WORD = /(-?)(?:([\w.]+):)?(?:"((?:\\.|[^"\\])*)"|(\/(?:\\.|[^/\\])+\/(?=[\s)]|$))|([^\s()]+))/g
const KNOWN = /^(level|camera|source|logger|id|request_id|extra_data\..+)$/

/** The words of a search that its hits contain, to be marked in them; excluded words and filters are not. */
export function needlesOf(q: string): Needles {
  const needles: string[] = []
  for (const [whole, minus, field, phrase, expression, word] of q.matchAll(WORD)) {
    if (minus !== '' || expression !== undefined || word?.toLowerCase() === 'or') continue
    if (field !== undefined && KNOWN.test(field)) continue
    const text = phrase === undefined ? word : phrase.replace(/\\(["\\])/g, '$1')
    // A word may hold a colon: only `message:` names a field here.
    const needle = field === undefined || field === 'message' ? text : whole
    if (needle) needles.push(needle)
  }
  return needles
}

/**
 * The texts to mark in the lines of a view: the words of its search, its plain text, and the text to find in the list.
 */
export function needlesIn(view: { q: string; search: string }, find = ''): Needles {
  return [...needlesOf(view.q), view.search, find].filter((needle) => needle !== '')
}
