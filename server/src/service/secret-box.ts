import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { AppError } from './app-error.ts'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts values that others keep: the credentials of channels in the database, and an attempt to sign in by the provider in
 * the browser. Readers of the database, of a backup or of a cookie learn nothing of them.
 */
export class SecretBox {
  readonly #key: Buffer | undefined

  /** @param key any text; none refuses everything */
  constructor(key: string | undefined) {
    this.#key = key === undefined ? undefined : createHash('sha256').update(key).digest()
  }

  get isOpen(): boolean {
    return this.#key !== undefined
  }

  /** @throws {AppError} CONFLICT without a key */
  seal(value: object): Buffer {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, this.#needKey(), nonce)
    const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
  }

  /** @throws {AppError} CONFLICT without the key it was sealed with */
  open<T>(sealed: Buffer): T {
    const key = this.#needKey()
    try {
      // A shorter tag would be easier to guess.
      const options = { authTagLength: TAG_BYTES }
      const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), options)
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      const text = Buffer.concat([
        decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ])
      return JSON.parse(text.toString('utf8')) as T
    } catch (cause) {
      throw new AppError(
        'CONFLICT',
        'The channel was encrypted with another key. Give all servers the same ALERTS_KEY or ALERTS_KEY_FILE, or set up the channel again.',
        { cause },
      )
    }
  }

  #needKey(): Buffer {
    if (this.#key) return this.#key
    throw new AppError(
      'CONFLICT',
      'Channels hold secrets, and this server has no key to encrypt them with. Set ALERTS_KEY or ALERTS_KEY_FILE, the same on all servers.',
    )
  }
}
