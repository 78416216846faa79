// The words and letters by which logs name a level.
import { type Level, parseLevel } from '@timelapser/logger'

/** A level and the word that said so. */
export type WrittenLevel = { level: Level; written: string }

const WORDS =
  'TRACE|TRC|DEBUG|DBUG|DEBU|DBG|FINEST|FINER|FINE|VERBOSE|VRB|INFORMATION|INFO|INF|NOTICE|NOTE|WARNING|WARN|WRN|ERROR|ERRO|ERR|FAILURE|FAIL|SEVERE|CRITICAL|CRIT|FATAL|FATA|FTL|ALERT|EMERGENCY|EMERG|PANIC|FAULT'

/** Words that are a level wherever they stand in a level's place: `DEBUG`, and `DEBUG2` of PostgreSQL, `trace8` of Apache. */
export const LEVEL_WORDS = WORDS.replace(/TRACE|DEBUG/g, '$&[1-9]?')

const LEAST_LETTERS = 4

/** Names that are cut to the width of their column (`ERRO`, `CRITI`), or lack a letter (`DEBG`, `EROR`). */
const SHORTENED: ReadonlyMap<string, string> = new Map(
  WORDS.split('|').flatMap((word) =>
    word.length < 5 ? [] : [...beginningsOf(word), ...gapsOf(word)].map((short) => [short, word] as const),
  ),
)

function beginningsOf(word: string): string[] {
  return Array.from({ length: word.length - LEAST_LETTERS }, (_, index) =>
    word.slice(0, LEAST_LETTERS + index),
  )
}

function gapsOf(word: string): string[] {
  return Array.from(
    { length: word.length - 1 },
    (_, index) => word.slice(0, index + 1) + word.slice(index + 2),
  )
}

const CORE = new Set(WORDS.split('|').filter((word) => word !== 'NOTE' && word !== 'FINE'))

const LETTERS: Readonly<Record<string, string>> = {
  ...{ T: 'TRACE', V: 'VERBOSE', D: 'DEBUG', I: 'INFO', N: 'NOTICE', W: 'WARNING', E: 'ERROR' },
  ...{ C: 'CRITICAL', F: 'FATAL', A: 'ALERT', S: 'SEVERE' },
}

/** The level that the word names; letters are none, they prove nothing by themselves. */
export function levelOfWord(word: string): WrittenLevel | undefined {
  if (word.length < 3 || word.length > 13) return undefined
  const level = parseLevel(withoutGrade(word)) ?? parseLevel(SHORTENED.get(word.toUpperCase()))
  return level === undefined ? undefined : { level, written: word }
}

function withoutGrade(word: string): string {
  return word.length === 6 && /^(?:trace|debug)[1-9]$/i.test(word) ? word.slice(0, 5) : word
}

/** Names of a level that are also common words: believed in capitals only. */
const COMMON = new Set(['LOG', 'NOTE', 'FINE', 'CONFIG', 'SUCCESS'])

/** The level of a word in the place where the lines have theirs. */
export function levelInPlace(word: string): WrittenLevel | undefined {
  return isLevelWord(word) || COMMON.has(word) || SHORTENED.has(word) ? levelOfWord(word) : undefined
}

export function levelOfLetter(letter: string): WrittenLevel | undefined {
  const level = parseLevel(LETTERS[letter])
  return level === undefined ? undefined : { level, written: letter }
}

/** Whether the word is a level's name and hardly anything else. */
export function isLevelWord(word: string): boolean {
  return word.length >= 3 && word.length <= 13 && CORE.has(withoutGrade(word).toUpperCase())
}
