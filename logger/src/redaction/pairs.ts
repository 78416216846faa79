// `{name: "Authorization", value: "…"}`: a field names another field, and a second field holds its value.
import { codeAt, is, TOKEN } from './characters.ts'
import type { Scan } from './scan.ts'
import { isSecretName, MAX_NAME, nameAt } from './secret-names.ts'

const NAMING = new Set(['name', 'key', 'header', 'field', 'k'])
const HOLDING = new Set(['value', 'val', 'v'])

/** By a name as it is written: there are few, and no text is made for the look. */
const KINDS = new Map<string, 'naming' | 'holding' | 'none'>()
const MAX_KINDS = 500

function kindOf(name: string): 'naming' | 'holding' | 'none' {
  const before = KINDS.get(name)
  if (before !== undefined) return before
  const lower = name.toLowerCase()
  const kind = NAMING.has(lower) ? 'naming' : HOLDING.has(lower) ? 'holding' : 'none'
  if (KINDS.size >= MAX_KINDS) KINDS.clear()
  KINDS.set(name, kind)
  return kind
}
/** How far apart the two may stand. */
const MAX_PAIR = 200

/** Whether a name that starts so can be one of the two. */
export function isPairing(first: number): boolean {
  const letter = first | 32
  return letter === 110 || letter === 107 || letter === 104 || letter === 102 || letter === 118
}

/** Remembers that `name` names a secret: the `value` that follows within the same brackets is that. */
export function beginPair(scan: Scan, name: string, from: number): void {
  if (kindOf(name) !== 'naming') return
  const { text } = scan
  let start = from
  while (codeAt(text, start) === 32) start++
  start += scan.quoteAt(start).length
  let end = start
  while (end - start < MAX_NAME && is(codeAt(text, end), TOKEN)) end++
  scan.steps += end - from
  if (end > start && nameAt(text, start, end).isSecret) scan.pair = end
}

/** Whether `name`, at `start`, is the field that holds the secret that another one named. */
export function endsPair(scan: Scan, name: string, start: number): boolean {
  const { pair } = scan
  if (pair < 0 || kindOf(name) !== 'holding') return false
  scan.pair = -1
  return start - pair < MAX_PAIR && !scan.text.slice(pair, start).includes('}')
}

/** The value of a field that another one of the same object names: `{ name: 'Cookie', value: 'a' }`. */
export function isHeldSecret(key: string, data: { readonly [key: string]: unknown }): boolean {
  if (key.length > 5 || !HOLDING.has(key.toLowerCase())) return false
  for (const other of Object.keys(data)) {
    if (other.length > 6 || !NAMING.has(other.toLowerCase())) continue
    const named = data[other]
    if (typeof named === 'string' && isSecretName(named)) return true
  }
  return false
}
