// Masks a field, and its value wherever it stands in the message.
import type { ExtraData, Json } from '@timelapser/logger'
import { type ActionRunner, fieldOf } from './action.ts'
import { isColumn, isTextColumn, readField, replaceField, textOf } from './line-fields.ts'
import { type ParseAction, ParseRuleError } from './parse-rule.ts'
import { Pattern } from './pattern.ts'

/** Stands for a masked text, as for credentials. */
const MASK = '***'

export function maskField(action: ParseAction, path: string): ActionRunner {
  const field = fieldOf(action, path)
  if (isColumn(field) && !isTextColumn(field))
    throw new ParseRuleError(`${path}.field`, `cannot be the column ${field}`)
  if (action.pattern === undefined) return maskAll(field, path)
  const pattern = new Pattern(action.pattern, `${path}.pattern`)
  if (pattern.test('', { left: 0 })) throw new ParseRuleError(`${path}.pattern`, 'matches where nothing is')
  return (line, budget) => {
    const value = readField(line, field)
    if (value === undefined) return
    const before = textOf(value)
    const text = pattern.replaceAll(before, MASK, budget)
    if (text === before) return
    if (isTextColumn(field)) line.record = { ...line.record, [field]: text }
    else replaceField(line, field, text)
  }
}

/** Masks the field, and what it holds wherever it stands in the message: that is where it was read. */
function maskAll(field: string, path: string): ActionRunner {
  if (field === 'message') throw new ParseRuleError(`${path}.pattern`, 'is required to mask in the message')
  return (line) => {
    const value = readField(line, field)
    if (value === undefined || value === MASK) return
    if (field === 'logger_name') line.record = { ...line.record, logger_name: MASK }
    else replaceField(line, field, MASK)
    line.record = { ...line.record, message: hide(line.record.message, leavesOf(value)) }
  }
}

/** Values of one field that are looked for in the message. */
const MAX_LEAVES = 50

function leavesOf(value: Json): string[] {
  if (value === null || typeof value === 'boolean') return []
  if (typeof value !== 'object') return [String(value)]
  const leaves = Object.values(value as ExtraData).flatMap(leavesOf)
  return leaves.slice(0, MAX_LEAVES)
}

/** The text without the values, where each stands by itself and not within a word. */
function hide(message: string, values: readonly string[]): string {
  let text = message
  for (const value of values) {
    if (value === '') continue
    text = hideOne(text, value)
    // In JSON and in quoted values it is written with escapes.
    const escaped = JSON.stringify(value).slice(1, -1)
    if (escaped !== value) text = hideOne(text, escaped)
  }
  return text
}

const WORD = /\w/

function hideOne(text: string, value: string): string {
  let hidden = ''
  let from = 0
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + value.length)) {
    const end = at + value.length
    const isWithin =
      (WORD.test(text[at - 1] ?? '') && WORD.test(text[at] ?? '')) ||
      (WORD.test(text[end] ?? '') && WORD.test(text[end - 1] ?? ''))
    if (isWithin) continue
    hidden += text.slice(from, at) + MASK
    from = end
  }
  return from === 0 ? text : hidden + text.slice(from)
}
