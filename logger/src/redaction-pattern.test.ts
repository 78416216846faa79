import { describe, expect, it } from 'vitest'
import { compileRedactionPattern, RedactionPatternError } from './redaction-pattern.ts'

const mask = (pattern: string, text: string) => text.replace(compileRedactionPattern(pattern), '***')

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
  ])('%s', (pattern, text, masked) => expect(mask(pattern, text)).toBe(masked))

  it('masks all of a long value at its end', () => {
    expect(mask('token:\\w+', `token:${'x'.repeat(5000)}.`)).toBe('***.')
  })

  it.each([
    ['(a)\\1', 4, 'backreference'],
    ['(?<n>a)\\k<n>', 1, 'special group'],
    ['a(?=b)', 2, 'lookaround'],
    ['(?<!a)b', 1, 'lookaround'],
    ['(a+)+', 5 - 1, 'repeated group'],
    ['(?:a|b){2}', 7, 'repeated group'],
    ['.*.*x', 1, 'not told'],
    ['x\\d+\\w+y', 2, 'not told'],
    ['a?a?aa', 1, 'not told'],
    ['\\d+-?\\d+', 1, 'not told'],
    ['(?:a*)?a*b', 4, 'not told'],
    [`${'(?:a|a)'.repeat(10)}b`, 43, 'ways'],
    ['x*', 1, 'nothing is'],
    ['[a', 1, 'not a regular expression'],
    ['(a', 1, 'not a regular expression'],
    ['*a', 1, 'not a regular expression'],
    ['a{5000}', 2, 'more than'],
    ['a'.repeat(501), 501, 'longer'],
  ])('%s is refused at %i', (pattern, position, reason) => {
    const refusal = () => compileRedactionPattern(pattern)
    expect(refusal).toThrow(RedactionPatternError)
    expect(refusal).toThrow(expect.objectContaining({ message: expect.stringContaining(reason), position }))
  })

  it.each([
    ['\\w+@x', 'a'.repeat(256 * 1024)],
    ['(?:a|b|c).*z', 'abc'.repeat(80 * 1024)],
    ['a[^b]*b[^c]*c', 'ab'.repeat(128 * 1024)],
  ])('%s takes time in proportion to the text', (pattern, text) => {
    const compiled = compileRedactionPattern(pattern)
    // It takes a second at most; a pattern that backtracks freely would not come to an end within the test.
    expect(text.replace(compiled, '***')).toBe(text)
  })
})
