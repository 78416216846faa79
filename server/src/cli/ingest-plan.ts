import type { Settings } from '../http/api-schemas.ts'
import { isBefore, secondsOf, shiftUtcText, toUtcText } from '../ingest/utc-text.ts'
import type { ApiClient } from './api-client.ts'
import type { InputFile } from './ingest-input.ts'
import { countOlder, type FileOptions, type FileScan } from './ingest-scan.ts'
import { count } from './ingest-tally.ts'

const DAY_SECONDS = 86_400

export const EXIT = { failed: 1, tooOld: 2, someRejected: 3 } as const

/** Ends the command with a sentence and an exit code. */
export class IngestStop extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.name = 'IngestStop'
    this.exitCode = exitCode
  }
}

/** A file that was looked through, and by how many seconds its times are moved. */
export type PlannedFile = { options: FileOptions; scan: FileScan; shiftSeconds: number }

export type ShiftMode = 'together' | 'each'

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
export function daysToKeep(timestamp: string, nowSeconds: number): number {
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
): Promise<void> {
  const settings = await client.request<Settings>('GET', '/api/settings')
  if (settings.retention_days === 0) return
  const days = Math.max(settings.retention_days, keepDays ?? 0)
  const needed = Math.max(0, ...files.map((file) => neededDays(file, nowSeconds)))
  if (needed > days)
    throw new IngestStop(await tooOld(files, days, needed, keepDays, nowSeconds), EXIT.tooOld)
  if (days > settings.retention_days) {
    await client.request('PUT', '/api/settings', {
      body: JSON.stringify({ retention_days: days }),
      headers: { 'content-type': 'application/json' },
    })
  }
}

function neededDays({ scan, shiftSeconds }: PlannedFile, nowSeconds: number): number {
  return scan.oldest === undefined ? 0 : daysToKeep(scan.oldest, nowSeconds - shiftSeconds)
}

async function tooOld(
  files: PlannedFile[],
  days: number,
  needed: number,
  keepDays: number | undefined,
  nowSeconds: number,
): Promise<string> {
  const cutOff = toUtcText(nowSeconds - days * DAY_SECONDS, '') ?? ''
  let old = 0
  let records = 0
  let oldest: string | undefined
  for (const { options, scan, shiftSeconds } of files) {
    records += scan.records
    const before = shiftUtcText(cutOff, -shiftSeconds)
    if (before === undefined || scan.oldest === undefined || !isBefore(scan.oldest, before)) continue
    old += await countOlder({ ...options, line: { ...options.line, firstYear: scan.firstYear } }, before)
    const shifted = shiftUtcText(scan.oldest, shiftSeconds) ?? scan.oldest
    if (oldest === undefined || isBefore(shifted, oldest)) oldest = shifted
  }
  const isShifted = files.some(({ shiftSeconds }) => shiftSeconds !== 0)
  const limit = keepDays === undefined ? `the ${count(days, 'day')} the server keeps` : `--keep-days ${days}`
  const ways = isShifted
    ? [`--keep-days ${needed}`, ...(files.length > 1 ? ['--shift-to-now each'] : [])]
    : ['--shift-to-now', `--keep-days ${needed}`]
  return (
    `${old.toLocaleString('en-US')} of ${count(records, 'record')} are older than ${limit}` +
    `${oldest === undefined ? '' : ` (the oldest is of ${oldest})`} and would be deleted again. ` +
    `Nothing was sent. Use ${ways.join(' or ')}.`
  )
}

export function describeFiles(files: InputFile[]): string {
  return files.length === 1 ? (files[0]?.path ?? '') : count(files.length, 'file')
}
