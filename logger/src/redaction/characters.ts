// Character classes as one table look-up each: the scanner asks for nearly every character of every line.

export const WORD = 1 // A-Z a-z 0-9 _
export const TOKEN = 2 // WORD and -
export const DIGIT = 4
export const QUOTE = 8
export const BLANK = 16 // space, tab
export const OPENING = 32 // ( [ { <
export const CLOSING = 64 // ) ] } >
/** Ends a value that nothing encloses: white space, quotes, angle brackets, `&`. */
const ENDS_VALUE = 128
/** Stands behind a value and is none of it: `)]},;.\` */
export const TRAILING = 256
/** `TOKEN` and what base64 and URLs add: `.~+/=` */
export const CREDENTIAL = 512

const CLASSES = new Uint16Array(128)
const put = (characters: string, kind: number) => {
  for (const character of characters) {
    const code = character.charCodeAt(0)
    CLASSES[code] = (CLASSES[code] as number) | kind
  }
}
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
put(`${LETTERS}${LETTERS.toUpperCase()}0123456789_`, WORD | TOKEN | CREDENTIAL)
put('-', TOKEN | CREDENTIAL)
put('.~+/=', CREDENTIAL)
put('0123456789', DIGIT)
put('"\'`', QUOTE | ENDS_VALUE)
put(' \t', BLANK)
put(' \t\n\v\f\r<>&', ENDS_VALUE)
put('([{<', OPENING)
put(')]}>', CLOSING)
put(')]},;.\\', TRAILING)

/**
 * The characters of a text as numbers, with zeros around them: an array is read in a third of the time that asking the
 * text takes, which looks at how it is kept first, for each character.
 */
export type Codes = Uint16Array

/** How far before and behind its text the scanner looks without asking where it is. */
const MARGIN = 16
/** Texts up to this length share an array; a longer one, which is no record's, has its own for as long as it takes. */
const MAX_SHARED = 2 ** 19
let shared: Codes = new Uint16Array(2 ** 14)

/** Writes the characters of a text into the array that the next text is written into too. */
export function codesOf(text: string): Codes {
  const { length } = text
  const needed = length + 2 * MARGIN
  let codes = shared
  if (needed > codes.length) {
    codes = new Uint16Array(needed > MAX_SHARED ? needed : 2 ** Math.ceil(Math.log2(needed)))
    if (needed <= MAX_SHARED) shared = codes
  }
  viewOf(codes).write(text, 2 * MARGIN, 'utf16le')
  for (let at = length + MARGIN; at < needed; at++) codes[at] = 0
  return codes
}

let view = Buffer.from(shared.buffer)

function viewOf(codes: Codes): Buffer {
  if (view.buffer === codes.buffer) return view
  const found = Buffer.from(codes.buffer)
  if (codes === shared) view = found
  return found
}

/** The character at a place of the text; 0, which is of no kind, where the text has none. */
export function codeAt(codes: Codes, at: number): number {
  return codes[at + MARGIN] as number
}

/** Whether the character is of one of the kinds. */
export function is(code: number, kinds: number): boolean {
  return code < 128 && ((CLASSES[code] as number) & kinds) !== 0
}

export function isLetter(code: number): boolean {
  const lower = code | 32
  return code < 128 && lower >= 97 && lower <= 122
}

/** Whether `part` stands at a place: for a few characters this is quicker than a call of the text's own. */
export function standsAt(codes: Codes, part: string, at: number): boolean {
  for (let index = 0; index < part.length; index++) {
    if (codeAt(codes, at + index) !== part.charCodeAt(index)) return false
  }
  return true
}

export function endsValue(code: number): boolean {
  return code < 128 ? ((CLASSES[code] as number) & ENDS_VALUE) !== 0 : isWideSpace(code)
}

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || (code > 127 && isWideSpace(code))
}

function isWideSpace(code: number): boolean {
  return (
    code === 0xa0 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x3000 ||
    code === 0xfeff
  )
}

export const BACKSLASH = 92
export const NEW_LINE = 10
