// The search box holds more filters than there are parameters of the API: buttons add terms to its text and take them
// away again. Terms are recognised as docs/search.md describes.

export type TermState = 'in' | 'out' | 'unset'

/** A filter among the words of a search, as a pill shows it. */
export type FieldTerm = { text: string; name: string; value: string; inverted: boolean }

const FIELD =
  /^(?:level|camera|camera_id|source|logger|logger_name|message|id|request_id|extra_data(?:\.[^\s.:"()]+)+):(?=\S)/
const HALF_WRITTEN =
  /(?:^|[\s(])-?(?:level|camera|camera_id|source|logger|logger_name|message|id|request_id|extra_data\.[^\s:"()]+):(?:[<>]=?)?$/
const PHRASE = /^"(?:[^"\\]|\\.)*"/s
const EXPRESSION = /^\/(?![\s/])(?:[^/\\]|\\.)+\/(?=\s|$)/s

/** Whether it ends with a filter that has no value yet. A person typing a filter does not search its name as text. */
export function isHalfWritten(q: string): boolean {
  return HALF_WRITTEN.test(q)
}

/** `name:value`, in quotes where the value would not be taken for itself without. */
export function termOf(name: string, value: string | number | boolean | null): string {
  const plain =
    typeof value !== 'string' || (/^[a-z_][\w./-]*$/i.test(value) && !/^(true|false|null)$/.test(value))
  return `${name}:${plain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`
}

/** The words, phrases, filters and brackets that have to match together; null when the search says `or`, or is broken. */
export function termsOf(q: string): string[] | null {
  return placesOf(q)?.map(([from, to]) => q.slice(from, to)) ?? null
}

/** Where each of them stands. */
function placesOf(q: string): [from: number, to: number][] | null {
  const places: [number, number][] = []
  for (let at = 0; ; ) {
    at += /^\s*/.exec(q.slice(at))?.[0].length ?? 0
    if (at >= q.length) return places
    const length = lengthOfTerm(q.slice(at))
    if (length === 0) return null
    // At the end it is a word like any other, until something follows.
    if (places.length > 0 && /^(or|OR)(\s|$)/.test(q.slice(at))) return null
    places.push([at, at + length])
    at += length
  }
}

function lengthOfTerm(text: string): number {
  const minus = /^-(?![->\s]|$)/.test(text) ? 1 : 0
  const body = text.slice(minus)
  const field = FIELD.exec(body)?.[0].length ?? 0
  const value = body.slice(field)
  if (field === 0 && body.startsWith('(') && body[1] !== ')') return closingOf(body) + minus
  const found = PHRASE.exec(value) ?? (field === 0 ? EXPRESSION.exec(value) : null) ?? /^\S+/.exec(value)
  return minus + field + (found?.[0].length ?? 0)
}

/** How long the bracket is that `text` begins with, phrases in it passed over; all of it when it is never closed. */
function closingOf(text: string): number {
  let depth = 0
  for (const part of text.matchAll(/"(?:[^"\\]|\\.)*"|[()]/gs)) {
    if (part[0] === '(') depth += 1
    if (part[0] === ')') depth -= 1
    if (depth === 0) return part.index + 1
  }
  return text.length
}

export function stateOfTerm(q: string, term: string): TermState {
  const terms = termsOf(q) ?? []
  if (terms.includes(term)) return 'in'
  return terms.includes(`-${term}`) ? 'out' : 'unset'
}

/** The search with the term included, excluded or neither; the rest stays as it was written. */
export function setTerm(q: string, term: string, state: TermState): string {
  const places = placesOf(q)
  const said = state === 'unset' ? '' : state === 'out' ? `-${term}` : term
  // `or` binds more loosely than what stands side by side.
  if (places === null) return said === '' ? q : `(${q.trim()}) ${said}`
  const mine = places.filter(([from, to]) => [term, `-${term}`].includes(q.slice(from, to)))
  const rest = mine.reduceRight(
    (text, [from, to]) => `${text.slice(0, from)}${text.slice(to).trimStart()}`,
    q,
  )
  return [rest.trim(), said].filter((part) => part !== '').join(' ')
}

/** The parts of a search: the filters, and the rest of its text. */
export function splitSearch(q: string): { fields: FieldTerm[]; rest: string } {
  const terms = termsOf(q)
  if (terms === null) return { fields: [], rest: q }
  const fields = terms.flatMap((text) => fieldOf(text) ?? [])
  const rest = terms.filter((text) => fieldOf(text) === null)
  return { fields, rest: rest.join(' ') }
}

const NAME: Readonly<Record<string, string>> = {
  logger_name: 'logger',
  camera_id: 'camera',
  request_id: 'request',
}

function fieldOf(text: string): FieldTerm | null {
  const inverted = text.startsWith('-')
  const body = inverted ? text.slice(1) : text
  const name = FIELD.exec(body)?.[0].slice(0, -1)
  if (name === undefined || name === 'message') return null
  const written = body.slice(name.length + 1)
  const value = PHRASE.test(written) ? written.slice(1, -1).replace(/\\(["\\])/g, '$1') : written
  return { text: body, name: NAME[name] ?? name.replace(/^extra_data\./, ''), value, inverted }
}
