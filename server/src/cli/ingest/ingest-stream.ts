import type { Readable } from 'node:stream'
import type { LogForm } from '../../ingest/inference/log-form.ts'
import type { LineOptions } from '../../ingest/line-records.ts'
import { isBefore, toUtcText } from '../../ingest/utc-text.ts'
import { Turns } from '../../service/turns.ts'
import { fitEventTime } from '../../store/writing/admission.ts'
import { FileDecoder, type Format, type LineOutcome } from './ingest-decoder.ts'
import { splitLines } from './ingest-input.ts'
import type { IngestSender } from './ingest-sender.ts'
import { EXIT, IngestStop } from './ingest-stop.ts'
import type { IngestTally } from './ingest-tally.ts'

/** A line is on its way at most this long after it was read. */
const FLUSH_MS = 1000
const DAY_SECONDS = 86_400

export type StreamRun = {
  input: Readable
  format: Format
  line: LineOptions
  /** Days the server keeps; 0 keeps everything. Undefined when it looks after times itself (`--live`). */
  retentionDays: number | undefined
  tally: IngestTally
  sender: IngestSender | undefined
  /** Receives how the plain lines are read: when it is found, when it is another, and at the end. */
  onForm?: (form: LogForm | undefined) => Promise<void>
  /** Microseconds do not exist in the clock; milliseconds, as ISO 8601 in UTC. */
  now?: () => string
}

/**
 * Sends a stream as it comes, at least once a second, until it ends.
 *
 * @throws IngestStop (2) when the first lines are older than the retention: the stream is an old log, not a live one.
 * Single old times later are wrong clocks, and get their arrival time.
 * @returns the summary.
 */
export async function ingestStream(run: StreamRun): Promise<string> {
  const { tally, sender } = run
  const now = run.now ?? (() => new Date().toISOString())
  const decoder = new FileDecoder(run.format, { ...run.line, isPipe: true })
  const chunks = splitLines(run.input, () => tally.noteLatin1())[Symbol.asyncIterator]()
  let next = chunks.next()
  let arrival = new Turns(next)
  let hasTakenAny = false
  /** Since when lines are gathered to see how they are written. */
  let gatheringMs: number | undefined

  async function take(outcomes: LineOutcome[]): Promise<void> {
    for (const outcome of outcomes) {
      if (!('record' in outcome)) {
        tally.reject('stdin', outcome.line, outcome.reason)
        continue
      }
      const bounds = run.retentionDays === undefined ? undefined : boundsAt(now(), run.retentionDays)
      if (!hasTakenAny && bounds?.oldest !== undefined && isBefore(outcome.record.timestamp, bounds.oldest)) {
        throw new IngestStop(oldStream(outcome.record.timestamp, run.retentionDays ?? 0), EXIT.tooOld)
      }
      hasTakenAny = true
      const record = bounds === undefined ? outcome.record : fitEventTime(outcome.record, bounds)
      if (record !== outcome.record) tally.retimed += 1
      tally.noteTime(record.timestamp)
      if (sender?.add(record, 'stdin', outcome.line) === true) await sender.send()
    }
  }

  for (;;) {
    const restMs = gatheringMs === undefined ? FLUSH_MS : gatheringMs + FLUSH_MS - performance.now()
    const hasArrived = restMs > 0 && (await arrival.within(restMs))
    if (!hasArrived) {
      gatheringMs = undefined
      await take(decoder.end())
      await sender?.send()
      await run.onForm?.(decoder.forms.at(-1))
      continue
    }
    const chunk = await next
    if (chunk.done === true) break
    next = chunks.next()
    // Handles a broken pipe too, which is met at the next turn.
    arrival = new Turns(next)
    const arrivedAt = now()
    await take(chunk.value.flatMap((line) => decoder.push(line, arrivedAt)))
    tally.lines = decoder.lines
    gatheringMs = decoder.isGathering ? (gatheringMs ?? performance.now()) : undefined
    if (sender?.isDue(FLUSH_MS) !== true) continue
    await sender.send()
    await run.onForm?.(decoder.forms.at(-1))
  }
  await take(decoder.end())
  tally.noteForms('stdin', decoder.forms, decoder.undated)
  await sender?.finish()
  await run.onForm?.(decoder.forms.at(-1))
  return tally.summary('stdin', sender === undefined)
}

function boundsAt(
  now: string,
  retentionDays: number,
): { now: string; oldest: string | undefined; newest: string } {
  const seconds = Math.floor(Date.parse(now) / 1000)
  return {
    now,
    oldest: retentionDays === 0 ? undefined : toUtcText(seconds - retentionDays * DAY_SECONDS, ''),
    newest: toUtcText(seconds + 3600, '') ?? now,
  }
}

function oldStream(timestamp: string, days: number): string {
  return (
    `The stream begins at ${timestamp}, before the ${days} days the server keeps; it would be deleted again. ` +
    'Nothing was sent. Use --keep-days, or give files and --shift-to-now.'
  )
}
