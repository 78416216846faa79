import { type Read, readBytes, readFloat, readGoDuration } from '../language/go-values.ts'
import type { Comparison, LabelFilter } from '../language/syntax.ts'
import { LogqlError } from '../language/tokens.ts'
import { compileAddress } from './ip-addresses.ts'
import type { LineLabels } from './line-labels.ts'
import { compileMatcher } from './patterns.ts'

const FILTER_ERROR = 'LabelFilterErr'

export type LabelCondition = (labels: LineLabels) => boolean

/** @throws {LogqlError} for a broken regular expression or address */
export function compileFilter(filter: LabelFilter): LabelCondition {
  switch (filter.kind) {
    case 'and': {
      const [left, right] = [compileFilter(filter.left), compileFilter(filter.right)]
      // Both sides run, as in Loki: each may leave an error.
      return (labels) => {
        const holds = left(labels)
        return right(labels) && holds
      }
    }
    case 'or': {
      const [left, right] = [compileFilter(filter.left), compileFilter(filter.right)]
      return (labels) => left(labels) || right(labels)
    }
    case 'string': {
      const { label } = filter.matcher
      const matches = compileMatcher(filter.matcher)
      return (labels) => matches(labels.valueOf(label))
    }
    case 'ip': {
      const { label, operator, pattern } = filter
      const isIn = compileAddress(pattern)
      if (isIn === undefined)
        throw new LogqlError(`ParseAddr(${JSON.stringify(pattern)}): unable to parse IP`)
      return (labels) => {
        if (labels.error !== '') return true
        const value = labels.get(label)
        return value !== undefined && isIn(value) === (operator === '=')
      }
    }
    case 'number':
      return compared(filter, readFloat)
    case 'duration':
      return compared(filter, readGoDuration)
    case 'bytes':
      return compared(filter, readBytes)
  }
}

type Compared = { label: string; comparison: Comparison; value: number }

/** A line whose value cannot be read passes, with an error to filter by. */
function compared({ label, comparison, value }: Compared, read: (text: string) => Read): LabelCondition {
  return (labels) => {
    const text = labels.get(label)
    if (text === undefined) return false
    const found = read(text)
    if ('value' in found) return holds(found.value, comparison, value)
    if (labels.error === '') labels.fail(FILTER_ERROR, found.problem)
    return true
  }
}

function holds(a: number, comparison: Comparison, b: number): boolean {
  switch (comparison) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '<':
      return a < b
    case '<=':
      return a <= b
  }
}

/** Labels that a condition looks at. */
export function labelsOf(filter: LabelFilter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...labelsOf(filter.left), ...labelsOf(filter.right)]
    case 'string':
      return [filter.matcher.label]
    default:
      return [filter.label]
  }
}
