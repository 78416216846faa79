import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Our files alone are counted and removed; what else lies in the folder stays. */
const NAME = /^timelapser-logs-\d{8}T\d{6}Z\.backup$/

/** The file of a backup that begins now; names in order are in the order of their times. */
export function nextBackup(folder: string): string {
  const time = new Date().toISOString().replaceAll(/[:-]|\.\d+/g, '')
  return join(folder, `timelapser-logs-${time}.backup`)
}

/** Removes the oldest backups of the folder beyond this many, and returns the names of those it removed. */
export async function removeOldest(folder: string, keep: number): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).toSorted()
  const gone = names.slice(0, Math.max(0, names.length - keep))
  for (const name of gone) await rm(join(folder, name))
  return gone
}
