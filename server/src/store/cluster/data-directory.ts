import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode, StartupError } from '../../startup-error.ts'

/** Makes the data folder if need be. @throws {StartupError} when nothing can be written there */
export function prepareDataDirectory(dataDirectory: string): void {
  try {
    // Root's must be passed through by the account PostgreSQL runs as; what is secret in it has its own mode.
    makeFolder(dataDirectory, process.getuid?.() === 0 ? 0o711 : 0o700)
    const probe = join(dataDirectory, `.probe-${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (cause) {
    throw new StartupError(
      `The data folder ${dataDirectory} is not writable (${errorCode(cause) || cause}). ${wayOut(dataDirectory, errorCode(cause))}, or set DATA_DIR to another folder.`,
      { cause },
    )
  }
}

/** Names the owner where that is the reason: a container sees a volume's owner as a bare number. */
function wayOut(path: string, code: string): string {
  const uid = process.getuid?.()
  const stats = statSync(path, { throwIfNoEntry: false })
  if (code === 'EROFS') return 'Its file system is read-only: mount a writable volume there'
  if (uid === undefined || !stats || stats.uid === uid) return 'Give this user write permission'
  return `It belongs to the user id ${stats.uid}, and the server runs as user id ${uid}. Give this user write permission (as root: chown -R ${uid}:${process.getgid?.()} ${path})`
}

/** Node's own `recursive` tries for ever where a file system such as /proc says that a parent that is there is not. */
function makeFolder(path: string, mode: number): void {
  if (existsSync(path)) return
  if (!existsSync(dirname(path))) makeFolder(dirname(path), mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Another server has made it meanwhile.
    if (errorCode(error) !== 'EEXIST') throw error
  }
}
