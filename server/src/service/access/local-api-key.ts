import { randomUUID } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { ApiKeys } from './api-keys.ts'

/**
 * Sees to it that the commands on this machine have a key that opens this database: the one kept in the data folder,
 * which a new database has yet to learn of, or a new key. A reader of the folder could open the database itself.
 *
 * @returns the key when it was made just now
 */
export async function ensureLocalApiKey(apiKeys: ApiKeys, dataDir: string): Promise<string | undefined> {
  const name = `commands on ${hostname()}`.slice(0, 100)
  const kept = await readLocalApiKey(dataDir)
  const file = join(dataDir, 'admin-api-key')
  if (kept !== undefined && (await apiKeys.adopt(name, kept))) {
    await chmod(file, 0o600)
    return undefined
  }
  const { secret } = await apiKeys.create({ name, scope: 'admin' })
  // Written beside and renamed: never half there, and never readable by others, even if a file lay in its place.
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  await rename(draft, file)
  return secret
}

/**
 * The key the server keeps for the commands on its own machine, or undefined when there is none to read.
 *
 * @param dataDir the server's DATA_DIR.
 */
export async function readLocalApiKey(dataDir: string): Promise<string | undefined> {
  const text = await readFile(join(dataDir, 'admin-api-key'), 'utf8').catch(() => '')
  return text.trim() === '' ? undefined : text.trim()
}
