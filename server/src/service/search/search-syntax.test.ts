import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../app-error.ts'
import { type ParsedSearch, parseSearch } from './search-syntax.ts'
import { formatSearch } from './search-text.ts'

const text = (value: string): ParsedSearch => ({ kind: 'text', text: value })
const not = (node: ParsedSearch): ParsedSearch => ({ kind: 'not', node })
const and = (...nodes: ParsedSearch[]): ParsedSearch => ({ kind: 'and', nodes })
const or = (...nodes: ParsedSearch[]): ParsedSearch => ({ kind: 'or', nodes })
const extra = (
  path: string,
  match: Extract<ParsedSearch, { kind: 'extra_data' }>['match'],
): ParsedSearch => ({
  kind: 'extra_data',
  path: path.split('.'),
  match,
})
const is = (value: string, isTextOnly: boolean) => ({ kind: 'is', text: value, isTextOnly }) as const

describe('the search syntax', () => {
  it.each([
    '192.168.1.5',
    '[error]',
    'rtsp://10.0.0.1/stream',
    '50%',
    'a=b',
    'key="value',
    '-',
    '--flag',
    '->',
    '()',
    'close()',
    ':)',
    '/var/log/syslog',
    '/api',
    '//',
    'level:',
    'unknown:field',
    'id:abc',
    'extra_data:x',
    'extra_data.a:',
    'or',
    '*',
    '\\',
    'İß日本',
  ])('takes %s as a word', (word) => {
    expect(parseSearch(word).tree).toEqual(text(word))
  })

  it.each<[string, ParsedSearch | undefined]>([
    ['', undefined],
    ['  ', undefined],
    ['a b', and(text('a'), text('b'))],
    ['"a b"', text('a b')],
    ['"say \\"hi\\" \\\\ C:\\temp"', text('say "hi" \\ C:\\temp')],
    ['-retry "connection timeout"', and(not(text('retry')), text('connection timeout'))],
    ['a b or c', or(and(text('a'), text('b')), text('c'))],
    ['a (b OR c)', and(text('a'), or(text('b'), text('c')))],
    ['(a or (b or c))', or(text('a'), text('b'), text('c'))],
    ['-(a b)', not(and(text('a'), text('b')))],
    ['(call f(x) now)', and(text('call'), text('f(x)'), text('now'))],
    ['or a', and(text('or'), text('a'))],
    ['a or', and(text('a'), text('or'))],
    ['(a or)', and(text('a'), text('or'))],
    ['a or or b', or(text('a'), and(text('or'), text('b')))],
    ['level:Error', { kind: 'level', comparison: '=', level: 'ERROR' }],
    ['level:>=warning', { kind: 'level', comparison: '>=', level: 'WARNING' }],
    ['camera:3', { kind: 'camera', id: 3 }],
    ['camera:none', { kind: 'camera', id: null }],
    ['camera:"Front Door"', { kind: 'camera_name', name: 'Front Door' }],
    ['camera:"3"', { kind: 'camera_name', name: '3' }],
    ['source:api*', { kind: 'source', value: 'api*', isGlob: true }],
    ['source:"api*"', { kind: 'source', value: 'api*', isGlob: false }],
    ['logger:x.y', { kind: 'logger_name', value: 'x.y', isGlob: false }],
    ['message:"a b"', { kind: 'message', text: 'a b' }],
    ['id:42', { kind: 'id', id: 42 }],
    ['request_id:r-1', { kind: 'request_id', value: 'r-1' }],
    ['extra_data.a.b:x', extra('a.b', is('x', true))],
    ['extra_data.a:3', extra('a', is('3', false))],
    ['extra_data.a:"3"', extra('a', is('3', true))],
    ['extra_data.a:true', extra('a', is('true', false))],
    ['extra_data.a:*', extra('a', { kind: 'exists' })],
    ['extra_data.a:r*p', extra('a', { kind: 'glob', text: 'r*p' })],
    ['extra_data.retry_count:>3', extra('retry_count', { kind: 'compare', comparison: '>', number: '3' })],
    ['extra_data.a:<=-1.5e3', extra('a', { kind: 'compare', comparison: '<=', number: '-1.5e3' })],
    ['/time ?out|\\/x/', { kind: 'regex', pattern: 'time ?out|\\/x' }],
    ['(/a/ or -/b/)', or({ kind: 'regex', pattern: 'a' }, not({ kind: 'regex', pattern: 'b' }))],
    ['a\0b', text('a\uFFFDb')],
  ])('reads %j', (query, tree) => {
    expect(parseSearch(query).tree).toEqual(tree)
  })

  it.each([
    ['a "b', 3, /quote/],
    ['camera:"Front', 8, /quote/],
    ['a (b', 3, /bracket is not closed/],
    ['a )', 3, /no opening bracket/],
    ['x ( )', 3, /empty/],
    ['level:high', 7, /"high" is not a level.*DEBUG/],
    ['extra_data.a:>x', 14, /"x" is not a number/],
    [`/${'a'.repeat(201)}/`, 1, /201 characters/],
    ['x /(a)\\1/', 7, /back-reference/],
    ['('.repeat(60), 51, /brackets/],
  ])('says what is wrong with %j and where', (query, position, sentence) => {
    let thrown: unknown
    try {
      parseSearch(query)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(AppError)
    expect(thrown).toMatchObject({ code: 'INVALID_QUERY', position })
    expect((thrown as AppError).message).toMatch(sentence)
    expect((thrown as AppError).message).toContain(`position ${position}.`)
  })

  it('takes sixteen regular expressions and not one more', () => {
    const all = Array.from({ length: 16 }, (_, index) => `/a${index}/`).join(' ')
    expect(parseSearch(all).patterns).toHaveLength(16)
    expect(() => parseSearch(`${all} or /b/`)).toThrow(`position ${all.length + 5}`)
  })

  it('tells where the regular expressions stand', () => {
    expect(parseSearch('x /a/ (-/b c/)').patterns).toEqual([
      { pattern: 'a', at: 2 },
      { pattern: 'b c', at: 8 },
    ])
  })

  const pieces = fc.constantFrom(
    ...[
      'a',
      'or',
      'OR',
      '-',
      '(',
      ')',
      '()',
      '"',
      '\\',
      '\\"',
      ' ',
      ' ',
      '/',
      '/x y/',
      '*',
      ':',
      '>',
      '=',
      '<',
    ],
    ...['level:', 'error', '>=', 'camera:', 'none', '7', 'source:', 'logger_name:', 'message:', 'id:'],
    ...['request_id:', 'extra_data.', 'k', '.', 'true', '1.5', '"q r"', 'ß', '\ud800', '\0'],
  )
  const queries = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join('')),
  )

  it('throws nothing but its own error, whatever the text', () => {
    fc.assert(
      fc.property(queries, (query) => {
        try {
          parseSearch(query)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_QUERY' })
          expect((error as AppError).position).toBeGreaterThan(0)
          expect((error as AppError).position).toBeLessThanOrEqual(query.length + 1)
        }
      }),
      { numRuns: 20_000 },
    )
  })

  it('written out and read again is the same search', () => {
    fc.assert(
      fc.property(queries, (query) => {
        let tree: ParsedSearch | undefined
        try {
          tree = parseSearch(query).tree
        } catch {
          return
        }
        if (tree) expect(parseSearch(formatSearch(tree)).tree).toEqual(tree)
      }),
      { numRuns: 20_000 },
    )
  })
})
