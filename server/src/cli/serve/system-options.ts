import type { FastifyPluginAsync } from 'fastify'
import type pg from 'pg'
import type { BrokenStream, UnexpectedError } from '../../http/error-replies.ts'
import type { RequestLine } from '../../http/request-log.ts'
import type { Roles } from '../../roles.ts'
import type { AuditTrail } from '../../service/access/audit-trail.ts'
import type { RateLimits } from '../../service/access/rate-limits.ts'
import type { BackupClockOptions, BackupPlan } from '../../service/administration/backup-clock.ts'
import type { Removal } from '../../service/administration/retention-service.ts'
import type { AlertGap } from '../../service/alerts/alert-evaluator.ts'
import type { MetricSources, Metrics } from '../../service/metrics.ts'
import type { Trouble } from '../../service/system-watch.ts'
import type { FolderBackup } from '../../store/backup/backup-files.ts'
import type { Upload } from '../../store/backup/bucket.ts'
import type { Notices } from '../../store/database/notices.ts'
import type { ReadReplica, ReplicaNews } from '../../store/database/read-replica.ts'
import type { ScrubRun } from '../../store/removal/scrub-runs.ts'
import type { NamesFull, RegisteredCamera } from '../../store/writing/registers.ts'

/** The system's reports on itself while it runs. */
export type SystemReports = {
  onCamerasRegistered: (cameras: readonly RegisteredCamera[]) => void
  /** There is no room for more sources, loggers or cameras; once each. */
  onNamesFull: (full: NamesFull) => void
  onRequestLine: (line: RequestLine) => void
  onUnexpected: (failure: UnexpectedError) => void
  onStreamBroken: (failure: BrokenStream) => void
  onJobFailed: (job: string, error: unknown) => void
  onRetention: (removal: Removal) => void
  onScrub: (run: ScrubRun) => void
  onBackup: (backup: FolderBackup) => void
  onBackupUploaded: (upload: Upload) => void
  /** The read replica was away or behind for a while, or is read from again. */
  onReplica: (news: ReplicaNews) => void
  onStorage: (state: 'full' | 'back', freeBytes: number | null) => void
  /** Something of the server itself needs attention, or does not any more. */
  onTrouble: (trouble: Trouble) => void
  onDatabaseConnection: (state: 'lost' | 'back') => void
  /** Entries of the feed that no alert rule was evaluated over. */
  onAlertGap: (gap: AlertGap) => void
  /** The alert rules are not evaluated in time, or are again. */
  onAlertsLate: (news: { isLate: boolean; lag_seconds: number }) => void
  /** A notice of an alert was tried for a day and given up. */
  onNoticeDead: (dead: { channel: string; error: string | null }) => void
}

export type SystemOptions = {
  /** For requests and writes, with `valueParsers` on every connection. */
  pool: pg.Pool
  /** A standby for reads of log rows. */
  replica?: ReadReplica | undefined
  /** For the jobs' library, with the parsers it expects. */
  jobPool: pg.Pool
  /** A connection of its own for LISTEN. */
  connect: () => Promise<pg.Client>
  /** For all connections to the database; see `Database`. */
  markSilent?: () => () => void
  /** How often the database is asked for a sign of life; 15 s when unset. */
  heartbeatMs?: number
  /** How long a client may read nothing of its reply; a minute when unset. */
  unreadMs?: number | undefined
  /** Authenticates requests; see `http/access-guard.ts`. */
  access: (notices: Notices) => FastifyPluginAsync
  auditTrail: AuditTrail
  pageDirectory: string
  trustProxy: boolean | string[]
  /** The server's own certificate; without one it speaks plain HTTP. */
  certificate?: { cert: Buffer; key: Buffer } | undefined
  publicUrl?: string | undefined
  /** Unset for the default ones. */
  rateLimits?: RateLimits | undefined
  /** Where the database's files are, when that is on this machine: watched for room. */
  dataDirectory?: string | undefined
  alerts?:
    | {
        /** Encrypts what opens the way to channels; without it there can be none. */
        key?: string | undefined
        /** Whether notices may go to this machine and its link. */
        allowLocal?: boolean | undefined
        /** Where people reach the page, for links in notices. */
        pageUrl?: string | undefined
        /** Called once a minute while rules are evaluated. */
        heartbeatUrl?: string | undefined
      }
    | undefined
  /** The roles of this server; everything when unset. */
  roles?: Roles | undefined
  /** The sites whose pages may show the embedded page. */
  embedOrigins?: readonly string[] | undefined
  /** A database whose table `cameras` has the names of the cameras. */
  cameraNamesUrl?: string | undefined
  /** A backup each day; `open` connects for as long as one takes. */
  backups?: (BackupPlan & Pick<BackupClockOptions, 'open'>) | undefined
  /** Counts from the first statement on; made by the system when unset. */
  metrics?: Metrics | undefined
  /** The server's own lines that wait, and those that were lost. */
  ownLog?: MetricSources['ownLog']
  /** Whether retention and its like run by the clock; true when unset. */
  isOnClock?: boolean
  reports: SystemReports
  /**
   * Called at the stop when no request comes any more and the store still takes lines: loggers write their last lines.
   */
  beforeStoreCloses?: () => Promise<void>
}
