import { patternProblem } from '../search/search-syntax.ts'

/** Repeats that PostgreSQL takes at most. */
const MAX_REPEAT = 255

const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: '\\t\\n\\f\\r ' }

/**
 * A regular expression of RE2 as one of PostgreSQL that finds the same lines, so that its trigram index can be asked;
 * undefined for one with anything in it that the two may read differently.
 */
export function toPostgresPattern(source: string): string | undefined {
  const isInsensitive = source.startsWith('(?i)')
  const text = isInsensitive ? source.slice(4) : source
  // Case beyond ASCII depends on the database's locale.
  if (isInsensitive && /[^\0-\x7f]|\[/.test(text)) return undefined
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    const [length, piece] = pieceAt(text, at) ?? [0, '']
    if (length === 0) return undefined
    pieces.push(piece)
    at += length
  }
  const pattern = pieces.join('')
  // `***` and `(?` at the beginning would be taken for options.
  if (pattern === '' || pattern.startsWith('*') || patternProblem(pattern)) return undefined
  return isInsensitive ? `(?i)${pattern}` : pattern
}

/** The piece at this place: its length, and how PostgreSQL writes it. */
function pieceAt(text: string, at: number): [number, string] | undefined {
  const character = text[at] as string
  switch (character) {
    case '\\':
      return escapeAt(text, at)
    case '[':
      return classAt(text, at)
    case '(':
      return groupAt(text, at)
    case '{':
      return repeatAt(text, at)
    case '.':
      return [1, '[^\\n]']
    case '*':
    case '+':
    case '?':
      return quantifier(text, at, 1, character)
    case ')':
    case '|':
    case '^':
    case '$':
      return [1, character]
    default:
      return [1, /[\]}]/.test(character) ? `\\${character}` : character]
  }
}

/** A lazy quantifier finds the same lines; two in a row mean different things. */
function quantifier(text: string, at: number, length: number, written: string): [number, string] | undefined {
  const end = text[at + length] === '?' ? length + 1 : length
  return /[*+?{]/.test(text[at + end] ?? '') ? undefined : [end, written]
}

function repeatAt(text: string, at: number): [number, string] | undefined {
  const found = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(text.slice(at, at + 12))
  if (!found || Number(found[1]) > MAX_REPEAT || Number(found[3] ?? 0) > MAX_REPEAT) return undefined
  return quantifier(text, at, found[0].length, found[0])
}

function groupAt(text: string, at: number): [number, string] | undefined {
  const found = /^\((?:\?(?::|P?<[A-Za-z_]\w*>))?/.exec(text.slice(at, at + 60))?.[0]
  if (found === undefined || (found === '(' && text[at + 1] === '?')) return undefined
  return [found.length, '(?:']
}

function escapeAt(text: string, at: number): [number, string] | undefined {
  const letter = text[at + 1] ?? ''
  const members = CLASSES[letter.toLowerCase()]
  if (members !== undefined) return [2, `[${letter === letter.toLowerCase() ? '' : '^'}${members}]`]
  if (/[ntrf]/.test(letter)) return [2, `\\${letter}`]
  return /[^\w\s]/.test(letter) && letter <= '~' ? [2, `\\${letter}`] : undefined
}

function classAt(text: string, at: number): [number, string] | undefined {
  const isNot = text[at + 1] === '^'
  let members = ''
  let place = at + (isNot ? 2 : 1)
  const start = place
  for (; text[place] !== ']' || place === start; ) {
    const character = text[place]
    if (character === undefined || character === '[' || character > '~') return undefined
    if (character === '\\') {
      const letter = text[place + 1] ?? ''
      const named = CLASSES[letter]
      if (named !== undefined) members += named
      else if (/[ntrf]/.test(letter) || (/[^\w\s]/.test(letter) && letter <= '~')) members += `\\${letter}`
      else return undefined
      place += 2
    } else {
      members += character === '-' || /[A-Za-z0-9 _]/.test(character) ? character : `\\${character}`
      place += 1
    }
  }
  // A `-` at an end is itself; between others it is a range only of plain letters and digits.
  if (
    /-/.test(members.slice(1, -1)) &&
    !/^(?:[A-Za-z0-9]-[A-Za-z0-9]|\\?[^-\\])*-?$/.test(members.replace(/^-/, ''))
  )
    return undefined
  return [place + 1 - at, `[${isNot ? '^' : ''}${members.replace(/^-/, '\\-').replace(/(?<!\\)-$/, '\\-')}]`]
}
