import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a server on this machine is, and by which certificate it is known when it speaks TLS. */
export type LocalAddress = { url: string; fingerprint?: string | undefined }

/** The note of the address: `write` replaces it, `remove` takes it away unless another server has put its own there. */
export type AddressNote = { write: (address: LocalAddress) => Promise<void>; remove: () => Promise<void> }

/**
 * Leaves the address a server listens on beside its key, so that commands on its machine find it on any port, also by a
 * certificate that is made for another name or signed by nobody they know.
 */
export async function leaveLocalAddress(dataDir: string, address: LocalAddress): Promise<AddressNote> {
  let left = ''
  const write: AddressNote['write'] = async ({ url, fingerprint }) => {
    left = fingerprint === undefined ? url : `${url}#sha256=${fingerprint}`
    // On a full disk the server is worth more than the note: commands take `--url` as well.
    await writeFile(fileOf(dataDir), `${left}\n`, { mode: 0o600 }).catch(() => undefined)
  }
  await write(address)
  return {
    write,
    remove: async () => {
      if ((await readNote(dataDir)) === left) await rm(fileOf(dataDir), { force: true })
    },
  }
}

/** The address of the server whose data folder this is; undefined when none runs there, or the folder is not ours to read. */
export async function readLocalAddress(dataDir: string): Promise<LocalAddress | undefined> {
  const [url = '', fingerprint] = (await readNote(dataDir)).split('#sha256=')
  const protocol = URL.parse(url)?.protocol
  if (protocol === 'http:') return { url }
  return protocol === 'https:' && fingerprint !== undefined ? { url, fingerprint } : undefined
}

async function readNote(dataDir: string): Promise<string> {
  return (await readFile(fileOf(dataDir), 'utf8').catch(() => '')).trim()
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'address')
}
