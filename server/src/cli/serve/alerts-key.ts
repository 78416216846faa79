import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../../startup-error.ts'

/** The key that encrypts alert channels, kept beside the built-in database and not in it; made when there is none. */
export function ensureAlertsKey(dataDir: string): string {
  const file = join(dataDir, 'alerts-key')
  try {
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}
