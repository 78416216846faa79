import { describe, expect, it } from 'vitest'
import { SqlParameters } from '../database/sql-parameters.ts'
import { compileSearch, type SearchNode } from './search-conditions.ts'

const text = (value: string): SearchNode => ({ kind: 'text', text: value })

describe('a search as SQL', () => {
  it.each<[string, SearchNode, string, unknown[]]>([
    ['a word', text('50%_\\'), '(message ilike $1 or logger_name ilike $1)', ['%50\\%\\_\\\\%']],
    ['the message alone', { kind: 'message', text: 'x' }, 'message ilike $1', ['%x%']],
    [
      'a regular expression',
      { kind: 'regex', pattern: 'a|b' },
      '(message ~* $1 or logger_name ~* $1)',
      ['a|b'],
    ],
    ['a level', { kind: 'level', comparison: '=', level: 'ERROR' }, 'level = $1::text', ['ERROR']],
    [
      'levels above',
      { kind: 'level', comparison: '>', level: 'WARNING' },
      'level = any ($1::text[])',
      [['ERROR', 'CRITICAL']],
    ],
    ['no level', { kind: 'level', comparison: '>', level: 'CRITICAL' }, 'level = any ($1::text[])', [[]]],
    [
      'a camera',
      { kind: 'camera', id: 3 },
      '(camera_id = $2::integer or source = $1::text)',
      ['camera_3', 3],
    ],
    ['a deleted camera', { kind: 'camera', id: 9 }, 'source = $1::text', ['camera_9']],
    [
      'no camera',
      { kind: 'camera', id: null },
      '(camera_id is null or camera_id = any ($1::integer[]))',
      [[9]],
    ],
    ['a source', { kind: 'source', value: 'a*', isGlob: false }, 'source = $1::text', ['a*']],
    ['sources', { kind: 'source', value: 'a_*', isGlob: true }, 'source like $1', ['a\\_%']],
    [
      'a value of extra_data',
      { kind: 'extra_data', path: ['a', 'b"c'], match: { kind: 'is', text: '3', isTextOnly: false } },
      '(extra_data @> $1::jsonb or extra_data @> $2::jsonb)',
      ['{"a":{"b\\"c":"3"}}', '{"a":{"b\\"c":3}}'],
    ],
    [
      'a value in an array',
      { kind: 'extra_data', path: ['a', '0'], match: { kind: 'is', text: 'x', isTextOnly: true } },
      'extra_data #> $1::text[] = any ($2::jsonb[])',
      [['a', '0'], ['"x"']],
    ],
    [
      'a number compared',
      { kind: 'extra_data', path: ['a'], match: { kind: 'compare', comparison: '>=', number: '3' } },
      "case when jsonb_typeof(extra_data #> $1::text[]) = 'number' then (extra_data #>> $1::text[])::numeric >= $2::numeric end",
      [['a'], '3'],
    ],
    [
      'a key that is there',
      { kind: 'extra_data', path: ['a'], match: { kind: 'exists' } },
      'extra_data #> $1::text[] is not null',
      [['a']],
    ],
    ['a negation', { kind: 'not', node: { kind: 'id', id: 7 } }, '((id = $1::bigint) is not true)', [7]],
    [
      'and within or',
      {
        kind: 'or',
        nodes: [
          { kind: 'id', id: 1 },
          { kind: 'and', nodes: [{ kind: 'id', id: 2 }] },
        ],
      },
      '(id = $1::bigint or (id = $2::bigint))',
      [1, 2],
    ],
    ['everything', { kind: 'and', nodes: [] }, 'true', []],
    ['nothing', { kind: 'or', nodes: [] }, 'false', []],
  ])('compiles %s', (_, node, sql, values) => {
    const parameters = new SqlParameters()
    expect(compileSearch(node, parameters, [9])).toBe(sql)
    expect(parameters.values).toEqual(values)
  })
})
