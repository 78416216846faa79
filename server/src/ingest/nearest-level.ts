import { type Level, parseLevel } from '@timelapser/logger'
import { readPriority } from './syslog/priority.ts'

/** Names that a misspelt word is compared with. */
const LONG_NAMES = [
  'TRACE',
  'DEBUG',
  'NOTICE',
  'WARNING',
  'ERROR',
  'CRITICAL',
  'FATAL',
  'VERBOSE',
  'INFORMATION',
]
/** Where other loggers put the name when the level is an object. */
const NAME_FIELDS = ['name', 'levelname', 'label', 'levelStr', 'standardLevel', 'text', 'value', 'no']
/** Longer texts are not a level. */
const MAX_CHARACTERS = 64

/**
 * The level that a value of any kind means, as near as it can be determined: a name in any case, with colours, brackets
 * or a number behind it (`WARN+1`, `debug2`), one of several (`error,critical`), misspelt (`eror`), `<3>` of syslog, a
 * number of pino's or Monolog's scale, an object that names it. Undefined when it means none.
 */
export function nearestLevel(value: unknown): Level | undefined {
  if (typeof value === 'number') return value > 100 && value <= 600 ? ofMonolog(value) : parseLevel(value)
  if (typeof value === 'string') return value.length > MAX_CHARACTERS ? undefined : ofText(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return typeof value[0] === 'object' ? undefined : nearestLevel(value[0])
  const fields = value as Record<string, unknown>
  for (const name of NAME_FIELDS) {
    const found = typeof fields[name] === 'object' ? undefined : nearestLevel(fields[name])
    if (found !== undefined) return found
  }
  return undefined
}

function ofText(text: string): Level | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
  const plain = text.replace(/\x1b\[[\d;:]{0,30}m/g, '').trim()
  if (/^\d{1,3}$/.test(plain)) return nearestLevel(Number(plain))
  const { priority, rest } = readPriority(plain)
  if (priority !== undefined && rest === '') return parseLevel(priority.severity)
  const whole = parseLevel(plain)
  if (whole !== undefined) return whole
  const words = plain.match(/[A-Za-z]+/g) ?? []
  if (words.length === 1 && (words[0] as string).length < 3) return parseLevel(words[0])
  for (const word of words) {
    const level = word.length < 3 ? undefined : (parseLevel(word) ?? misspelt(word.toUpperCase()))
    if (level !== undefined) return level
  }
  return undefined
}

/** 100 debug … 600 emergency. */
function ofMonolog(value: number): Level {
  if (value < 200) return 'DEBUG'
  if (value < 300) return 'INFO'
  if (value < 400) return 'WARNING'
  return value < 500 ? 'ERROR' : 'CRITICAL'
}

function misspelt(word: string): Level | undefined {
  if (word.length < 4) return undefined
  return parseLevel(LONG_NAMES.find((name) => isOneOff(word, name)))
}

/** Whether one letter more, less or another makes one word of the other. */
function isOneOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start += 1
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1
  return Math.max(a.length, b.length) - start - end <= 1
}
