// Most lines hold no secret, and one look at them shows it: the scanner walks over the others alone.
import { PREFIXES } from './tokens.ts'

/**
 * Three characters of each thing that the scanner finds, in either case: rare ones, since the scanner takes every line
 * that holds them. `0` is any digit, a blank any sign without a class of its own, `?` also `&` and `#`.
 */
const PIECES = [
  // Each word of `name-words.ts` that names a secret holds one of these.
  ...['pas', 'psw', 'psk', 'ecr', 'ken', 'oki', 'riz', 'ede', 'jwt', 'key', 'hps', 'jse', 'cvv', 'cvc'],
  ...['car', 'gna', 'sid', 'r_s'],
  // Schemes, flags, parameters of a query string, hooks, `%40`, a bot of Telegram
  ...['rer', 'asi', '-u ', '--u', '?si', '?co', '?au', '?li', 'oks', 'bho', 't.g', '%00', ' aa'],
  // JSON web tokens, AWS, Google
  ...['eyj', 'kia', 'sia', 'aiz'],
  // The end of each prefix, which has the sign; digits before a sign are in every line.
  ...PREFIXES.map((prefix) => (prefix === 'ya29.' ? 'ya0' : prefix.toLowerCase().slice(-3))),
]

const SIGNS = '_-.%?'
const DIGIT = 27
const CLASS_BITS = 5
const PIECE_MASK = (1 << (3 * CLASS_BITS)) - 1

/** By character, its class in five bits. There is a class too few: q and z share theirs. */
const CLASSES = new Uint8Array(256)
for (let code = 0; code < 128; code++) CLASSES[code] = classOf(String.fromCharCode(code).toLowerCase())

function classOf(character: string): number {
  if (character >= 'a' && character <= 'z') return character === 'q' ? 26 : character.charCodeAt(0) - 96
  if (character >= '0' && character <= '9') return DIGIT
  if (character === '&' || character === '#') return classOf('?')
  const sign = SIGNS.indexOf(character)
  // The last takes the place that q left.
  return sign < 0 ? 0 : sign === 4 ? 17 : 28 + sign
}

/** 1 for the pieces; 2 for three digits, which count. */
const IS_PIECE = new Uint8Array(PIECE_MASK + 1)
for (const piece of PIECES) IS_PIECE[pieceOf(piece)] = 1
// `pw` is a word of two letters.
for (let last = 0; last < 1 << CLASS_BITS; last++) IS_PIECE[(pieceOf('pw') << CLASS_BITS) | last] = 1
IS_PIECE[pieceOf('000')] = 2

function pieceOf(characters: string): number {
  let piece = 0
  for (const character of characters) piece = (piece << CLASS_BITS) | classOf(character)
  return piece
}

/** Three digits in a row, as often as the number of a card has them: in groups of four it is 8 times. */
const CARD_DIGITS = 8
/** How the number of a card starts. */
const CARD = /\b[2-6]\d{3}(?:\d{10}|[ -]\d{4})/

/** Near the @ behind a user and password: the sign of a URL, plain or encoded, or an address. */
const NEAR_AT = /:[/\\]|%3|@\d/

/**
 * Reading bytes takes half the time of asking the text for each character. A character beyond Latin-1 leaves its low byte,
 * which at worst sends a line to the scanner.
 */
const WINDOW = Buffer.alloc(16_384)

/** Whether there can be a secret in the text; false is certain. Looks at each character a few times at most. */
export function mayHoldSecret(text: string): boolean {
  const { length } = text
  const bytes = WINDOW
  let piece = 0
  let digits = 0
  for (let from = 0; from < length; from += bytes.length) {
    const size = bytes.write(length > bytes.length ? text.slice(from, from + bytes.length) : text, 'latin1')
    for (let at = 0; at < size; at++) {
      piece = ((piece << CLASS_BITS) | (CLASSES[bytes[at] as number] as number)) & PIECE_MASK
      const found = IS_PIECE[piece] as number
      if (found === 1) return true
      digits += found
    }
  }
  return (digits >= 2 * CARD_DIGITS && CARD.test(text)) || (text.includes('@') && NEAR_AT.test(text))
}
