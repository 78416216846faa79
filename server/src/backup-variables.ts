import { resolve } from 'node:path'
import type { BackupPlan } from './service/administration/backup-clock.ts'
import { StartupError } from './startup-error.ts'
import type { BucketConfig } from './store/backup/bucket.ts'
import { type Environment, readAll, valid } from './variables.ts'

/** How many backups a folder or a bucket may keep. */
export const MAX_KEPT_BACKUPS = 1000

const FOLDER_READERS: { [name: string]: (text: string | undefined) => Partial<BackupPlan> } = {
  BACKUP_FOLDER: (text) => (text === undefined ? {} : { folder: resolve(text) }),
  BACKUP_AT: (text = '02:00') => {
    const isTime = /^([01]\d|2[0-3]):[0-5]\d$/.test(text)
    const time = valid('BACKUP_AT', text, isTime, 'a time of day in UTC, like 02:00')
    return { atMinutes: Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) }
  },
  BACKUP_KEEP: (text = '14') => {
    const isCount = /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_KEPT_BACKUPS
    return {
      keep: Number(valid('BACKUP_KEEP', text, isCount, `a whole number from 1 to ${MAX_KEPT_BACKUPS}`)),
    }
  },
}

/** The credentials have the names that other tools read. */
const BUCKET_READERS: { [name: string]: (text: string | undefined) => Partial<BucketConfig> } = {
  BACKUP_S3_URL: (text) =>
    text === undefined
      ? {}
      : {
          url: valid(
            'BACKUP_S3_URL',
            text,
            isBucketUrl(text),
            'the http or https address of a bucket, with its name in the path and without a user, query or fragment (% is written %25), like https://s3.eu-central-1.amazonaws.com/bucket/folder',
          ).replace(/\/+$/, ''),
        },
  BACKUP_S3_REGION: (text) => ({
    region:
      text === undefined
        ? undefined
        : valid('BACKUP_S3_REGION', text, /^[\w-]{1,64}$/.test(text), 'a region, like eu-central-1'),
  }),
  AWS_ACCESS_KEY_ID: (text) => (text === undefined ? {} : { accessKeyId: text }),
  AWS_SECRET_ACCESS_KEY: (text) => (text === undefined ? {} : { secretAccessKey: text }),
  AWS_SESSION_TOKEN: (text) => ({ sessionToken: text }),
}

export const BACKUP_READERS = { ...FOLDER_READERS, ...BUCKET_READERS }

/** Undefined without a folder. @throws {StartupError} when a variable is wrong */
export function readBackups(environment: Environment): BackupPlan | undefined {
  const plan = readAll(FOLDER_READERS, environment)
  return plan.folder === undefined ? undefined : (plan as BackupPlan)
}

/**
 * The plan of a server, with the bucket. Commands take their folder as an argument, and the bucket alone.
 *
 * @throws {StartupError} for a bucket without a folder
 */
export function backupPlanOf({ backups, bucket }: Backups): BackupPlan | undefined {
  if (bucket && !backups) {
    throw new StartupError(
      'BACKUP_S3_URL is set, but BACKUP_FOLDER is not. A backup is written to a folder, verified and then uploaded: set both.',
    )
  }
  return backups && { ...backups, bucket }
}

type Backups = { backups: BackupPlan | undefined; bucket: BucketConfig | undefined }

/** Undefined without an address. @throws {StartupError} when a variable is missing or wrong */
export function readBucket(environment: Environment): BucketConfig | undefined {
  const { url, accessKeyId, secretAccessKey, ...others } = readAll(BUCKET_READERS, environment)
  if (url === undefined) return undefined
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY'
    throw new StartupError(
      `BACKUP_S3_URL is set, but ${missing} is not. Uploads are signed with it: set both.`,
    )
  }
  return { url, accessKeyId, secretAccessKey, ...others }
}

function isBucketUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, pathname, search, hash } = new URL(text)
  const isPlain = username + password + search + hash === ''
  const isPath = /^\/[^/]+(\/[^/]+)*\/*$/.test(pathname) && isDecodable(pathname)
  return ['http:', 'https:'].includes(protocol) && isPlain && isPath
}

function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== ''
  } catch {
    return false
  }
}
