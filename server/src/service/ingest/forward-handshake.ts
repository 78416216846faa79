// How a sender proves that it knows the shared key, and we that we do: HELO, PING, PONG.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { decode, encode } from '@msgpack/msgpack'

/** Longer messages are no handshake. */
const MAX_PING_BYTES = 8 * 1024

/** The handshake of one connection. */
export class ForwardHandshake {
  readonly #sharedKey: string
  readonly #hostname: string
  readonly #nonce = randomBytes(16).toString('base64')

  constructor(sharedKey: string, hostname: string) {
    this.#sharedKey = sharedKey
    this.#hostname = hostname
  }

  /** The first message of the connection. */
  helo(): Uint8Array {
    return encode(['HELO', { nonce: this.#nonce, auth: '', keepalive: true }])
  }

  /** The reply to a PING, and whether the sender knows the key; any other message proves nothing. */
  answer(frame: Uint8Array): { isKnown: boolean; pong: Uint8Array } {
    const [salt, hostname, digest] = readPing(frame) ?? []
    if (salt === undefined || hostname === undefined || digest === undefined) {
      return { isKnown: false, pong: this.#refusal('a PING is expected: this server has a shared key') }
    }
    const expected = Buffer.from(this.#digest(salt, hostname))
    const isKnown = digest.length === expected.length && timingSafeEqual(digest, expected)
    if (!isKnown) return { isKnown, pong: this.#refusal('shared key mismatch') }
    const own = this.#digest(salt, Buffer.from(this.#hostname))
    return { isKnown, pong: encode(['PONG', true, '', this.#hostname, own]) }
  }

  #refusal(reason: string): Uint8Array {
    return encode(['PONG', false, reason, this.#hostname, ''])
  }

  #digest(salt: Uint8Array, hostname: Uint8Array): string {
    const hash = createHash('sha512').update(salt).update(hostname)
    return hash.update(this.#nonce).update(this.#sharedKey).digest('hex')
  }
}

/** Salt, host name and digest of `["PING", host name, salt, digest, user, password]`; a salt need not be text. */
function readPing(
  frame: Uint8Array,
): [salt: Uint8Array, hostname: Uint8Array, digest: Uint8Array] | undefined {
  if (frame.length > MAX_PING_BYTES) return undefined
  try {
    const ping = decode(frame, { rawStrings: true })
    if (!Array.isArray(ping) || ping.length < 4) return undefined
    const [kind, hostname, salt, digest] = ping as unknown[]
    const isBytes = [kind, hostname, salt, digest].every((one) => one instanceof Uint8Array)
    if (!isBytes || Buffer.from(kind as Uint8Array).toString() !== 'PING') return undefined
    return [salt as Uint8Array, hostname as Uint8Array, digest as Uint8Array]
  } catch {
    return undefined
  }
}
