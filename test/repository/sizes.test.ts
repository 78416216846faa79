// Files that one can look over, and functions that one can read without scrolling.
import { parseSync } from 'rolldown/experimental'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from './source-files.ts'

const MAX_FILE_LINES = 400
const MAX_FUNCTION_LINES = 60

const files = ['logger/src', 'server/src', 'web/src'].flatMap((folder) => sourceFiles(folder))

describe('the source', () => {
  it(`has no file of over ${MAX_FILE_LINES} lines`, () => {
    const long = files.filter(({ text }) => text.trimEnd().split('\n').length > MAX_FILE_LINES)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it(`has no function of over ${MAX_FUNCTION_LINES} lines`, () => {
    const long = files.flatMap(({ path, text }) => longFunctions(path, text))
    expect(long).toEqual([])
  })
})

/** The functions of a file that have too many lines, without those around them. */
function longFunctions(path: string, text: string): string[] {
  const found: string[] = []
  const visit = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return false
    const { type, start, end } = node as { type?: string; start?: number; end?: number }
    const isWithin = Object.values(node).map(visit).includes(true)
    if (type === undefined || !/^(Function|ArrowFunction)/.test(type)) return isWithin
    const lines = text.slice(start, end).split('\n').length
    if (lines <= MAX_FUNCTION_LINES) return isWithin
    if (!isWithin) found.push(`${path}:${text.slice(0, start).split('\n').length} ${lines} lines`)
    return true
  }
  visit(parseSync(path, text).program)
  return found
}
