// Patterns that people set for text that must not be stored. Senders choose the text, so no pattern may
// take more work than a record is worth: a pattern runs on V8 where a proof bounds that, else on RE2.
import { type LogRecord, MASK, maskRecord, UNCHECKED } from '@timelapser/logger'
import type { RE2JS } from 're2js'
import { BacktrackingPattern } from './backtracking-pattern.ts'
import { stepsOnV8 } from './linear-pattern.ts'
import { branchesOf, type PatternToken, RedactionPatternError, tokenisePattern } from './pattern-tokens.ts'
import { compileOnRe2 } from './re2-pattern.ts'

export { RedactionPatternError } from './pattern-tokens.ts'

const MAX_CHARACTERS = 500
/** Instructions of RE2: each can be tried at each character. */
const MAX_INSTRUCTIONS = 300
/**
 * Work that a record is worth, in units of about 0.2 µs: a fifth of a second. One pattern of a few instructions looks
 * through the longest message twice with it.
 */
const RECORD_UNITS = 1_000_000
const UNITS_A_MS = 5000
/** Between the end of the text that was looked through and its remainder a secret may begin. */
const EDGE_CHARACTERS = 256

/** A pattern ready to use: the work it takes is taken from `units`, and where they end the rest of the text is masked. */
type Engine = (text: string, work: { units: number }) => string

/** A stored pattern that would be refused as a new pattern. */
export type PatternTrouble = {
  /** In the setting, 0 being the first. */
  index: number
  /** Left out altogether; else it runs as long as the record's budget lasts. */
  isSkipped: boolean
  reason: string
}

/** Patterns of a setting or of somebody who tries them out. */
export class RedactionPatterns {
  static readonly NONE = new RedactionPatterns([], [])
  readonly #engines: readonly Engine[]
  /** Patterns that are slow or left out. */
  readonly troubles: readonly PatternTrouble[]

  private constructor(engines: readonly Engine[], troubles: readonly PatternTrouble[]) {
    this.#engines = engines
    this.troubles = troubles
  }

  /** @throws {RedactionPatternError} with the position of what is not taken */
  static ofNew(pattern: string): RedactionPatterns {
    return new RedactionPatterns([compileNew(pattern)], [])
  }

  /** Stored patterns, taken under rules of another time or put there by hand. Nothing is thrown: lines go on coming in. */
  static ofStored(patterns: unknown): RedactionPatterns {
    const engines: Engine[] = []
    const troubles: PatternTrouble[] = []
    for (const [index, pattern] of (Array.isArray(patterns) ? patterns : []).entries()) {
      const { engine, ...trouble } = compileStored(pattern)
      if (engine) engines.push(engine)
      if (trouble.reason !== undefined) troubles.push({ index, isSkipped: !engine, reason: trouble.reason })
    }
    return new RedactionPatterns(engines, troubles)
  }

  /** Both, one after the other. */
  with(others: RedactionPatterns): RedactionPatterns {
    return new RedactionPatterns(
      [...this.#engines, ...others.#engines],
      [...this.troubles, ...others.troubles],
    )
  }

  /** The record with all matches masked; the same record when nothing matches. */
  mask(record: LogRecord): LogRecord {
    if (this.#engines.length === 0) return record
    const work = { units: RECORD_UNITS }
    return maskRecord(record, {
      mask: (text) => this.#engines.reduce((masked, engine) => engine(masked, work), text),
    })
  }
}

function compileNew(pattern: string): Engine {
  if (pattern.length > MAX_CHARACTERS) {
    throw new RedactionPatternError(`longer than ${MAX_CHARACTERS} characters`, MAX_CHARACTERS)
  }
  const tokens = tokenisePattern(pattern)
  parses(pattern)
  if (branchesOf(tokens).some((branch) => shortest(branch) === 0)) {
    throw new RedactionPatternError('matches where nothing is', 0)
  }
  const steps = stepsOnV8(tokens)
  if (steps !== undefined) return onV8(new RegExp(pattern, 'giu'), steps)
  const compiled = compileOnRe2(tokens)
  const instructions = compiled.programSize()
  if (instructions > MAX_INSTRUCTIONS) {
    throw new RedactionPatternError(
      `${instructions} steps per character, at most ${MAX_INSTRUCTIONS}: use smaller repeat counts`,
      0,
    )
  }
  return onRe2(compiled, instructions)
}

function compileStored(pattern: unknown): { engine?: Engine; reason?: string } {
  if (typeof pattern !== 'string') return { reason: 'not text' }
  try {
    return { engine: compileNew(pattern) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const engine = backtracking(pattern)
    return engine ? { engine, reason } : { reason }
  }
}

function parses(pattern: string): void {
  try {
    new RegExp(pattern, 'u')
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error)
    throw new RedactionPatternError(`not a regular expression: ${reason}`, 0)
  }
}

/** Characters of the shortest match of a branch, as far as 0 differs from more. */
function shortest(branch: readonly PatternToken[]): number {
  const groups: { characters: number; least: number }[] = [{ characters: 0, least: Number.POSITIVE_INFINITY }]
  for (const { kind, min } of branch) {
    const group = groups.at(-1)
    if (!group) break
    if (kind === 'atom') group.characters += min
    if (kind === 'open') groups.push({ characters: 0, least: Number.POSITIVE_INFINITY })
    if (kind === 'or') Object.assign(group, { least: Math.min(group.least, group.characters), characters: 0 })
    if (kind !== 'close') continue
    groups.pop()
    const outer = groups.at(-1)
    if (outer) outer.characters += min * Math.min(group.least, group.characters)
  }
  return groups[0]?.characters ?? 0
}

function onV8(pattern: RegExp, steps: number): Engine {
  const unitsACharacter = steps / 50
  return (text, work) => withinWork(text, work, unitsACharacter, (checked) => checked.replace(pattern, MASK))
}

function onRe2(pattern: RE2JS, instructions: number): Engine {
  // Whether something matches is found by states that are kept, where it matches by trying each instruction.
  const toTest = 1 + instructions / 64
  const toFind = 1 + instructions / 3
  const UNITS_A_MATCH = 20
  return (text, work) => {
    const tested = withinWork(text, work, toTest, (checked) => checked)
    if (!pattern.test(tested)) return tested
    return withinWork(tested, work, toFind, (checked) => {
      let [masked, end] = ['', 0]
      for (const { index = 0, 0: match } of pattern.matchAll(checked)) {
        work.units -= UNITS_A_MATCH
        if (work.units < 0) return `${masked}${checked.slice(end, index)}${UNCHECKED}`
        if (match === '') continue
        masked += checked.slice(end, index) + MASK
        end = index + match.length
      }
      return end === 0 ? checked : masked + checked.slice(end)
    })
  }
}

/** For look-arounds and back-references, which only an engine that goes back knows; undefined when it is none. */
function backtracking(pattern: string): Engine | undefined {
  let compiled: BacktrackingPattern
  try {
    compiled = new BacktrackingPattern(pattern, MASK)
  } catch {
    return undefined
  }
  return (text, work) => {
    const beganMs = performance.now()
    const masked = compiled.replace(text, Math.floor(work.units / UNITS_A_MS))
    work.units -= (performance.now() - beganMs) * UNITS_A_MS
    return masked ?? UNCHECKED
  }
}

/** Does the work for as much of the text as is left of the record's budget; the rest is masked unseen. */
function withinWork(
  text: string,
  work: { units: number },
  unitsACharacter: number,
  look: (checked: string) => string,
): string {
  const needed = text.length * unitsACharacter
  if (needed <= work.units) {
    work.units -= needed
    return look(text)
  }
  const characters = Math.max(0, Math.floor(work.units / unitsACharacter))
  work.units = 0
  const checked = look(text.slice(0, characters))
  return `${checked.slice(0, Math.max(0, checked.length - EDGE_CHARACTERS))}${UNCHECKED}`
}
