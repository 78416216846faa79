import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Leaves the address a server listens on beside its key, so that commands on its machine find it on any port.
 *
 * @returns takes it away again, unless another server has put its own there
 */
export async function leaveLocalAddress(dataDir: string, url: string): Promise<() => Promise<void>> {
  // On a full disk the server is worth more than the note: commands take `--url` as well.
  await writeFile(fileOf(dataDir), `${url}\n`, { mode: 0o600 }).catch(() => undefined)
  return async () => {
    if ((await readLocalAddress(dataDir)) === url) await rm(fileOf(dataDir), { force: true })
  }
}

/** The address of the server whose data folder this is; undefined when none runs there, or the folder is not ours to read. */
export async function readLocalAddress(dataDir: string): Promise<string | undefined> {
  const text = await readFile(fileOf(dataDir), 'utf8').catch(() => '')
  return URL.parse(text.trim())?.protocol === 'http:' ? text.trim() : undefined
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'address')
}
