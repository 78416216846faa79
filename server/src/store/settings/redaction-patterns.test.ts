import { type LogRecord, RECORD_LIMITS, UNCHECKED } from '@timelapser/logger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stepsOnV8 } from './linear-pattern.ts'
import { tokenisePattern } from './pattern-tokens.ts'
import { compileOnRe2 } from './re2-pattern.ts'
import { RedactionPatternError, RedactionPatterns } from './redaction-patterns.ts'

const RECORD: LogRecord = {
  ...{ timestamp: '2026-01-01T00:00:00Z', level: 'INFO', source: 'api', logger_name: null, camera_id: null },
  ...{ message: '', extra_data: null },
}
const maskWith = (patterns: RedactionPatterns, message: string) =>
  patterns.mask({ ...RECORD, message }).message
const mask = (pattern: string, text: string) => maskWith(RedactionPatterns.ofNew(pattern), text)
const stepsOf = (pattern: string) => stepsOnV8(tokenisePattern(pattern))

describe('a pattern of one’s own', () => {
  it.each([
    ['LIC-\\d{4}', 'has lic-1234, LIC-12', 'has ***, LIC-12'],
    ['[A-Z]{2}\\d{6,9}', 'plate AB123456!', 'plate ***!'],
    ['customer=\\S+', 'customer=Müller&Söhne ok', '*** ok'],
    ['id=\\d+ key=\\S+', 'id=7 key=abc', '***'],
    ['(?:iban|konto) ?[a-z]{2}\\d{2}', 'IBAN de44', '***'],
    ['a|b+', 'xabbbx', 'x******x'],
    ['\\bsn\\b.*end', 'sn 1 2 end.', '***.'],
    ['(?:foo)?bar', 'foobar bar', '*** ***'],
    ['\\[secret\\]', '[secret]', '***'],
    ['https?://intern\\.\\S+', 'see https://intern.example/x', 'see ***'],
    ['(?:[\\da-f]{2}:){5}[\\da-f]{2}', 'mac 00:1A:2b:3c:4d:5e', 'mac ***'],
    ['.*key=.*', 'a key=1\nb', '***\nb'],
    ['(a+)+!', 'caaa!', 'c***'],
    ['[\\u00e4\\p{Script=Greek}[]+[^\\S\\t]x', 'Äω[\u2003x', '***'],
    ['\\ud83d\\ude00+.', '1😀😀2', '1***'],
  ])('%s', (pattern, text, masked) => expect(mask(pattern, text)).toBe(masked))

  it('masks all of a long value at its end', () => {
    expect(mask('token:\\w+', `token:${'x'.repeat(5000)}.`)).toBe('***.')
  })

  it.each([
    ['(a)\\1', 4, 'back-reference'],
    ['(?<n>a)\\k<n>', 1, 'special group'],
    ['a(?=b)', 2, 'look-around'],
    ['(?<!a)b', 1, 'look-around'],
    ['x*', 1, 'nothing is'],
    ['\\b', 1, 'nothing is'],
    ['a|(?:b?|c)', 1, 'nothing is'],
    ['[a', 1, 'not a regular expression'],
    ['(a', 1, 'not a regular expression'],
    ['*a', 1, 'not a regular expression'],
    ['x[^]+y', 1, 'not a regular expression of RE2'],
    ['a{5000}', 2, 'more than'],
    ['(?:[a-z]{1,30}x){1,30}1', 1, 'steps per character, at most 300'],
    ['a'.repeat(501), 501, 'longer'],
  ])('%s is refused at %i', (pattern, position, reason) => {
    const refusal = () => RedactionPatterns.ofNew(pattern)
    expect(refusal).toThrow(RedactionPatternError)
    expect(refusal).toThrow(expect.objectContaining({ message: expect.stringContaining(reason), position }))
  })
})

describe('the engine that goes back', () => {
  it.each([
    ['LIC-\\d{4}'],
    ['customer=\\S+'],
    ['id=\\d+ key=\\S+'],
    ['[A-Z]{2}\\d{6,9}'],
    ['(?:foo)?bar'],
    ['a|b+'],
  ])('takes %s: its steps for a character are bounded', (pattern) => {
    expect(stepsOf(pattern)).toBeLessThanOrEqual(200)
  })

  it.each([
    ['[\\p{L}a-z]+1'],
    ['\\w+@x'],
    ['(a+)+'],
    ['(?:a|b){2}'],
    ['.*.*x'],
    ['x\\d+\\w+y'],
    ['\\d+-?\\d+'],
    ['(?:a*)?a*b'],
    ['a[^b]*b[^c]*c'],
    ['k\\u212a+K'],
    ['.[a-z]{1,60}1'],
    [`${'(?:a|a)'.repeat(10)}b`],
    ['x(?:ya+)z'],
  ])('does not take %s', (pattern) => {
    expect(stepsOf(pattern)).toBeUndefined()
  })

  it('finds what RE2 finds', () => {
    const piece = fc.constantFrom(
      ...['a', 'B', 'ß', '\\d', '\\s', '\\S', '\\w', '.', '[a-c]', '[^ab]', '[\\s1]', '[^\\S]', '\\b', '\\n'],
      ...['(?:a|b1)', '(?:a?b)', '\\x31', '\\u{1F600}', '\\cJ', '\\p{Lu}', '\\/', '😀'],
    )
    const repeat = fc.constantFrom('', '', '', '+', '*', '?', '{2}', '{1,3}', '+?')
    const pattern = fc
      .array(fc.tuple(piece, repeat), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.map(([text, times]) => text + (text === '\\b' ? '' : times)).join(''))
    const text = fc
      .array(fc.constantFrom(...'aAbB1 -\n\r\u00a0\u2028ß😀'), { maxLength: 30 })
      .map((characters) => characters.join(''))
    fc.assert(
      fc.property(pattern, text, (source, given) => {
        const re2 = [...compileOnRe2(tokenisePattern(source)).matchAll(given)].map((match) => match[0])
        const v8 = given.match(new RegExp(source, 'giu')) ?? []
        expect(re2.filter(Boolean)).toEqual(v8.filter(Boolean))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a record is worth so much work', () => {
  const longest = 'ab '.repeat(RECORD_LIMITS.messageBytes / 3)

  it('looks through the longest message with a pattern that is no easy one', () => {
    expect(mask('[\\p{L}a-z]+1', longest)).toBe(longest)
    expect(mask('[\\p{L}a-z]+1', `${longest}abc1`)).toBe(`${longest}***`)
  })

  it('masks the rest where it would take more', () => {
    const masked = mask('[ab]{1,90} [b]', longest)
    expect(masked.endsWith(UNCHECKED)).toBe(true)
    expect(masked.length).toBeLessThan(longest.length)
    // Each match costs extra: fewer of them fit.
    expect(mask('[a]|[\\p{L}b]+1', longest).endsWith(UNCHECKED)).toBe(true)
  })

  it('counts all texts of a record and all patterns together', () => {
    const patterns = Array.from({ length: 50 }, (_, index) => `\\w+[${index}z]-${index}`)
    const { message, extra_data } = RedactionPatterns.ofStored(patterns).mask({
      ...RECORD,
      message: longest,
      extra_data: { later: 'text' },
    })
    expect(message.endsWith(UNCHECKED)).toBe(true)
    expect(extra_data).toEqual({ later: UNCHECKED })
  })
})

describe('stored patterns', () => {
  it('that are no longer taken run within the budget, others are left out, both by their place', () => {
    const patterns = RedactionPatterns.ofStored(['LIC-\\d', 'pin(?=\\d)', '[a', 'x*', 7])
    expect(maskWith(patterns, 'LIC-1 pin1 pinx x')).toBe('*** ***1 pinx x')
    expect(patterns.troubles).toEqual([
      { index: 1, isSkipped: false, reason: 'a look-around or another special group' },
      { index: 2, isSkipped: true, reason: expect.stringContaining('not a regular expression') },
      { index: 3, isSkipped: true, reason: 'matches where nothing is' },
      { index: 4, isSkipped: true, reason: 'not text' },
    ])
    expect(RedactionPatterns.ofStored('no list').troubles).toEqual([])
  })

  it('are ended when they go back for ever', () => {
    expect(maskWith(RedactionPatterns.ofStored(['(?=a)(a+)+\\1b']), 'a'.repeat(60))).toBe(UNCHECKED)
  })
})
