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

/** The character at a place; 0, which is of no kind, where the text has none: `NaN` would slow down all that reads it. */
export function codeAt(text: string, at: number): number {
  return at >= 0 && at < text.length ? text.charCodeAt(at) : 0
}

/** Whether the character is of one of the kinds. */
export function is(code: number, kinds: number): boolean {
  return code < 128 && ((CLASSES[code] as number) & kinds) !== 0
}

/** Whether `part` stands at a place: for a few characters this is quicker than a call of the text's own. */
export function standsAt(text: string, part: string, at: number): boolean {
  if (at + part.length > text.length) return false
  for (let index = 0; index < part.length; index++) {
    if (text.charCodeAt(at + index) !== part.charCodeAt(index)) return false
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
