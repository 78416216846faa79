// The lines that a rule counts: those of its query, within the search that a share is taken of.
import { isEnabled, parseLevel } from '@timelapser/logger'
import { AppError } from '../app-error.ts'
import type { AlertDefinition } from './alert-rule.ts'

const ANY_OF = ['level', 'source', 'logger_name', 'camera_id']

/** @throws {AppError} INVALID_REQUEST when no line can be in both searches */
export function countedQuery({ query, condition }: Pick<AlertDefinition, 'query' | 'condition'>): string {
  return condition.of === undefined ? query : queryWithin(query, condition.of)
}

/** The search of the lines that two searches find, in the form of an address. */
function queryWithin(query: string, whole: string): string {
  const both = new URLSearchParams(query)
  const given = new URLSearchParams(whole)
  for (const name of new Set(given.keys())) {
    const [mine, others] = [both.getAll(name), given.getAll(name)]
    const values = mine.length === 0 ? others : joined(name, mine, others)
    both.delete(name)
    for (const value of values) both.append(name, value)
  }
  return both.toString()
}

function joined(name: string, mine: readonly string[], others: readonly string[]): readonly string[] {
  if (name.startsWith('exclude_')) return [...new Set([...mine, ...others])]
  if (ANY_OF.includes(name)) {
    const common = mine.filter((value) => others.includes(value))
    if (common.length > 0) return common
    throw exclusive(name)
  }
  const [[one = ''], [other = '']] = [mine, others]
  if (one === other) return [one]
  if (name === 'q') return [`(${one}) (${other})`]
  if (name === 'min_level') {
    const [first, second] = [parseLevel(one), parseLevel(other)]
    return [first && second && isEnabled(second, first) ? other : one]
  }
  throw exclusive(name)
}

function exclusive(name: string): AppError {
  return new AppError(
    'INVALID_REQUEST',
    `query and condition.of ask for different values of ${name}, so no line is in both.`,
  )
}
