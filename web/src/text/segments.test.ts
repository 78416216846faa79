import { describe, expect, it } from 'vitest'
import { findHits, toSegments } from './segments.ts'

const shown = (message: string, ...needles: string[]) =>
  toSegments(message, needles).map((part) =>
    part.hidden ? `<${part.hidden}>` : part.hit ? `[${part.text}]` : part.text,
  )

describe('toSegments', () => {
  it('keeps a plain message whole', () => {
    expect(toSegments('a <b>bold</b> claim', [])).toEqual([
      { text: 'a <b>bold</b> claim', hidden: null, hit: false, style: null },
    ])
  })

  it('marks hits in any case and takes the needle literally', () => {
    expect(shown('Timeout, TIMEOUT', 'timeout')).toEqual(['[Timeout]', ', ', '[TIMEOUT]'])
    expect(shown('camera timeout', 'time', 'cam')).toEqual(['[cam]', 'era ', '[time]', 'out'])
    expect(shown('100% of 50%', '%')).toEqual(['100', '[%]', ' of 50', '[%]'])
    expect(findHits('a.c abc', ['a.c'])).toEqual([[0, 3]])
    expect(findHits('a/b-c', ['/b-'])).toEqual([[1, 4]])
  })

  it('finds a hit that colours cut in two', () => {
    expect(shown('time\u001b[31mout\u001b[0m!', 'timeout')).toEqual(['[time]', '[out]', '!'])
  })

  it('turns colours into styles and drops every other sequence', () => {
    const [red, plain] = toSegments('\u001b[1;31mfailed\u001b[0m\u001b[2K here', [])
    expect(red).toMatchObject({ text: 'failed', style: { color: 'red', bold: true } })
    expect(plain).toMatchObject({ text: ' here', style: null })
    expect(shown('\u001b[38;5;196mx\u001b[m\u001b]8;;http://evil\u0007y')).toEqual(['x', 'y'])
  })

  it('names characters that hide or turn text', () => {
    expect(shown('user\u202Egpj.exe')).toEqual(['user', '<RLO>', 'gpj.exe'])
    expect(shown('a\u0000b\u200bc\r')).toEqual(['a', '<NUL>', 'b', '<ZWSP>', 'c', '<CR>'])
    expect(shown('half \u001b[')).toEqual(['half ', '<ESC>', '['])
    expect(shown('\u{e0041}')).toEqual(['<U+E0041>'])
  })

  it('leaves tabs, line feeds and joined emoji alone', () => {
    expect(shown('a\tb\nc')).toEqual(['a\tb\nc'])
    for (const emoji of [
      '👩\u200d💻',
      '👩🏽\u200d🚀',
      '❤\ufe0f\u200d🔥',
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    ])
      expect(shown(`${emoji} ok`)).toEqual([`${emoji} ok`])
  })

  it('leaves joiners alone within words of scripts that need them, and nowhere else', () => {
    expect(shown('می\u200cخواهم')).toEqual(['می\u200cخواهم'])
    expect(shown('pass\u200cword')).toEqual(['pass', '<ZWNJ>', 'word'])
    expect(shown('👩\u200dx')).toEqual(['👩', '<ZWJ>', 'x'])
    expect(shown('🏴\u{e0078}\u{e007f}')).toEqual(['🏴', '<U+E0078>', '<U+E007F>'])
  })

  it('takes the line ends of Windows for what they are', () => {
    expect(shown('a\r\nb\rc')).toEqual(['a\r\nb', '<CR>', 'c'])
  })
})
