import { describe, expect, it } from 'vitest'
import { isHalfWritten, setTerm, splitSearch, stateOfTerm, termOf, termsOf } from './search-terms.ts'

describe('terms of a search', () => {
  it.each([
    ['a b', ['a', 'b']],
    ['  "two words" -retry ', ['"two words"', '-retry']],
    ['logger:"my app" x', ['logger:"my app"', 'x']],
    ['-logger:"say \\"hi\\"" x', ['-logger:"say \\"hi\\""', 'x']],
    ['(a or ")") b', ['(a or ")")', 'b']],
    ['-(a b) /time ?out/ c', ['-(a b)', '/time ?out/', 'c']],
    ['foo:"bar baz"', ['foo:"bar', 'baz"']],
    ['- --flag /var/log', ['-', '--flag', '/var/log']],
    ['or', ['or']],
    ['', []],
  ])('of %s', (q, terms) => {
    expect(termsOf(q)).toEqual(terms)
  })

  it('are not told apart where one of two is enough', () => {
    expect(termsOf('a or b')).toBeNull()
    expect(termsOf('a OR')).toBeNull()
  })

  it('are quoted where the value would mean something else', () => {
    expect(termOf('logger', 'app.camera')).toBe('logger:app.camera')
    expect(termOf('logger', 'my "app"')).toBe('logger:"my \\"app\\""')
    expect(termOf('extra_data.a', 'api*')).toBe('extra_data.a:"api*"')
    expect(termOf('extra_data.a', 'null')).toBe('extra_data.a:"null"')
    expect(termOf('extra_data.a', '5')).toBe('extra_data.a:"5"')
    expect(termOf('extra_data.a', 5)).toBe('extra_data.a:5')
    expect(termOf('extra_data.a', null)).toBe('extra_data.a:null')
  })

  it('are added, turned round and taken away beside the others', () => {
    const out = setTerm('timeout', 'logger:app', 'out')
    expect(out).toBe('timeout -logger:app')
    expect(stateOfTerm(out, 'logger:app')).toBe('out')
    expect(setTerm(out, 'logger:app', 'in')).toBe('timeout logger:app')
    expect(setTerm(out, 'logger:app', 'unset')).toBe('timeout')
    expect(setTerm('timeout  or  x', 'logger:app', 'unset')).toBe('timeout  or  x')
  })

  it('hold for all of a search that says “or”', () => {
    expect(setTerm('a or b', 'logger:app', 'out')).toBe('(a or b) -logger:app')
  })

  it('are parted into filters and the rest', () => {
    expect(splitSearch('RTSP -logger:"my app" extra_data.a.b:>3 message:"a  b" -level:error')).toEqual({
      fields: [
        { text: 'logger:"my app"', name: 'logger', value: 'my app', inverted: true },
        { text: 'extra_data.a.b:>3', name: 'a.b', value: '>3', inverted: false },
        { text: 'level:error', name: 'level', value: 'error', inverted: true },
      ],
      rest: 'RTSP message:"a  b"',
    })
  })

  it('are half written while a filter has no value', () => {
    const half = ['level:', 'timeout -camera:', '(source:', 'level:>=', 'extra_data.retry_count:>']
    const whole = ['level:e', 'error:', 'id', '', 'timeout', 'level: x', 'see camera:1']
    expect(half.filter(isHalfWritten)).toEqual(half)
    expect(whole.filter(isHalfWritten)).toEqual([])
  })
})
