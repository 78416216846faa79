import { BackupClock, type BackupState } from '../../../service/administration/backup-clock.ts'
import type { SystemOptions } from '../system-options.ts'
import type { Core } from './core.ts'

/** Backups by the clock of this server, when it was given a folder for them. */
export function backupsPart({ backups, jobPool, isOnClock = true }: SystemOptions, { reports }: Core) {
  const clock =
    backups &&
    new BackupClock({
      ...backups,
      jobPool,
      onDone: reports.onBackup,
      onUploaded: reports.onBackupUploaded,
      onFailure: (error) => reports.onJobFailed('backup', error),
    })
  return {
    start: () => {
      if (isOnClock) clock?.start()
    },
    stop: async () => clock?.stop(),
    /** Undefined without a folder. */
    state: clock && ((): Promise<BackupState> => clock.state()),
  }
}
