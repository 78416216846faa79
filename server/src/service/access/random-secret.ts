import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits as 43 characters that need no escaping in URLs, headers and shells. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * The hash under which secrets are stored and compared. No salt and no slow hash: 256 random bits cannot be guessed.
 */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
