import { describe, expect, it } from 'vitest'
import { pathText } from './json-path.ts'
import { holdersOf, type JsonRow, rowsOf, spanAfter } from './json-rows.ts'
import { findInJson, openAll, openAtFirst, withHolders } from './json-search.ts'

const NOTHING = { open: new Set<string>(), spans: new Map(), wanted: new Set<string>() }
const shortOf = (row: JsonRow) => (row.kind === 'more' ? `+${row.to - row.from}` : row.id)

describe('rows of a tree', () => {
  it('are those that are open', () => {
    const value = { a: { b: [1, { c: 2 }] }, d: [], e: null }
    expect(rowsOf(value, NOTHING).map(shortOf)).toEqual(['/a', '/d', '/e'])
    const rows = rowsOf(value, { ...NOTHING, open: new Set(['/a', '/a/b']) })
    expect(rows.map(shortOf)).toEqual(['/a', '/a/b', '/a/b/0', '/a/b/1', '/d', '/e'])
    expect(rows[3]).toMatchObject({ depth: 2, position: 2, setSize: 2, size: 1, open: false })
  })

  it('are the first hundred of many, and what is wanted of the rest', () => {
    const list = Array.from({ length: 5000 }, (_, index) => index)
    const rows = rowsOf(list, { ...NOTHING, wanted: new Set(['/4321']) })
    expect(rows).toHaveLength(103)
    expect(rows.slice(100).map(shortOf)).toEqual(['+4221', '/4321', '+678'])
    const more = rows[100]
    if (more?.kind !== 'more') throw new Error('Nothing stands for the rest.')
    const further = rowsOf(list, { ...NOTHING, spans: new Map([['', [spanAfter(more)]]]) })
    expect(further.slice(-2).map(shortOf)).toEqual(['/599', '+4400'])
  })

  it('are told apart by ids whatever the keys are', () => {
    const value = { 'a/b': 1, a: { b: 2 }, '~1': 3 }
    const ids = rowsOf(value, { ...NOTHING, open: openAll(value) }).map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
    expect(holdersOf('/a/b/c')).toEqual(['/a', '/a/b'])
  })
})

describe('what opens', () => {
  it('at first is neither deep nor long', () => {
    const long = Array.from({ length: 21 }, () => 0)
    expect([...openAtFirst({ a: { b: { c: { d: 1 } } }, long })]).toEqual(['/a', '/a/b'])
  })

  it('at once stays within what can be drawn', () => {
    const wide = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => [1]))
    expect(openAll(wide).size).toBe(10)
  })
})

describe('a search', () => {
  it('finds keys and values in any case, and no places in arrays', () => {
    const value = { Url: 'rtsp://x', list: ['URL', 0, { no: null }], empty: {} }
    expect(findInJson(value, 'url')).toEqual(['/Url', '/list/0'])
    expect(findInJson(value, '0')).toEqual(['/list/1'])
    expect(findInJson(value, 'nul')).toEqual(['/list/2/no'])
    expect(findInJson(value, '')).toEqual([])
    expect([...withHolders(['/list/2/no'])]).toEqual(['/list', '/list/2', '/list/2/no'])
  })
})

it('writes a path as programs do', () => {
  expect(pathText(['a', 'b', 0, 'odd key', 'c-d'])).toBe('a.b[0]["odd key"].c-d')
  expect(pathText(['0'])).toBe('["0"]')
})
