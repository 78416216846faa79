// The actions of a rule on a line, once its fields are read.
import { RECORD_LIMITS } from '@timelapser/logger'
import { isWithin, putExtra } from '../record-fields.ts'
import { type ActionRunner, DROP, extraFieldOf, RuleFailed } from './action.ts'
import { isColumn, isTextColumn, type Line, readField, takeField, textOf } from './line-fields.ts'
import { maskField } from './mask-field.ts'
import { type ParseAction, type ParseActionName, type ParseCondition, ParseRuleError } from './parse-rule.ts'
import { Pattern, type StepBudget } from './pattern.ts'
import { setCamera, setLevel, setTime } from './set-columns.ts'

const PARTS: Readonly<Record<ParseActionName, readonly (keyof ParseAction)[]>> = {
  rename: ['field', 'to'],
  remove: ['field'],
  level: ['field', 'value', 'values'],
  time: ['field', 'format', 'zone'],
  camera: ['field', 'value', 'values'],
  mask: ['field', 'pattern'],
  drop: [],
}

/** @throws {ParseRuleError} naming the part of the action that does not fit */
export function compileAction(action: ParseAction, path: string): ActionRunner {
  for (const part of Object.keys(action) as (keyof ParseAction)[]) {
    if (part !== 'do' && part !== 'when' && !PARTS[action.do].includes(part)) {
      throw new ParseRuleError(`${path}.${part}`, `is not for ${action.do}`)
    }
  }
  const run = RUNNERS[action.do](action, path)
  if (action.when === undefined) return run
  const isMet = compileCondition(action.when, `${path}.when`)
  return (line, budget) => (isMet(line, budget) ? run(line, budget) : undefined)
}

const RUNNERS: Readonly<Record<ParseActionName, (action: ParseAction, path: string) => ActionRunner>> = {
  rename,
  remove: (action, path) => {
    const field = extraFieldOf(action, path)
    return (line) => void takeField(line, field)
  },
  level: setLevel,
  time: setTime,
  camera: setCamera,
  mask: maskField,
  drop: () => () => DROP,
}

function rename(action: ParseAction, path: string): ActionRunner {
  const field = extraFieldOf(action, path)
  const { to } = action
  if (to === undefined) throw new ParseRuleError(`${path}.to`, 'is required')
  if (isColumn(to) && !isTextColumn(to)) {
    throw new ParseRuleError(
      `${path}.to`,
      `cannot be the column ${to}; the actions level, time and camera set columns`,
    )
  }
  return (line) => {
    const value = readField(line, field)
    if (value === undefined) return
    takeField(line, field)
    if (!isTextColumn(to)) return void putExtra(line.extra, to, value)
    const text = textOf(value)
    if (to === 'logger_name' && !isWithin(text, RECORD_LIMITS.loggerNameCharacters)) {
      throw new RuleFailed(`${field} is longer than a logger_name may be`)
    }
    line.record = { ...line.record, [to]: text }
  }
}

function compileCondition(
  { field, equals, matches, not = false }: ParseCondition,
  path: string,
): (line: Line, budget: StepBudget) => boolean {
  if ((equals === undefined) === (matches === undefined)) {
    throw new ParseRuleError(path, 'needs one of equals and matches')
  }
  if (matches !== undefined) {
    const pattern = new Pattern(matches, `${path}.matches`)
    return (line, budget) => {
      const value = readField(line, field)
      return (value !== undefined && pattern.test(textOf(value), budget)) !== not
    }
  }
  const known = new Set(equals)
  return (line) => {
    const value = readField(line, field)
    return (value !== undefined && known.has(textOf(value))) !== not
  }
}
