import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { ApiFailure } from './api-client.ts'

const NEWLINE = 10
/** How much is read of the end of a file at first; rows of one instant may be many. */
const TAIL_BYTES = 65_536

/** The whole lines that an export which broke off has left; the oldest came first. */
export type ExportPart = {
  rows: number
  bytes: number
  /** The time of the last line; from there on is asked again. */
  from: string
  /** The lines of that time: they come again. */
  last: string[]
}

/**
 * Reads what is there of an export of NDJSON and cuts off half a line at its end.
 *
 * @returns undefined when nothing is there that could be gone on with
 * @throws {ApiFailure} when the file is something else
 */
export async function readPart(path: string): Promise<ExportPart | undefined> {
  const file = await open(path, 'r+').catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { rows, bytes } = await countLines(path)
    await file.truncate(bytes)
    if (rows === 0) return undefined
    return { rows, bytes, ...(await lastLines(file, bytes, path)) }
  } finally {
    await file.close()
  }
}

async function countLines(path: string): Promise<{ rows: number; bytes: number }> {
  let rows = 0
  let bytes = 0
  let read = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
      rows++
      bytes = read + at + 1
    }
    read += chunk.length
  }
  return { rows, bytes }
}

async function lastLines(
  file: FileHandle,
  end: number,
  path: string,
): Promise<{ from: string; last: string[] }> {
  for (let size = TAIL_BYTES; ; size *= 4) {
    const start = Math.max(end - size, 0)
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    const lines = buffer
      .toString()
      .split('\n')
      .slice(start === 0 ? 0 : 1, -1)
    const newest = lines.at(-1)
    if (newest === undefined) continue
    const from = timeOf(newest)
    if (from === undefined) {
      throw new ApiFailure(`${path} holds lines without a timestamp: this export cannot be resumed.`)
    }
    const before = lines.findLastIndex((line) => timeOf(line) !== from)
    if (before !== -1 || start === 0) return { from, last: lines.slice(before + 1) }
  }
}

function timeOf(line: string): string | undefined {
  try {
    const { timestamp } = JSON.parse(line) as { timestamp?: unknown }
    return typeof timestamp === 'string' ? timestamp : undefined
  } catch {
    return undefined
  }
}

/** Takes out of what comes the lines that were written before. */
export class WrittenBefore {
  readonly #from: string
  readonly #last = new Map<string, number>()
  #half = Buffer.alloc(0)
  #isPast = false
  /** How many lines were taken out. */
  dropped = 0

  constructor({ from, last }: ExportPart) {
    this.#from = from
    for (const line of last) this.#last.set(line, (this.#last.get(line) ?? 0) + 1)
  }

  /** The new part of the next bytes. */
  filter(chunk: Buffer): Buffer {
    if (this.#isPast) return chunk
    const text = Buffer.concat([this.#half, chunk])
    const fresh: Buffer[] = []
    let start = 0
    for (let end = text.indexOf(NEWLINE); end !== -1 && !this.#isPast; end = text.indexOf(NEWLINE, start)) {
      const line = text.subarray(start, end).toString()
      this.#isPast = timeOf(line) !== this.#from
      if (this.#isPast) break
      if (!this.#isKnown(line)) fresh.push(text.subarray(start, end + 1))
      start = end + 1
    }
    this.#half = this.#isPast ? Buffer.alloc(0) : text.subarray(start)
    if (this.#isPast) fresh.push(text.subarray(start))
    return Buffer.concat(fresh)
  }

  #isKnown(line: string): boolean {
    const count = this.#last.get(line) ?? 0
    if (count === 0) return false
    this.#last.set(line, count - 1)
    this.dropped++
    return true
  }
}
