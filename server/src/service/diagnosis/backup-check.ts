import { HOUR, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import type { BackupState } from '../administration/backup-clock.ts'
import { type Check, checkOf, span, type Trouble } from './check.ts'

/** A backup of a large database takes its time. */
const LATE_MS = 6 * HOUR

/** Whether the backup that is due is there. */
export async function checkBackups(state: () => Promise<BackupState>, nowMs: number): Promise<Check> {
  const found = await state()
  const { folder, newest, due_since, failed, upload } = found
  const finding = newest
    ? `The newest backup in ${folder} is of ${newest} (${span((nowMs - toMillis(newest)) / MINUTE)} ago)`
    : `No backup in ${folder} yet`
  const troubles: Trouble[] = []
  if (failed) {
    troubles.push({
      verdict: 'warning',
      cause: `The last backup failed at ${failed.at}: ${failed.message}.`,
      advice:
        'Fix the cause; the backup is retried an hour later. timelapser-logs backup --folder makes one now.',
    })
  } else if (due_since !== null && nowMs - toMillis(due_since) > LATE_MS) {
    troubles.push({
      verdict: 'warning',
      cause: `A backup has been due since ${due_since}.`,
      advice: 'Check the lines of the source worker with the logger timelapser_logs.backup.',
    })
  }
  if (upload?.failed) {
    troubles.push({
      verdict: 'warning',
      cause: `The last upload failed at ${upload.failed.at}: ${upload.failed.message}.`,
      advice: `Check BACKUP_S3_URL, BACKUP_S3_REGION and the credentials; the upload is retried an hour later.`,
    })
  }
  const uploaded =
    upload && `; the newest in ${upload.url} is of ${upload.newest ?? 'no time known to this server'}`
  return checkOf('backups', `${finding}${uploaded ?? ''}`, found, troubles)
}
