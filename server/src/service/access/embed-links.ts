import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../app-error.ts'
import type { Principal } from './access.ts'

/** The secret that signs links: the same on all servers, and known to an application that signs links itself. */
export type EmbedConfig = {
  secret: string
  /** The sites whose pages may show the embedded page in a frame. */
  origins: readonly string[]
}

/** `tle_<camera>_<expires>_<signature>`: a camera, seconds since 1970, and 64 hexadecimal digits. */
const TOKEN = /^tle_([1-9]\d{0,9})_(\d{1,11})_([\da-f]{64})$/

/** The largest id of a camera, an `integer` of PostgreSQL. */
const MAX_CAMERA = 2_147_483_647

/**
 * Tokens that read the lines of one camera until they expire. They are signed (HMAC-SHA256 of `camera.expires`) and stored
 * nowhere: an application with the secret makes them without asking; another secret ends all of them.
 */
export class EmbedLinks {
  readonly #secret: string | undefined
  readonly #now: () => number

  constructor(secret: string | undefined, now: () => number = Date.now) {
    this.#secret = secret
    this.#now = now
  }

  /** @throws {AppError} INVALID_REQUEST without a secret */
  make(camera: number, expiresAtMs: number): string {
    if (this.#secret === undefined) {
      throw new AppError('INVALID_REQUEST', 'Embedded pages are off: the server has no EMBED_SECRET.')
    }
    const expires = Math.floor(expiresAtMs / 1000)
    return `tle_${camera}_${expires}_${signatureOf(this.#secret, camera, expires)}`
  }

  /** Undefined for another text, a wrong signature, and after the expiry. */
  identify(token: string): Principal | undefined {
    const [, camera, expires, signature] = TOKEN.exec(token) ?? []
    if (this.#secret === undefined || signature === undefined) return undefined
    if (Number(camera) > MAX_CAMERA || Number(expires) * 1000 <= this.#now()) return undefined
    const right = signatureOf(this.#secret, Number(camera), Number(expires))
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(right))) return undefined
    return {
      kind: 'link',
      id: `camera ${camera} ${signature.slice(0, 16)}`,
      name: `embedded page of camera ${camera}`,
      role: 'viewer',
      visibility: { cameras: [Number(camera)] },
      lineage: `link camera ${camera}`,
    }
  }
}

function signatureOf(secret: string, camera: number, expires: number): string {
  return createHmac('sha256', secret).update(`${camera}.${expires}`).digest('hex')
}
