import { chmodSync, existsSync, mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const TMPFS = 0x0102_1994
/** Many times what the servers of a run take together. */
const ENOUGH_BYTES = 4 * 1024 ** 3

/**
 * A folder for the data of a PostgreSQL that is thrown away: in memory where there is plenty, for making and removing the
 * files of a database a test is half of what the tests of the store take otherwise.
 */
export function makeDataFolder(name: string): string {
  const folder = mkdtempSync(join(hasMemory() ? MEMORY : tmpdir(), `timelapser-${name}-`))
  // Root runs PostgreSQL as somebody else, who has to get in.
  chmodSync(folder, 0o711)
  return folder
}

function hasMemory(): boolean {
  if (!existsSync(MEMORY)) return false
  const { type, bavail, bsize } = statfsSync(MEMORY)
  return type === TMPFS && bavail * bsize >= ENOUGH_BYTES && process.availableMemory() >= ENOUGH_BYTES
}
