// The fields that a rule reads out of a text, by name.
import type { ExtraData, Json } from '@timelapser/logger'
import { parseText } from '../parse-json.ts'
import { expandGrok } from './grok.ts'
import { readLogfmt, readPairs } from './pairs.ts'
import { ParseRuleError, type ParseStep } from './parse-rule.ts'
import { Pattern, type StepBudget } from './pattern.ts'

/** The fields that a text holds, in order; undefined when it is not of this form. */
export type StepReader = (
  text: string,
  budget: StepBudget,
) => (readonly [name: string, value: Json])[] | undefined

/** Groups of a pattern: each becomes a field. */
const MAX_GROUPS = 200

/** @throws {ParseRuleError} naming the part of the rule that does not fit */
export function compileStep(step: ParseStep): StepReader {
  checkParts(step)
  switch (step.as) {
    case 'json':
      return readJson
    case 'logfmt':
      return (text) => readLogfmt(text)?.map(([name, value]) => [name, typed(value)] as const)
    case 'key_value': {
      const { pair_separator = ' ', value_separator = '=' } = step
      if (pair_separator === value_separator) {
        throw new ParseRuleError('parse.value_separator', 'must be another than pair_separator')
      }
      return (text) =>
        readPairs(text, pair_separator, value_separator)?.map(
          ([name, value]) => [name, typed(value)] as const,
        )
    }
    case 'regex': {
      const pattern = new Pattern(step.pattern ?? '', 'parse.pattern')
      const groups = pattern.names.map(([field, group]) => ({ field, group, kind: undefined }))
      return readGroups(pattern, groups)
    }
    case 'grok': {
      const { pattern: written, fields } = expandGrok(step.pattern ?? '', 'parse.pattern')
      const pattern = new Pattern(written, 'parse.pattern')
      const groups = pattern.names.flatMap(([name, group]) => {
        const field = fields[Number(name.slice(1))]
        return field === undefined ? [] : [{ ...field, group }]
      })
      return readGroups(pattern, groups)
    }
  }
}

const PATTERNED = ['regex', 'grok']

function checkParts({ as, pattern, pair_separator, value_separator }: ParseStep): void {
  const isPatterned = PATTERNED.includes(as)
  if (isPatterned && pattern === undefined) throw new ParseRuleError('parse.pattern', `is required for ${as}`)
  if (!isPatterned && pattern !== undefined) throw new ParseRuleError('parse.pattern', `is not for ${as}`)
  if (as !== 'key_value' && (pair_separator ?? value_separator) !== undefined) {
    throw new ParseRuleError('parse', `takes separators only for key_value, not for ${as}`)
  }
}

type Group = { field: string; group: number; kind: 'text' | 'number' | undefined }

function readGroups(pattern: Pattern, groups: readonly Group[]): StepReader {
  if (groups.length === 0) {
    throw new ParseRuleError('parse.pattern', 'names no field, as (?<name>…) or %{WORD:name} would')
  }
  if (groups.length > MAX_GROUPS)
    throw new ParseRuleError('parse.pattern', `names more than ${MAX_GROUPS} fields`)
  return (text, budget) => {
    const groupText = pattern.find(text, budget)
    if (groupText === undefined) return undefined
    const fields: [string, Json][] = []
    for (const { field, group, kind } of groups) {
      const value = groupText(group)
      // An optional part that is missing, or two names for the same field of which one is present.
      if (value !== null) fields.push([field, kind === 'text' ? value : typed(value)])
    }
    return fields
  }
}

/** An object that is the text, or that ends it behind other words. */
function readJson(text: string): [string, Json][] | undefined {
  const begin = text.indexOf('{')
  if (begin === -1 || text.trimEnd().at(-1) !== '}') return undefined
  try {
    const value = parseText(text.slice(begin)) as ExtraData
    return Object.entries(value)
  } catch {
    return undefined
  }
}

/** A number that is written as JSON would write it becomes one; nothing of the text is lost then. */
function typed(value: string | true): Json {
  if (value === true || value.length === 0 || value.length > 16) return value
  const first = value.charCodeAt(0)
  if (first !== 45 && (first < 48 || first > 57)) return value
  const number = Number(value)
  return String(number) === value ? number : value
}
