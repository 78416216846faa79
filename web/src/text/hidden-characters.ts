/** A stretch of visible text, or one character that would be invisible or would reorder its neighbours. */
export type TextPiece = { text: string; hidden: string | null }

// C0 and C1 controls but tab, line feed and the end of a line as Windows writes it; soft hyphen, zero-width and bidi
// controls, line separators, byte order mark, tag characters: they can hide text, split it or turn it around.
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\r(?!\n)|[\u{e0000}-\u{e007f}]/u

// Where some of these are no trick: joiners within an emoji, and within a word of a script whose letters join; the tags
// that make a black flag that of England, Scotland or Wales.
const PICTURE = String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d(?=\p{Extended_Pictographic})`
const JOINING = [
  'Arabic',
  'Syriac',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
]
const LETTER = `[${JOINING.map((script) => String.raw`\p{Script=${script}}`).join('')}]`
const WORD = String.raw`(?<=${LETTER})[\u200c\u200d](?=${LETTER})`
const tags = (letters: string) =>
  Array.from(letters, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')
const FLAG = String.raw`(?<=\u{1f3f4})(?:${['gbeng', 'gbsct', 'gbwls'].map(tags).join('|')})\u{e007f}`

const PATTERN = new RegExp(`(?<harmless>${PICTURE}|${WORD}|${FLAG})|${HIDDEN.source}`, 'gu')

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
  for (const match of text.matchAll(PATTERN)) {
    if (match.groups?.harmless !== undefined) continue
    if (match.index > done) pieces.push({ text: text.slice(done, match.index), hidden: null })
    pieces.push({ text: match[0], hidden: nameOf(match[0]) })
    done = match.index + match[0].length
  }
  if (done < text.length) pieces.push({ text: text.slice(done), hidden: null })
  return pieces
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
