import { describe, expect, it } from 'vitest'
import { previewOf } from './message-text.tsx'

describe('the message of a row', () => {
  it('is its first line, with the number of lines below', () => {
    const trace = 'Error: no\n    at a\r\n    at b\n'
    expect(previewOf(trace, false)).toEqual({ text: 'Error: no', moreLines: 2, moreCharacters: 0 })
    expect(previewOf(trace, true)).toEqual({
      text: 'Error: no\n    at a\r\n    at b',
      moreLines: 0,
      moreCharacters: 0,
    })
  })

  it('is the error of a Python traceback, as they all begin alike', () => {
    const frames = '  File "worker.py", line 164, in capture\n    frame = await grab(camera)\n'
    const trace = `Traceback (most recent call last):\n${frames}TimeoutError: no answer after 30 s\n`
    expect(previewOf(trace, false)).toEqual({
      text: 'TimeoutError: no answer after 30 s',
      moreLines: 3,
      moreCharacters: 0,
    })
    expect(previewOf(trace, true).text).toMatch(/^Traceback/)
    expect(previewOf(`Traceback (most recent call last):\n${frames}`, false).text).toMatch(/^Traceback/)
  })

  it('skips empty first lines', () => {
    expect(previewOf('\n\nhello', false).text).toBe('hello')
    expect(previewOf('', false)).toEqual({ text: '', moreLines: 0, moreCharacters: 0 })
  })

  it('is bounded and never cuts a character in two', () => {
    expect(previewOf('x'.repeat(100_000), false)).toEqual({
      text: 'x'.repeat(1000),
      moreLines: 0,
      moreCharacters: 99_000,
    })
    const smiles = `${'x'.repeat(999)}😀`
    expect(previewOf(smiles, false).text).toBe('x'.repeat(999))
    expect(previewOf('y'.repeat(100_000), true).text).toHaveLength(20_000)
  })
})
