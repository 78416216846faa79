// Which letters a name has, a bit each: names that lack those of every secret's name, nearly all, cost no look-up.
import { is, TOKEN } from './characters.ts'

const IN_NAME = 1 << 30

/** By character: 0 when no name holds it, else bit 30 and for a letter its own, in either case; a is 0. */
const NAME_BITS = new Int32Array(128)
for (let code = 0; code < 128; code++) {
  if (!is(code, TOKEN) && code !== 46) continue
  const letter = (code | 32) - 97
  NAME_BITS[code] = IN_NAME | (code > 64 && letter >= 0 && letter < 26 ? 1 << letter : 0)
}

/** Bit 30 and that of the letter; 0 for a character that no name holds. */
export function nameBits(code: number): number {
  return code < 128 ? (NAME_BITS[code] as number) : 0
}

export function isInName(code: number): boolean {
  return nameBits(code) !== 0
}

/** @param text letters, and nothing else that counts */
export function lettersOf(text: string): number {
  let letters = 0
  for (let at = 0; at < text.length; at++) letters |= nameBits(text.charCodeAt(at))
  return letters & ~IN_NAME
}

const all = (letters: number, needed: number) => (letters & needed) === needed

const bit = (letter: string) => lettersOf(letter)
const [E_Y, T_O_E_N, C_O_I_E, P_S, P_A_S, J_T] = ['ey', 'toen', 'coie', 'ps', 'pas', 'jt'].map(
  lettersOf,
) as Six
const [C_R_E, S_T, D_N_T, A_D_N_U_M, S_I_D, S_I_G] = ['cre', 'st', 'dnt', 'adnum', 'sid', 'sig'].map(
  lettersOf,
) as Six
const [C_O_N, P_H, N_T_U, A_U_T_H, C_V, NOT_PLACED] = ['con', 'ph', 'ntu', 'auth', 'cv', ''].map(
  lettersOf,
) as Six
type Six = [number, number, number, number, number, number]
const [W, K, P, J, Z] = [bit('w'), bit('k'), bit('p'), bit('j'), bit('z')]

/** Whether a name of these letters can be a secret's: they are looked for by the rarest letter of each. */
export function mayBeSecret(letters: number): boolean {
  // password, pass
  if (all(letters, P_A_S)) return true
  // pwd, psw; jwt
  if ((letters & W) !== 0 && ((letters & P) !== 0 || all(letters, J_T))) return true
  // key; token; cookie; psk; kennwort
  if ((letters & K) !== 0) {
    if (all(letters, E_Y) || all(letters, T_O_E_N) || all(letters, C_O_I_E) || all(letters, P_S)) return true
    if ((letters & W) !== 0) return true
  }
  // secret; credential; card_number
  if (all(letters, C_R_E) && (all(letters, S_T) || all(letters, D_N_T) || all(letters, A_D_N_U_M)))
    return true
  // authorization
  if ((letters & Z) !== 0 && all(letters, A_U_T_H)) return true
  // connect.sid; phpsessid; jsessionid
  if (all(letters, S_I_D) && (all(letters, C_O_N) || all(letters, P_H) || (letters & J) !== 0)) return true
  // x-amz-signature; cvv
  return (all(letters, S_I_G) && all(letters, N_T_U)) || all(letters, C_V)
}

/** Short names that say something by their place: fields of a pair, parameters of a URL. */
const PLACED = 'name header field value val v key k code auth sig link signature'.split(' ')
/** By a hash without collisions among these names. */
const PLACED_BY_HASH = new Int32Array(256).fill(NOT_PLACED)
for (const name of PLACED) PLACED_BY_HASH[hash(lettersOf(name))] = lettersOf(name)

/** Whether a name of these letters is worth a look. */
export function isPlaced(letters: number): boolean {
  return letters !== 0 && PLACED_BY_HASH[hash(letters)] === letters
}

function hash(letters: number): number {
  return Math.imul(letters, 0x9e3779b1) >>> 24
}
