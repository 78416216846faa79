import type { LogRecord } from '@timelapser/logger'
import { SingleBar } from 'cli-progress'
import type { LogForm } from '../../ingest/inference/log-form.ts'
import { shiftUtcText } from '../../ingest/utc-text.ts'
import type { ApiClient } from '../client/api-client.ts'
import { FileDecoder, type LineOutcome } from './ingest-decoder.ts'
import { type InputFile, readFileLines } from './ingest-input.ts'
import { describeFiles, ensureKept, type PlannedFile, planShifts, type ShiftMode } from './ingest-plan.ts'
import { type FileOptions, type FileScan, outcomesOf, scanFile } from './ingest-scan.ts'
import type { IngestSender } from './ingest-sender.ts'
import type { IngestTally } from './ingest-tally.ts'

export type FilesRun = {
  files: FileOptions[]
  shift: ShiftMode | undefined
  keepDays: number | undefined
  nowSeconds: number
  tally: IngestTally
  /** Undefined for a dry run. */
  delivery: { client: ApiClient; sender: IngestSender; isImport: boolean } | undefined
  /** Receives how the plain lines of a file were read, once they are sent. */
  onForm?: (path: string, form: LogForm | undefined) => Promise<void>
  /** The server whose retention a dry run asks for; undefined where none can be asked. */
  asked?: ApiClient | undefined
}

/**
 * Sends files in two passes: the first finds their times, so that nothing is sent when some of it would not be
 * kept; the second sends.
 *
 * @returns the summary.
 */
export async function ingestFiles(run: FilesRun): Promise<string> {
  const { tally, delivery } = run
  const files = run.files.map(({ line, ...one }) => ({
    ...one,
    line: { ...line, writtenUntil: one.file.changedAt },
  }))
  const inputs = files.map(({ file }) => file)
  const scanned = await withProgress('Scanning', inputs, async (onBytes) => {
    const found: { options: FileOptions; scan: FileScan }[] = []
    for (const options of files) found.push({ options, scan: await scanFile(options, onBytes) })
    return found
  })
  const planned = planShifts(scanned, run.shift, run.nowSeconds)
  // A dry run ends as the run would.
  const keeper = delivery?.isImport === true ? delivery.client : run.asked
  if (keeper) await ensureKept(planned, run.keepDays, run.nowSeconds, keeper, delivery === undefined)

  await withProgress(delivery === undefined ? 'Decoding' : 'Sending', inputs, async (onBytes) => {
    for (const file of planned) {
      const form = await sendFile(file, tally, delivery?.sender, onBytes)
      await run.onForm?.(file.options.file.path, form)
    }
    await delivery?.sender.finish()
  })
  return tally.summary(describeFiles(inputs), delivery === undefined)
}

async function sendFile(
  { options, scan, shiftSeconds }: PlannedFile,
  tally: IngestTally,
  sender: IngestSender | undefined,
  onBytes: (bytes: number) => void,
): Promise<LogForm | undefined> {
  const decoder = new FileDecoder(options.format, { ...options.line, ...scan.line })
  const lines = readFileLines(options.file, onBytes, () => tally.noteLatin1())
  for await (const outcomes of outcomesOf(decoder, lines)) {
    for (const outcome of outcomes) if (take(outcome)) await sender?.send()
  }
  tally.lines += decoder.lines
  tally.noteForms(options.file.path, decoder.forms, decoder.undated)
  return decoder.forms.at(-1)

  /** Whether a batch is full now. */
  function take(outcome: LineOutcome): boolean {
    if (!('record' in outcome)) {
      tally.reject(options.file.path, outcome.line, outcome.reason)
      return false
    }
    const record = shiftSeconds === 0 ? outcome.record : shifted(outcome.record, shiftSeconds)
    tally.noteTime(record.timestamp)
    return sender?.add(record, options.file.path, outcome.line) === true
  }
}

/** The record at its new time; the one it had stays in `extra_data.original_timestamp`. */
function shifted(record: LogRecord, bySeconds: number): LogRecord {
  return {
    ...record,
    timestamp: shiftUtcText(record.timestamp, bySeconds) ?? record.timestamp,
    extra_data: { ...record.extra_data, original_timestamp: record.timestamp },
  }
}

/** Runs with a bar on a terminal, silently elsewhere. */
async function withProgress<T>(
  label: string,
  files: InputFile[],
  run: (onBytes: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return run(() => {})
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const bar = new SingleBar({
    format: `${label} {bar} {percentage} % · {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: true,
  })
  bar.start(Math.max(total, 1), 0)
  try {
    return await run((bytes) => bar.increment(bytes))
  } finally {
    bar.stop()
  }
}
