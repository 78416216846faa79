import { expect, it } from 'vitest'
import { changesOf, diffOf } from './audit-diff.ts'

it.each<[string, unknown, unknown, [string, string | null, string | null][]]>([
  ['nothing', null, null, []],
  ['a change', { name: 'Barn' }, { name: 'Shed' }, [['name', 'Barn', 'Shed']]],
  ['something new', null, { level: 'DEBUG', reason: null }, [['level', null, 'DEBUG']]],
  ['something gone', { level: 'DEBUG' }, undefined, [['level', 'DEBUG', null]]],
  ['what stayed', { a: 1, b: [1] }, { a: 1, b: [2] }, [['b', '[1]', '[2]']]],
  ['a bare value', 3, 4, [['', '3', '4']]],
])('tells of %s', (_, before, after, expected) => {
  const told = changesOf(diffOf(before, after)).map((line) => [line.name, line.before, line.after])
  expect(told).toEqual(expected)
})
