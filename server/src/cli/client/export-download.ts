import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type ApiClient, ApiFailure } from './api-client.ts'
import { type ExportPart, readPart, WrittenBefore } from './export-part.ts'
import { ExportProgress } from './export-progress.ts'
import { forgetQuestion, keepQuestion, recallQuestion } from './export-question.ts'

/** The result of an export. */
export type ExportSummary = {
  /** Null for stdout. */
  file: string | null
  rows: number
  bytes: number
  /** Rows deleted before they were read; null when that is not known. */
  removed: number | null
  seconds: number
}

const EXPORT = '/api/logs/export?'

export type ToFile = {
  file: string
  /** Whether an interrupted export can be resumed: lines of JSON, the oldest first, not packed. */
  isResumable: boolean
  /** Goes on with it; from the beginning when nothing is there. */
  resume: boolean
  /** The request as it was written. */
  asked: string
}

/** Writes an export to a file, which has its name only when it is whole. */
export async function exportToFile(
  client: ApiClient,
  parameters: URLSearchParams,
  { file, isResumable, resume, asked }: ToFile,
): Promise<ExportSummary> {
  const part = `${file}.part`
  const written = resume ? await readPart(part) : undefined
  const question = (written && (await recallQuestion(part, asked))) ?? parameters
  if (written) question.set('start_date', written.from)
  const reply = await client.open(`${EXPORT}${question}`)
  const output = createWriteStream(part, { flags: written ? 'a' : 'w' })
  try {
    // Together, as a reply that nobody reads loses what has come when it breaks off.
    const [received, kept] = await Promise.allSettled([
      receive(reply, output, file, written),
      isResumable && !written ? keepQuestion(part, asked, question) : undefined,
    ])
    if (received.status === 'rejected') throw received.reason
    if (kept.status === 'rejected') throw kept.reason
    output.end()
    await finished(output)
    await rename(part, file)
    await forgetQuestion(part)
    return received.value
  } catch (error) {
    // The received bytes are written to their end: a resumed export begins after them.
    output.end()
    await finished(output).catch(() => undefined)
    const failure = fileFailure(error) ?? error
    const size = await stat(part).then(
      (found) => found.size,
      () => 0,
    )
    if (isResumable && size > 0 && failure instanceof ApiFailure) {
      throw new ApiFailure(`${failure.message} --resume continues with ${part}.`, { cause: error })
    }
    await rm(part, { force: true })
    await forgetQuestion(part)
    throw failure
  }
}

/** Writes the export to stdout; its reader may stop early. */
export async function exportToStdout(client: ApiClient, parameters: URLSearchParams): Promise<ExportSummary> {
  return receive(await client.open(`${EXPORT}${parameters}`), process.stdout, null)
}

async function receive(
  reply: IncomingMessage,
  output: Writable,
  file: string | null,
  written?: ExportPart,
): Promise<ExportSummary> {
  const began = performance.now()
  const total = Number(reply.headers['x-export-total'])
  const isExact = reply.headers['x-export-total-is-exact'] === 'true'
  const isPacked = reply.headers['content-type'] === 'application/gzip'
  const isShown = file !== null && process.stderr.isTTY
  const progress = isShown ? new ExportProgress(isExact ? total : undefined, isPacked) : undefined
  // Ctrl-C ends the export like a failure, and what is there of the file goes with it.
  const interrupt = () => reply.destroy(new Error('it was interrupted'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  let failure: Error | undefined
  output.once('error', (error) => {
    failure = error
    reply.destroy(error)
  })
  const before = written && new WrittenBefore(written)
  let bytes = written?.bytes ?? 0
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      await progress?.add(chunk)
      const fresh = before?.filter(chunk) ?? chunk
      bytes += fresh.length
      if (!output.write(fresh)) await once(output, 'drain')
    }
  } catch (error) {
    throw brokenOff(failure ?? error, bytes)
  } finally {
    progress?.stop()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
  }
  const { 'x-export-rows': rows, 'x-export-removed': removed } = reply.trailers
  return {
    file,
    // A proxy may keep the trailers to itself.
    rows: (rows === undefined ? total : Number(rows)) + (written?.rows ?? 0) - (before?.dropped ?? 0),
    bytes,
    removed: removed === undefined || removed === 'unknown' ? null : Number(removed),
    seconds: Math.round(performance.now() - began) / 1000,
  }
}

function brokenOff(error: unknown, bytes: number): ApiFailure {
  const known = fileFailure(error)
  if (known) return known
  const reason = error instanceof Error ? error.message : String(error)
  return new ApiFailure(
    `The export was interrupted after ${bytes.toLocaleString('en-US')} bytes: ${reason}. The output is incomplete; run it again.`,
    { cause: error },
  )
}

function fileFailure(error: unknown): ApiFailure | undefined {
  const { code, path: failed = 'stdout' } = error as { code?: string; path?: string }
  // The file that was asked for: either of those beside it may be the first to fail.
  const path = failed.replace(/\.part(\.query)?$/, '')
  if (code === 'ENOENT') return new ApiFailure(`The folder of ${path} does not exist.`, { cause: error })
  if (code === 'EACCES') return new ApiFailure(`This user may not write ${path}.`, { cause: error })
  if (code === 'ENOSPC') return new ApiFailure(`No disk space is left for ${path}.`, { cause: error })
  if (code === 'EPIPE') return new ApiFailure('The reader of stdout has closed the pipe.', { cause: error })
  return undefined
}
