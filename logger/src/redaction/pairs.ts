// `{name: "Authorization", value: "…"}`: a field names another field, and a second field holds its value.
import { codeAt, is, TOKEN } from './characters.ts'
import { mayBeSecret, nameBits } from './letters.ts'
import { isHolding, isNaming, type Name, nameAt } from './names.ts'
import { COST, type Scan } from './scan.ts'
import { isSecretName, MAX_NAME } from './secret-names.ts'

/** How far apart the two may stand. */
const MAX_PAIR = 200

/** Whether a name that starts so can be one of the two. */
export function isPairing(first: number): boolean {
  const letter = first | 32
  return letter === 110 || letter === 107 || letter === 104 || letter === 102 || letter === 118
}

/** Remembers that `name` names a secret: the `value` that follows within the same brackets is that. */
export function beginPair(scan: Scan, name: Name, from: number): void {
  if (!name.isNaming) return
  const { codes } = scan
  let start = from
  while (codeAt(codes, start) === 32) start++
  start += scan.quoteAt(start).length
  let end = start
  let letters = 0
  for (; end - start < MAX_NAME && is(codeAt(codes, end), TOKEN); end++)
    letters |= nameBits(codeAt(codes, end))
  scan.steps += end - from + COST.look
  if (end > start && mayBeSecret(letters) && nameAt(scan, start, end).isSecret) scan.pair = end
}

/** Whether `name`, at `start`, is the field that holds the secret that another one named. */
export function endsPair(scan: Scan, name: Name, start: number): boolean {
  const { pair } = scan
  if (pair < 0 || !name.isHolding) return false
  scan.pair = -1
  scan.steps += COST.word
  return start - pair < MAX_PAIR && !scan.text.slice(pair, start).includes('}')
}

/** The value of a field that another one of the same object names: `{ name: 'Cookie', value: 'a' }`. */
export function isHeldSecret(key: string, data: { readonly [key: string]: unknown }): boolean {
  if (!isHolding(key)) return false
  for (const other of Object.keys(data)) {
    if (!isNaming(other)) continue
    const named = data[other]
    if (typeof named === 'string' && isSecretName(named)) return true
  }
  return false
}
