import { setTerm, termOf } from '../search/search-terms.ts'
import type { JsonPath } from './json-path.ts'
import type { ValueRow } from './json-rows.ts'

/** Longer searches the API refuses. */
const MAX_SEARCH = 1000

/** The term of the search that a value stands for, or why there is none. */
export type JsonTerm = { term: string; why?: undefined } | { term?: undefined; why: string }

/** For a value that holds others: lines that have it at all. */
export function jsonTermOf(
  { path, value, size }: Pick<ValueRow, 'path' | 'value' | 'size'>,
  q: string,
): JsonTerm {
  const name = nameOf(path)
  if (name === null) return { why: 'The search syntax cannot express this key.' }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return { why: 'The browser cannot represent all digits of this number.' }
  const isLeaf = typeof value !== 'object' || value === null
  if (!isLeaf && size === 0) return { why: 'The search syntax cannot express an empty value.' }
  const term = isLeaf ? termOf(name, value as string | number | boolean | null) : `${name}:*`
  if (setTerm(q, term, 'out').length > MAX_SEARCH)
    return { why: `The search would be longer than ${MAX_SEARCH.toLocaleString()} characters.` }
  return { term }
}

function nameOf(path: JsonPath): string | null {
  const steps = path.map(String)
  return steps.every((step) => /^[^\s.:"()]+$/.test(step)) ? `extra_data.${steps.join('.')}` : null
}
