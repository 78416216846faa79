import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { finished, pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type pg from 'pg'
import { HOUR } from '../database/timestamp.ts'
import { type BackupSummary, writeBackup } from './backup.ts'
import { checkBackup } from './restore.ts'

/** Enough to find a bit that has turned; 3 packs as fast as PostgreSQL gives. */
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } }

/** The ending of a file that is being written. */
const DRAFT = '.part'

export type ToFileOptions = {
  /** Reads the file back before it gets its name. */
  check?: (input: AsyncIterable<Buffer>) => Promise<unknown>
  signal?: AbortSignal | undefined
}

/**
 * Writes a packed file, which has its name only once it is whole and on the disk; what is stopped, or does not pass `check`,
 * leaves none.
 */
export async function toFile<T>(
  file: string,
  write: (output: NodeJS.WritableStream & Zstd) => Promise<T>,
  { check, signal }: ToFileOptions = {},
): Promise<T> {
  const draft = `${file}${DRAFT}`
  const packing = createZstdCompress(PACKING)
  const writing = pipeline(packing, createWriteStream(draft, { mode: 0o600, flush: true }))
  writing.catch((error: Error) => packing.destroy(error))
  const giveUp = () => packing.destroy(new Error('the backup was stopped'))
  signal?.addEventListener('abort', giveUp)
  try {
    const result = await write(packing)
    packing.end()
    await writing
    if (check) await fromFile(draft, check, signal)
    await rename(draft, file)
    return result
  } catch (error) {
    packing.destroy()
    await writing.catch(() => undefined)
    await rm(draft, { force: true })
    throw error
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

type Zstd = ReturnType<typeof createZstdCompress>

export async function fromFile<T>(
  file: string,
  read: (input: AsyncIterable<Buffer>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const source = createReadStream(file, { highWaterMark: 1024 * 1024, ...(signal && { signal }) })
  const unpacked = createZstdDecompress()
  const reading = pipeline(source, unpacked)
  reading.catch((error: Error) => unpacked.destroy(error))
  try {
    return await read(unpacked)
  } finally {
    source.destroy()
    await finished(source).catch(() => undefined)
  }
}

/** The beginning of all their names. */
export const NAME_START = 'timelapser-logs-'

/** The files of a folder that are named after their time; what else lies in it stays. */
const NAME = /^timelapser-logs-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.backup$/

/** A draft that nobody has written to for this time is of a server or a command that was killed. */
const ABANDONED_MS = 6 * HOUR

/** The files of a folder of backups: name and time, the oldest first. */
export async function backupsIn(folder: string): Promise<{ name: string; at: number }[]> {
  return (await readdir(folder)).toSorted().flatMap((name) => {
    const at = timeOfBackup(name)
    return at === undefined ? [] : [{ name, at }]
  })
}

/** The time that the file is named after, in milliseconds; undefined for another name. */
export function timeOfBackup(name: string): number | undefined {
  return NAME.test(name) ? Date.parse(name.replace(NAME, '$1-$2-$3T$4:$5:$6Z')) : undefined
}

export type FolderBackup = BackupSummary & {
  file: string
  bytes: number
  /** The names of older files that made room. */
  removed: string[]
}

/**
 * Writes a file named after the time into a folder and reads it back to its end, before it gets its name; only then the
 * oldest files of these names beyond `keep` are removed.
 */
export async function intoFolder(
  pool: pg.Pool,
  folder: string,
  {
    keep,
    onRows,
    signal,
  }: {
    keep: number | undefined
    onRows?: (rows: number) => void
    signal?: AbortSignal
  },
): Promise<FolderBackup> {
  await removeAbandoned(folder)
  const time = new Date().toISOString().replaceAll(/[:-]|\.\d+/g, '')
  const file = join(folder, `${NAME_START}${time}.backup`)
  const { rows, partitions } = await toFile(file, (output) => writeBackup(pool, output, { onRows, signal }), {
    check: checkBackup,
    signal,
  })
  const { size } = await stat(file)
  // Never the new one, whatever times the others are named after.
  const others = (await backupsIn(folder)).map(({ name }) => name).filter((name) => name !== basename(file))
  const removed = keep === undefined ? [] : others.slice(0, Math.max(0, others.length - (keep - 1)))
  for (const name of removed) await rm(join(folder, name), { force: true })
  return { file, rows, partitions, bytes: size, removed }
}

/** Removes the drafts of backups into a folder that a killed process left there. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(DRAFT) || timeOfBackup(name.slice(0, -DRAFT.length)) === undefined) continue
    const draft = join(folder, name)
    const writtenMs = await stat(draft).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    )
    if (Date.now() - writtenMs > ABANDONED_MS) await rm(draft, { force: true })
  }
}
