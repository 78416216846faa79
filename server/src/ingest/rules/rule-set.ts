import { type ExtraData, type Json, jsonBytes, type LogRecord, RECORD_LIMITS } from '@timelapser/logger'
import { inspectJson, putExtra, TOO_DEEP } from '../record-fields.ts'
import { repairRecord } from '../repair-record.ts'
import { type ActionRunner, DROP, RuleFailed } from './action.ts'
import { compileAction } from './compile-action.ts'
import { type Line, readField, textOf } from './line-fields.ts'
import { type ParseRule, ParseRuleError } from './parse-rule.ts'
import { MAX_STEPS_A_LINE, type StepBudget, StepsSpent } from './pattern.ts'
import { compileStep } from './read-step.ts'

/**
 * The outcome of a rule for a line: `passed` when the line has not the text or the form that the rule is for, `failed` when it has
 * and the rule could not do all of its work; the line is as before the rule then.
 */
export type RuleOutcome = 'applied' | 'passed' | 'failed' | 'dropped'

/** Called for each rule that ran on a line. */
export type OnOutcome = (rule: CompiledRule, outcome: RuleOutcome, reason?: string) => void

/** A rule that can be run. */
export type CompiledRule = {
  readonly name: string
  readonly isFor: (source: string) => boolean
  /** Returns the record to store, the same record when the rule does not apply; `DROP` when it is not to be stored. */
  readonly run: (record: LogRecord, budget: StepBudget) => LogRecord | typeof DROP
}

/** Sources whose rules are remembered; a sender may make names up. */
const MAX_REMEMBERED = 2000

/** The rules in force, by source and in order. A pure function of them and the line. */
export class RuleSet {
  readonly #rules: readonly CompiledRule[]
  readonly #bySource = new Map<string, readonly CompiledRule[]>()

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /**
   * The record after all rules for its source: the same object when none applies, undefined when a rule drops it. A
   * failed rule leaves the line as it was before that rule.
   */
  parse(record: LogRecord, onOutcome: OnOutcome): LogRecord | undefined {
    const rules = this.#rulesOf(record.source)
    if (rules.length === 0) return record
    const budget = { left: MAX_STEPS_A_LINE }
    let parsed = record
    for (const rule of rules) {
      try {
        const after = rule.run(parsed, budget)
        if (after === DROP) {
          onOutcome(rule, 'dropped')
          return undefined
        }
        onOutcome(rule, after === parsed ? 'passed' : 'applied')
        parsed = after
      } catch (error) {
        onOutcome(rule, 'failed', reasonOf(error))
      }
    }
    return parsed
  }

  #rulesOf(source: string): readonly CompiledRule[] {
    const known = this.#bySource.get(source)
    if (known !== undefined) return known
    if (this.#bySource.size >= MAX_REMEMBERED) this.#bySource.clear()
    const rules = this.#rules.filter(({ isFor }) => isFor(source))
    // A copy: the source can be a view of its whole body, which would be kept as long.
    this.#bySource.set(Buffer.from(source).toString(), rules)
    return rules
  }
}

/** Reasons that hold nothing of the line; another error's text might. */
function reasonOf(error: unknown): string {
  return error instanceof RuleFailed || error instanceof StepsSpent
    ? error.message
    : 'the rule could not be run'
}

/** @throws {ParseRuleError} naming the part of the rule that does not fit */
export function compileRule(rule: ParseRule): CompiledRule {
  const { name, contains } = rule
  const step = rule.parse && compileStep(rule.parse)
  const { field = 'message', prefix = '' } = rule.parse ?? {}
  const actions = (rule.actions ?? []).map((action, index) => compileAction(action, `actions[${index}]`))
  if (step === undefined && actions.length === 0)
    throw new ParseRuleError('parse', 'or actions: a rule must do something')
  return {
    name,
    isFor: compileSources(rule.sources),
    run(record, budget) {
      if (contains !== undefined && !record.message.includes(contains)) return record
      const line: Line = { record, extra: { ...record.extra_data } }
      if (step !== undefined) {
        const value = readField(line, field)
        const fields = value === undefined ? undefined : step(textOf(value), budget)
        if (fields === undefined) return record
        for (const [key, parsed] of fields) addField(line.extra, prefix + key, parsed)
      }
      return runActions(actions, line, budget) ?? finish(line, record)
    },
  }
}

function runActions(
  actions: readonly ActionRunner[],
  line: Line,
  budget: StepBudget,
): typeof DROP | undefined {
  for (const run of actions) if (run(line, budget) === DROP) return DROP
  return undefined
}

/** A field that is there already with this value stays one; with another, both stay. */
function addField(extra: ExtraData, key: string, value: Json): void {
  const known = Object.hasOwn(extra, key) ? extra[key] : undefined
  if (known !== undefined && (known === value || JSON.stringify(known) === JSON.stringify(value))) return
  putExtra(extra, key, value)
}

/** The record within its limits, or the original record when nothing changed. @throws {RuleFailed} */
function finish({ record, extra }: Line, before: LogRecord): LogRecord {
  const extra_data = Object.keys(extra).length === 0 ? null : extra
  const isSameData = JSON.stringify(extra_data) === JSON.stringify(before.extra_data)
  if (isSameData && isSameColumns(record, before)) return before
  if (extra_data !== null && !isSameData) {
    if ((inspectJson(extra_data) & TOO_DEEP) !== 0) {
      throw new RuleFailed(`the fields nest deeper than ${RECORD_LIMITS.extraDataDepth}`)
    }
    if (jsonBytes(extra_data) > RECORD_LIMITS.extraDataBytes) {
      throw new RuleFailed(`the fields are larger than ${RECORD_LIMITS.extraDataBytes} bytes`)
    }
  }
  return repairRecord({ ...record, extra_data })
}

function isSameColumns(record: LogRecord, before: LogRecord): boolean {
  return (
    record === before ||
    (record.message === before.message &&
      record.level === before.level &&
      record.timestamp === before.timestamp &&
      record.logger_name === before.logger_name &&
      record.camera_id === before.camera_id)
  )
}

function compileSources(sources: readonly string[]): (source: string) => boolean {
  const exact = new Set(sources.filter((source) => !source.includes('*')))
  const patterns = sources.filter((source) => source.includes('*')).map((source) => source.split('*'))
  return (source) => exact.has(source) || patterns.some((pieces) => fits(source, pieces))
}

/** Whether the text is the pieces with anything between them; each piece is looked for once. */
function fits(text: string, pieces: readonly string[]): boolean {
  const [first = ''] = pieces
  const last = pieces.at(-1) ?? ''
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
