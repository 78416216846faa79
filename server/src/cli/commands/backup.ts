import { stat } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { MAX_KEPT_BACKUPS, readConfig } from '../../config.ts'
import { StartupError } from '../../startup-error.ts'
import { writeBackup } from '../../store/backup/backup.ts'
import { type FolderBackup, fromFile, intoFolder, toFile } from '../../store/backup/backup-files.ts'
import { BadBackup } from '../../store/backup/backup-format.ts'
import { Bucket, type Upload } from '../../store/backup/bucket.ts'
import {
  checkBackup,
  NotEmpty,
  type RestoreSummary,
  readHeader,
  restoreBackup,
} from '../../store/backup/restore.ts'
import { withDatabase } from '../client/operator-database.ts'
import { jsonText } from '../terminal/terminal.ts'

const PLACE = `
The command connects to the database, not to a server: DATABASE_URL, or the built-in database of the data folder
(DATA_DIR), with the same environment as serve. The file contains everything, including hashes of passwords and keys;
keep it private.`

const BACKUP_HELP = `${PLACE}
The server may run: the backup is a snapshot of the moment it begins. Until it ends nothing is deleted; retention waits.
With --folder, for cron and timers, the file is named after the time and verified by reading it to its end; only then
are the oldest files beyond --keep removed. With --upload it is then uploaded to BACKUP_S3_URL, where the oldest beyond
--keep are removed too; BACKUP_S3_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN are read.

Exit codes:
  0  the file is complete; with --folder, it was verified; with --upload, it is in the bucket
  1  failed: file, database or bucket; see the message

Examples:
  timelapser-logs backup logs.backup
  timelapser-logs backup --folder /mnt/backups --keep 14
  timelapser-logs backup --folder /mnt/backups --keep 14 --upload
  DATABASE_URL=postgres://logs@db/logs timelapser-logs backup /mnt/backups/$(date +%F).backup`

const RESTORE_HELP = `${PLACE}
The database must be empty and not used by a server; in an empty data folder it is created. PostgreSQL 15 and newer
restore backups of each other, and this version those of older versions. Restored rows are counted and compared with the
kept counts. The server builds search indexes in the background.

Exit codes:
  0  everything was restored, or the file is intact
  1  failed: file or database; the database is left without rows; see the message

Examples:
  timelapser-logs restore --check logs.backup          read the file to its end, change nothing
  DATA_DIR=./new-data timelapser-logs restore logs.backup`

/** `timelapser-logs backup`: everything, into a file. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('back up everything into a file')
    .argument('[file]', 'output file; or use --folder')
    .option('--folder <folder>', 'write a file named after the time into this folder and verify it')
    .option('--keep <count>', 'with --folder: number of files to keep, 1 to 1000 (default: all)', parseKeep)
    .option('--upload', 'with --folder: upload the file to the bucket in BACKUP_S3_URL as well')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', BACKUP_HELP)
    .action((file: string | undefined, options: BackupOptions) => backup(file, options).catch(translate))
}

type BackupOptions = { json?: true; folder?: string; keep?: number; upload?: true }

async function backup(
  given: string | undefined,
  { folder, keep, upload, ...options }: BackupOptions,
): Promise<void> {
  if ((given === undefined) === (folder === undefined)) {
    throw new StartupError('Give either an output file or --folder.')
  }
  if (folder === undefined) {
    if (keep !== undefined) throw new StartupError('--keep requires --folder.')
    if (upload) throw new StartupError('--upload requires --folder.')
  }
  const bucket = upload && readConfig().bucket
  if (upload && !bucket) throw new StartupError('--upload requires the address of a bucket in BACKUP_S3_URL.')
  await withDatabase('read', async ({ pool }) => {
    const began = performance.now()
    if (given === undefined) {
      const facts = await intoFolder(pool, folder ?? '', { keep, onRows: showProgress() })
      const uploaded =
        bucket && (await new Bucket(bucket).upload(facts.file, { keep }).catch(notUploaded(facts)))
      report({ action: 'Wrote and verified', ...facts, uploaded, seconds: secondsSince(began) }, options)
      return 0
    }
    const { rows, partitions } = await toFile(given, (output) =>
      writeBackup(pool, output, { onRows: showProgress() }),
    )
    const { size } = await stat(given)
    report(
      { action: 'Wrote', file: given, rows, partitions, bytes: size, seconds: secondsSince(began) },
      options,
    )
    return 0
  })
}

/** The file stays, and the next run uploads another one. */
const notUploaded =
  ({ file }: FolderBackup) =>
  (error: Error): never => {
    throw new StartupError(`${file} is whole, but was not uploaded: ${error.message}.`, { cause: error })
  }

function parseKeep(text: string): number {
  const keep = Number(text)
  if (Number.isInteger(keep) && keep >= 1 && keep <= MAX_KEPT_BACKUPS) return keep
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_KEPT_BACKUPS}.`)
}

/** `timelapser-logs restore`: everything, out of a file. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('restore a backup into an empty database')
    .argument('<file>', 'backup file')
    .option('--check', 'verify the file; change nothing')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', RESTORE_HELP)
    .action(async (file: string, options: { check?: true; json?: true }) => {
      const began = performance.now()
      const tell = async ({ rows, partitions, created_at }: RestoreSummary) => {
        const action = options.check ? 'Verified' : 'Restored'
        const { size } = await stat(file)
        const seconds = secondsSince(began)
        report({ action, file, created_at, rows, partitions, bytes: size, seconds }, options)
        return 0
      }
      const restore = async () => {
        // A file that cannot be restored is no reason to make a database.
        await fromFile(file, readHeader)
        await withDatabase('fill', (database) =>
          fromFile(file, (input) => restoreBackup(database, input, showProgress())).then(tell),
        )
      }
      await (options.check ? fromFile(file, checkBackup).then(tell) : restore()).catch(translate)
    })
}

function showProgress(): (rows: number) => void {
  let shownAt = 0
  return (rows) => {
    if (!process.stderr.isTTY || performance.now() - shownAt < 500) return
    shownAt = performance.now()
    process.stderr.write(`\r${rows.toLocaleString('en-US')} rows `)
  }
}

type Report = {
  action: string
  file: string
  created_at?: string
  rows: Record<string, number>
  partitions: number
  bytes: number
  seconds: number
  /** The names of older files that made room. */
  removed?: string[]
  uploaded?: Upload | undefined
}

function report({ action, file, ...facts }: Report, { json }: { json?: true }): void {
  if (json) {
    console.log(jsonText({ file, ...facts }))
    return
  }
  const { rows, partitions, bytes, seconds, created_at, removed = [], uploaded } = facts
  const lines = (rows.logs ?? 0).toLocaleString('en-US')
  const made = created_at === undefined ? '' : ` of ${created_at}`
  console.log(
    `${action}${made}: ${lines} lines in ${partitions} partitions, and ${Object.keys(rows).length - 1} more tables; ${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB, ${seconds.toFixed(1)} s.`,
  )
  if (removed.length > 0) console.log(`Removed ${removed.join(', ')}.`)
  if (uploaded) console.log(`Uploaded it to ${uploaded.url}.`)
  if (uploaded && uploaded.removed.length > 0) {
    console.log(`Removed from the bucket: ${uploaded.removed.join(', ')}.`)
  }
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 10) / 100
}

/** Turns errors that the person at the terminal can mend into a sentence. */
function translate(error: unknown): never {
  if (error instanceof NotEmpty) {
    throw new StartupError(
      `Nothing was restored: ${error.message}. Set DATABASE_URL to an empty database, or DATA_DIR to an empty folder.`,
    )
  }
  if (error instanceof BadBackup) throw new StartupError(`${sentence(error.message)} Use another backup.`)
  const { code, path } = error as NodeJS.ErrnoException
  if (path !== undefined) {
    throw new StartupError(`${path} cannot be used: ${REASONS[code ?? ''] ?? code}.`, { cause: error })
  }
  if (code === UNDEFINED_TABLE) {
    throw new StartupError(
      'There is nothing to back up: Timelapser Logs has not used this database yet, or only a much older version has. Set DATABASE_URL or DATA_DIR to another one.',
      { cause: error },
    )
  }
  if (code?.startsWith('ZSTD_'))
    throw new StartupError('The file is damaged or not a backup. Use another one.')
  throw error
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** PostgreSQL's code for a table that is not there. */
const UNDEFINED_TABLE = '42P01'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the file or its folder does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
}
