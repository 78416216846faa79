/** A stretch of visible text, or one character that would be invisible or would reorder its neighbours. */
export type TextPiece = { text: string; hidden: string | null }

// C0 and C1 controls but tab and line feed, soft hyphen, zero-width and bidi controls, line separators, byte order
// mark, tag characters: what can hide text, split it or turn it around on the screen.
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

const NAMES: Readonly<Record<number, string>> = {
  0: 'NUL',
  7: 'BEL',
  8: 'BS',
  13: 'CR',
  27: 'ESC',
  127: 'DEL',
  173: 'SHY',
  8203: 'ZWSP',
  8204: 'ZWNJ',
  8205: 'ZWJ',
  8206: 'LRM',
  8207: 'RLM',
  8232: 'LS',
  8233: 'PS',
  8234: 'LRE',
  8235: 'RLE',
  8236: 'PDF',
  8237: 'LRO',
  8238: 'RLO',
  8294: 'LRI',
  8295: 'RLI',
  8296: 'FSI',
  8297: 'PDI',
  65279: 'BOM',
}

/** Splits text so that every hidden character stands alone and can be shown by its name. */
export function splitHidden(text: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let done = 0
  for (const match of text.matchAll(HIDDEN)) {
    if (isJoined(text, match.index, match[0])) continue
    if (match.index > done) pieces.push({ text: text.slice(done, match.index), hidden: null })
    pieces.push({ text: match[0], hidden: nameOf(match[0]) })
    done = match.index + match[0].length
  }
  if (done < text.length) pieces.push({ text: text.slice(done), hidden: null })
  return pieces
}

/** Zero-width joiners hold emoji of several people together; there they are no trick. */
function isJoined(text: string, index: number, character: string): boolean {
  return (
    character === '\u200d' &&
    /\p{Extended_Pictographic}\ufe0f?$/u.test(text.slice(Math.max(0, index - 3), index))
  )
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
