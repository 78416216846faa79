import { createHmac } from 'node:crypto'

const STEP_MS = 30_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code that an authenticator app shows now, or some steps of 30 seconds later (RFC 6238). */
export function codeOf(secret: string, later = 0): string {
  let bits = ''
  for (const letter of secret) bits += ALPHABET.indexOf(letter).toString(2).padStart(5, '0')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + later))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** A code that the app shows at none of the times around now. */
export function wrongCodeOf(secret: string, index = 0): string {
  const near = [-2, -1, 0, 1, 2, 3].map((later) => codeOf(secret, later))
  let guess = 100_000 + index
  while (near.includes(String(guess))) guess += 1000
  return String(guess)
}
