// Where the lines of a file carry their level: the place at which most of them have a level's word or letter.

import { levelInPlace, levelOfLetter, levelOfWord, type WrittenLevel } from '../level-words.ts'
import type { WrittenTime } from '../time-forms.ts'
import { type Token, tokenAt, tokensOf } from './line-tokens.ts'

/**
 * The part of a word that is the level: all of it, what stands before or behind its first or last sign, its first letter or the
 * letter behind its last sign.
 */
const PARTS = ['whole', 'before', 'behind', 'letter', 'last letter'] as const
type Part = (typeof PARTS)[number]

/** Words are counted from the start of the line or from behind its time; or the level has a key, `lvl=`. */
export type InferredLevel = { from: 'line' | 'time'; index: number; part: Part } | { key: string }

export type LevelReader = (line: string, time: WrittenTime | undefined) => WrittenLevel | undefined

/** Words of a line that are looked at. */
const MAX_WORDS = 14
/** The share of lines that have a level's word in their level's place; the others may say something else there. */
const LEAST_SHARE = 0.5
/** Fewer are enough where the column has only a few words, and levels among them: `Default`, `Debug`, `Error`. */
const LEAST_SHARE_OF_FEW = 0.05
const FEW_WORDS = 8
const LEAST_LINES = 4
/**
 * A word that is the same on this share of `CONSTANT_LINES` lines is their level only if it says that nothing is wrong.
 */
const CONSTANT_SHARE = 0.98
const CONSTANT_LINES = 50
/** More lines would not improve the decision. */
const COUNTED_LINES = 500
/** Single letters are levels only on nearly all of many lines, and only when there are different ones. */
const LETTER_LINES = 200
const LETTER_SHARE = 0.99

export function compileLevel(form: InferredLevel): LevelReader {
  if ('key' in form) {
    const key = form.key.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
    const pattern = new RegExp(String.raw`(?:^|[\s,{"'|([])${key}["']?\s?[=:]\s?["']?([A-Za-z]+)`)
    return (line) =>
      levelOfWord(pattern.exec(line)?.[1] ?? '') ?? levelOfLetter(pattern.exec(line)?.[1] ?? '')
  }
  const { from, index, part } = form
  return (line, time) => {
    if (from === 'time' && time === undefined) return undefined
    const token = tokenAt(line, from === 'time' ? (time?.end ?? 0) : 0, index)
    if (token === undefined) return undefined
    const text = partOf(line, token, part)
    return isLetter(part) ? levelOfLetter(text) : levelInPlace(text)
  }
}

export function describeLevel(form: InferredLevel): string {
  if ('key' in form) return `behind ${form.key}=`
  const place = form.from === 'time' ? `word ${form.index + 1} behind the time` : `column ${form.index + 1}`
  return isLetter(form.part) ? `${place}, by its letter` : place
}

/** All words of a column, as far as they are few. */
type Column = { words: Set<string>; lines: number }

type Tally = { form: InferredLevel; count: number; kinds: Map<string, number> }

/** @param times of the lines, at the same indexes. */
export function inferLevel(
  lines: readonly string[],
  times: readonly (WrittenTime | undefined)[],
): InferredLevel | undefined {
  if (lines.length < LEAST_LINES) return undefined
  const words = new Map<string, Tally>()
  const letters = new Map<string, Tally>()
  const columns = new Map<string, Column>()
  const hasTimes = times.some((time) => time !== undefined)
  let counted = 0
  const step = Math.max(1, Math.floor(lines.length / COUNTED_LINES))
  for (let row = 0; row < lines.length; row += step) {
    const line = lines[row] as string
    const time = times[row]
    if (hasTimes && time === undefined) continue
    counted += 1
    for (const from of time === undefined ? (['line'] as const) : (['time', 'line'] as const)) {
      const tokens = tokensOf(line, from === 'time' ? (time?.end ?? 0) : 0, MAX_WORDS)
      for (const [index, token] of tokens.entries()) note(line, token, from, index)
    }
  }
  return bestWord(words, columns, counted) ?? bestLetter(letters, counted)

  function note(line: string, token: Token, from: 'line' | 'time', index: number): void {
    if (token.end - token.start > 60) return
    for (const part of PARTS) {
      const text = partOf(line, token, part)
      if (part === 'whole' && /^[A-Za-z]+$/.test(text)) {
        const column = columns.get(`${from} ${index} whole`) ?? { words: new Set(), lines: 0 }
        column.lines += 1
        if (column.words.size <= FEW_WORDS) column.words.add(text)
        columns.set(`${from} ${index} whole`, column)
      }
      if ((isLetter(part) ? levelOfLetter(text) : levelInPlace(text)) === undefined) continue
      const tallies = isLetter(part) ? letters : words
      const key = `${from} ${index} ${part}`
      const tally = tallies.get(key) ?? { form: { from, index, part }, count: 0, kinds: new Map() }
      tally.count += 1
      tally.kinds.set(text.toUpperCase(), (tally.kinds.get(text.toUpperCase()) ?? 0) + 1)
      tallies.set(key, tally)
      if (part === 'whole') break
    }
  }
}

function bestWord(
  words: Map<string, Tally>,
  columns: Map<string, Column>,
  lines: number,
): InferredLevel | undefined {
  let best: Tally | undefined
  let constant: Tally | undefined
  for (const [key, tally] of words) {
    const share = tally.count / lines
    if (tally.kinds.size < 2) {
      if (isConstant(tally, share, lines)) constant ??= tally
      continue
    }
    const column = columns.get(key)
    const isFew =
      column !== undefined &&
      share >= LEAST_SHARE_OF_FEW &&
      column.lines > lines * 0.95 &&
      column.words.size <= FEW_WORDS &&
      (tally.kinds.has('INFO') || tally.kinds.has('DEBUG'))
    if (share < LEAST_SHARE && !isFew) continue
    // The first of equal ones: further on a word is rather part of the text.
    if (best === undefined || tally.count > best.count * 1.005) best = tally
  }
  return (best ?? constant)?.form
}

/**
 * Whether the word right behind the time is always the same and says that nothing is wrong: a constant column of this
 * kind keeps words of the text from being taken for the level. Any other word that never changes proves nothing by its
 * place.
 */
function isConstant({ form, kinds }: Tally, share: number, lines: number): boolean {
  if (lines < CONSTANT_LINES || share < CONSTANT_SHARE || 'key' in form) return false
  if (form.from !== 'time' || form.index !== 0 || form.part !== 'whole') return false
  return kinds.has('INFO') || kinds.has('DEBUG') || kinds.has('NOTICE')
}

function bestLetter(letters: Map<string, Tally>, lines: number): InferredLevel | undefined {
  if (lines < LETTER_LINES) return undefined
  for (const { form, count, kinds } of letters.values()) {
    if (count / lines < LETTER_SHARE || kinds.size < 2) continue
    // Levels are written by I or D above all; T and F alone are true and false, C, D and E are disks.
    if (kinds.has('I') || (kinds.has('D') && kinds.has('W'))) return form
  }
  return undefined
}

function isLetter(part: Part): boolean {
  return part === 'letter' || part === 'last letter'
}

function partOf(line: string, token: Token, part: Part): string {
  let { start, end } = token
  // An address is no place for a level.
  if (part !== 'whole' && (line.charCodeAt(start) === 47 || line.slice(start, end).includes('://'))) return ''
  while (start < end && isPunctuation(line.charCodeAt(start))) start += 1
  while (end > start && isPunctuation(line.charCodeAt(end - 1))) end -= 1
  if (part === 'whole') return end - start > 13 ? '' : line.slice(start, end)
  const text = line.slice(start, end)
  if (part === 'behind') return /[/:.=@\s]([A-Za-z]{3,13})$/.exec(text)?.[1] ?? ''
  if (part === 'before') return /^([A-Za-z]{3,13})[/:.=@\s(]/.exec(text)?.[1] ?? ''
  if (part === 'last letter') return /[/:.=@\s]([A-Z])$/.exec(text)?.[1] ?? ''
  return /^([A-Z])(?:\1|\d{1,5}|\/.*)?$/.exec(text)?.[1] ?? ''
}

function isPunctuation(code: number): boolean {
  return !(
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    code > 127
  )
}
