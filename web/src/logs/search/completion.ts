import { LEVELS } from '../levels.ts'
import { termOf } from './search-terms.ts'

/** Names that were seen, for the values of filters. */
export type KnownNames = {
  camera: readonly string[]
  source: readonly string[]
  logger: readonly string[]
  /** Keys of `extra_data`. */
  keys: readonly string[]
}

/** The completions of the word at the caret, from `from` up to `to`. */
export type Completion = { from: number; to: number; options: readonly string[] }

const FIELDS = ['level:', 'camera:', 'source:', 'logger:', 'message:', 'request_id:', 'extra_data.', 'id:']
/** Shorter ones are more often words. */
const LEAST_OF_FIELD = 2
const MOST = 8

/** The end of a text, up to the caret: a word, or a filter whose value may be in quotes that are still open. */
const WORD = /(?:^|[\s(])-?((?:([a-z_]+):)?("[^"]*|[^\s"()]*))$/i

/** Ways to go on with the filter at the caret; null where there is none to complete. */
export function complete(q: string, caret: number, known: KnownNames): Completion | null {
  if (/^[^\s)]/.test(q.slice(caret))) return null
  const before = q.slice(0, caret)
  const [, word, field, value] = WORD.exec(before) ?? []
  if (word === undefined || value === undefined) return null
  const from = caret - word.length
  // Inside of a phrase nothing is a filter.
  if ((before.slice(0, from).match(/"/g)?.length ?? 0) % 2 === 1) return null
  const options = field === undefined ? fieldsFor(word, known) : valuesFor(field.toLowerCase(), value, known)
  const others = options.filter((option) => option.trim() !== word).slice(0, MOST)
  return others.length === 0 ? null : { from, to: caret, options: others }
}

function fieldsFor(word: string, { keys }: KnownNames): string[] {
  const key = /^extra_data\.(.*)$/.exec(word)?.[1]
  if (key !== undefined) return matching(keys, key).map((one) => `extra_data.${one}:`)
  if (word.length < LEAST_OF_FIELD) return []
  return FIELDS.filter((field) => field.startsWith(word.toLowerCase()))
}

function valuesFor(field: string, value: string, known: KnownNames): string[] {
  if (field === 'level') {
    const comparison = /^(?:[<>]=?)?/.exec(value)?.[0] ?? ''
    const names = LEVELS.map((level) => level.toLowerCase())
    return matching(names, value.slice(comparison.length)).map((name) => `level:${comparison}${name} `)
  }
  if (field !== 'camera' && field !== 'source' && field !== 'logger') return []
  return matching(known[field], value.replace(/^"/, '')).map((name) => `${termOf(field, name)} `)
}

/** Those that begin with a text, then those that hold it elsewhere. */
function matching(names: readonly string[], text: string): string[] {
  const wanted = text.toLowerCase()
  const found = names.filter((name) => name.toLowerCase().includes(wanted))
  const begin = (name: string) => name.toLowerCase().startsWith(wanted)
  return [...found.filter(begin), ...found.filter((name) => !begin(name))]
}
