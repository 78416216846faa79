import { expect, it } from 'vitest'
import { jsonTermOf } from './json-filter.ts'

it('filters by a value, and by having one where it holds others', () => {
  expect(jsonTermOf({ path: ['a', 'b'], value: 'x y', size: 0 }, '').term).toBe('extra_data.a.b:"x y"')
  expect(jsonTermOf({ path: ['list', 0], value: null, size: 0 }, '').term).toBe('extra_data.list.0:null')
  expect(jsonTermOf({ path: ['list'], value: [1], size: 1 }, '').term).toBe('extra_data.list:*')
})

it.each([
  ['a key of several words', ['odd key'], 1, ''],
  ['a key with a dot', ['a.b'], 1, ''],
  ['an empty key', [''], 1, ''],
  ['a number beyond what is exact', ['a'], 2 ** 60, ''],
  ['nothing in an object', ['a'], {}, ''],
  ['a text as long as a search', ['a'], 'x'.repeat(1000), ''],
  ['a search that is full', ['a'], 1, 'x'.repeat(990)],
])('says why it cannot filter by %s', (_name, path, value, q) => {
  const { term, why } = jsonTermOf({ path, value, size: 0 }, q)
  expect(term).toBeUndefined()
  expect(why).toMatch(/\.$/)
})
