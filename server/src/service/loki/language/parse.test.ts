import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../app-error.ts'
import { parseLogql } from './parse.ts'
import { printQuery } from './print.ts'

const PIECES = [
  ...['{', '}', '(', ')', '[5m]', '|=', '!~', '|', '=~', ',', ' by ', 'sum', 'rate', 'source', '"a.*"', '`'],
  ...[
    ' json',
    ' logfmt',
    ' unwrap ',
    ' drop ',
    ' offset ',
    '5m',
    '10kB',
    '1e3',
    '-',
    ' and ',
    ' or ',
    '>',
    '==',
  ],
  ...[
    '{source="api"}',
    'count_over_time(',
    'line_format',
    '"{{.a | upper}}"',
    'label_replace(',
    '@',
    ' bool ',
  ],
]

it('reads any text or refuses it with a sentence', () => {
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 }))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
      try {
        parseLogql(pieces.join(''))
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }),
    { numRuns: 2000 },
  )
})

const LONG =
  '{source="api"} | logfmt | duration > 1.5s or size >= 10kB, status=~"5.." | line_format "{{.path}}"'
describe('prints a query so that it means the same', () => {
  it.each([
    ['{a="b"}|="x" or "y"!~`\\d+`', '{a="b"} |= "x" or "y" !~ "\\\\d+"'],
    ['{a="b"} != "x" or "y"', '{a="b"} != "x" != "y"'],
    [
      '{a="b"} | json x="y[0].z", w | drop a, b="c" | keep d',
      '{a="b"} | json x="y[0].z",w="w" | drop a,b="c" | keep d',
    ],
    [
      '{a="b"} | logfmt --strict --keep-empty | a=ip("10.0.0.0/8")',
      '{a="b"} | logfmt --strict --keep-empty | a=ip("10.0.0.0/8")',
    ],
    ['{a="b"} | a > 1 and b < 2 or c = 3', '{a="b"} | ( ( a>1 , b<2 ) or c==3 )'],
    ['sum(rate({a="b"}[90s])) without(x, y)', 'sum without (x,y)(rate({a="b"}[1m30s]))'],
    ['1 + 2 * vector(3) ^ 2', '(1 + (2 * (vector(3.000000) ^ 2)))'],
    ['rate({a="b"}[1d] offset 1h)', 'rate({a="b"}[1d] offset 1h0m0s)'],
    [
      'avg_over_time({a="b"} | unwrap duration(x) | __error__="" [5m]) by (y)',
      'avg_over_time({a="b"} | unwrap duration(x) | __error__=""[5m]) by (y)',
    ],
    [
      'sum(rate({a="b"}[1m])) > bool on (x) group_left (y) sum(rate({a="c"}[1m]))',
      '(sum(rate({a="b"}[1m])) > bool on (x) group_left (y) sum(rate({a="c"}[1m])))',
    ],
    ['rate({a="b"}[1m] @ end()) == 1', '(rate({a="b"}[1m] @ end()) == 1)'],
    [`sum by (level) (count_over_time(${LONG} [5m]))`, undefined],
  ])('%s', (query, printed) => {
    const first = printQuery(parseLogql(query))
    if (printed === undefined) expect(first.split('\n').length).toBeGreaterThan(5)
    else expect(first).toBe(printed)
    expect(printQuery(parseLogql(first))).toBe(first)
  })
})

it.each([
  ['{a="b"', 'parse error at line 1, col 7: syntax error: unexpected $end, expecting } or ,'],
  ['{a="b",}', 'parse error at line 1, col 8: syntax error: unexpected }, expecting IDENTIFIER'],
  ['{', 'parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }'],
  [
    '{a~"b"}',
    'parse error at line 1, col 3: syntax error: unexpected IDENTIFIER, expecting = or =~ or !~ or !=',
  ],
  ['{a="b"} |= 5', 'parse error at line 1, col 12: syntax error: unexpected NUMBER, expecting STRING or ip'],
  [
    '{a="b"} | regexp "(a)"',
    'parse error : invalid regexp parser: at least one named capture must be supplied',
  ],
  [
    '{a="b"} | pattern "<a><b>"',
    "parse error : invalid pattern parser: found consecutive capture '<a><b>': invalid expression",
  ],
  ['rate({a="b"}[5x])', 'parse error at line 0, col 13: not a valid duration string: "5x"'],
  ['rate({a="b"}[5m]', 'parse error at line 1, col 17: syntax error: unexpected $end'],
  ['{a="b"}\n  | json |', 'parse error at line 2, col 11: syntax error: unexpected $end'],
  ['{a="b', 'parse error at line 1, col 4: literal not terminated'],
  ['topk(0, rate({a="b"}[1m]))', 'parse error : invalid parameter (must be greater than 0) topk(0'],
  [
    'rate({a="b"}[1m]) or 5',
    'parse error : unexpected literal for right leg of logical/set binary operation (or): 5.000000',
  ],
  ['{a="b"} > 5', 'parse error : unexpected type for left leg of binary operation (>): *syntax.MatchersExpr'],
  [
    '{a="b"} | label_format a="1", a="2"',
    'parse error : stage \'| label_format a="1",a="2"\' : multiple label name \'a\' not allowed in a single format operation',
  ],
])('says where %s is broken', (query, message) => {
  expect(() => parseLogql(query)).toThrow(new AppError('INVALID_REQUEST', message))
})
