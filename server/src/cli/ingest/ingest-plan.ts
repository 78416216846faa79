import type { Settings } from '../../http/api-schemas.ts'
import { isBefore, secondsOf, shiftUtcText, toUtcText } from '../../ingest/utc-text.ts'
import type { ApiClient } from '../client/api-client.ts'
import type { InputFile } from './ingest-input.ts'
import { countOlder, type FileOptions, type FileScan } from './ingest-scan.ts'
import { EXIT, IngestStop } from './ingest-stop.ts'
import { count } from './ingest-tally.ts'

const DAY_SECONDS = 86_400
/** The server's longest retention in days; longer is 0, everything. */
export const LONGEST_RETENTION_DAYS = 36_500

/** A file that was looked through, and by how many seconds its times are moved. */
export type PlannedFile = { options: FileOptions; scan: FileScan; shiftSeconds: number }

export type ShiftMode = 'together' | 'each'

/** The days the server keeps logs; 0 keeps everything. */
export async function readRetention(client: ApiClient): Promise<number> {
  const { settings } = await client.request<{ settings: Settings }>('GET', '/api/settings')
  return settings.retention_days
}

/**
 * Raises the retention to `keepDays`, 0 being everything; never lowers it. It stays raised, which is said.
 *
 * @param isDryRun say what would be done, and change nothing
 * @returns the days that are kept then.
 */
export async function raiseRetention(
  client: ApiClient,
  days: number,
  keepDays: number | undefined,
  isDryRun = false,
): Promise<number> {
  if (days === 0 || keepDays === undefined || (keepDays !== 0 && keepDays <= days)) return days
  const now = keepDays === 0 ? 'everything' : count(keepDays, 'day')
  const change = `from ${count(days, 'day')} to ${now}, for all logs, permanently`
  if (isDryRun) {
    console.error(`The retention would be raised ${change}.`)
    return keepDays
  }
  const body = JSON.stringify({ retention_days: keepDays })
  await client.request('PUT', '/api/settings', { body, headers: { 'content-type': 'application/json' } })
  console.error(
    `The retention is raised ${change}; "timelapser-logs settings set retention_days ${days}" reverts this.`,
  )
  return keepDays
}

/** Finds by how much times move so that the newest line (of all files, or of each) becomes now. */
export function planShifts(
  scanned: { options: FileOptions; scan: FileScan }[],
  mode: ShiftMode | undefined,
  nowSeconds: number,
): PlannedFile[] {
  let newest: string | undefined
  for (const { scan } of scanned) {
    if (scan.newest !== undefined && (newest === undefined || isBefore(newest, scan.newest)))
      newest = scan.newest
  }
  return scanned.map(({ options, scan }) => {
    const end = mode === 'each' ? scan.newest : newest
    const shiftSeconds = mode === undefined || end === undefined ? 0 : nowSeconds - secondsOf(end)
    return { options, scan, shiftSeconds }
  })
}

/** The days a retention must have to keep lines of this time, with an hour to spare for the import itself. */
function daysToKeep(timestamp: string, nowSeconds: number): number {
  return Math.max(1, Math.ceil((nowSeconds - secondsOf(timestamp) + 3600) / DAY_SECONDS))
}

/**
 * Makes sure that the server keeps what is about to be sent: raises its retention to `keepDays` where that is given
 * and needed.
 *
 * @throws IngestStop (2) when lines are older than what is kept.
 */
export async function ensureKept(
  files: PlannedFile[],
  keepDays: number | undefined,
  nowSeconds: number,
  client: ApiClient,
  isDryRun = false,
): Promise<void> {
  const retentionDays = await readRetention(client)
  if (retentionDays === 0 || keepDays === 0) {
    await raiseRetention(client, retentionDays, keepDays, isDryRun)
    return
  }
  const days = Math.max(retentionDays, keepDays ?? 0)
  const cutOff = toUtcText(nowSeconds - days * DAY_SECONDS, '') ?? ''
  const old = files.filter(({ scan, shiftSeconds }) => {
    const oldest = scan.oldest === undefined ? undefined : shiftUtcText(scan.oldest, shiftSeconds)
    return oldest !== undefined && isBefore(oldest, cutOff)
  })
  if (old.length > 0) {
    const limit =
      days === retentionDays ? `the ${count(days, 'day')} the server keeps` : `--keep-days ${days}`
    throw new IngestStop(await describeOld(old, files, limit, cutOff, nowSeconds), EXIT.tooOld)
  }
  await raiseRetention(client, retentionDays, keepDays, isDryRun)
}

async function describeOld(
  old: PlannedFile[],
  all: PlannedFile[],
  limit: string,
  cutOff: string,
  nowSeconds: number,
): Promise<string> {
  let oldRecords = 0
  let oldest = cutOff
  for (const { options, scan, shiftSeconds } of old) {
    const line = { ...options.line, ...scan.line }
    oldRecords += await countOlder({ ...options, line }, shiftUtcText(cutOff, -shiftSeconds) ?? cutOff)
    const shifted = shiftUtcText(scan.oldest ?? cutOff, shiftSeconds) ?? cutOff
    if (isBefore(shifted, oldest)) oldest = shifted
  }
  const needed = daysToKeep(oldest, nowSeconds)
  const ways = [needed > LONGEST_RETENTION_DAYS ? '--keep-days 0 (everything)' : `--keep-days ${needed}`]
  const isShifted = all.some(({ shiftSeconds }) => shiftSeconds !== 0)
  if (!isShifted) ways.unshift('--shift-to-now')
  else if (new Set(all.map(({ shiftSeconds }) => shiftSeconds)).size === 1 && all.length > 1) {
    ways.push('--shift-to-now each')
  }
  const records = all.reduce((sum, { scan }) => sum + scan.records, 0)
  return (
    `${oldRecords.toLocaleString('en-US')} of ${count(records, 'record')} are older than ${limit} ` +
    `(the oldest is of ${oldest}) and would be deleted again. Nothing was sent. Use ${ways.join(' or ')}.`
  )
}

export function describeFiles(files: InputFile[]): string {
  return files.length === 1 ? (files[0]?.path ?? '') : count(files.length, 'file')
}
