import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { EXIT, IngestStop } from './ingest-stop.ts'

/** Read at a time; large enough that splitting costs nothing beside decoding. */
const CHUNK_BYTES = 256 * 1024
/** Kept of one line: a message is at most 256 kB and JSON may write each byte as six, with extra data beside it. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
const NEWLINE = 10

/** The first two bytes of a file. */
const GZIP = 0x1f8b
const UTF16_LITTLE = 0xfffe
const UTF16_BIG = 0xfeff

/** A log file that is read from its start each time it is asked for. */
export type InputFile = { path: string; sizeBytes: number; isGzip: boolean }

/** @throws the error of the file system when the file cannot be read, IngestStop when it is no UTF-8. */
export async function inspectFile(path: string): Promise<InputFile> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    const mark = bytesRead === 2 ? buffer.readUInt16BE() : 0
    if (mark === UTF16_LITTLE || mark === UTF16_BIG) {
      throw new IngestStop(
        `${path} is written in UTF-16; convert it to UTF-8 first, with iconv for one.`,
        EXIT.failed,
      )
    }
    return { path, sizeBytes: size, isGzip: mark === GZIP }
  } finally {
    await handle.close()
  }
}

/**
 * The lines of a file, unpacked where it is gzip, some thousand at a time.
 *
 * @param onBytes told how many bytes of the file were read, packed ones where it is packed.
 */
export async function* readFileLines(
  file: InputFile,
  onBytes: (bytes: number) => void,
): AsyncGenerator<string[]> {
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES })
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  source.on('error', (error) => counter.destroy(error))
  const counted = source.pipe(counter)
  if (!file.isGzip) {
    yield* splitLines(counted)
    return
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  counted.on('error', (error) => gunzip.destroy(error))
  yield* splitLines(counted.pipe(gunzip))
}

/** Lines as they arrive, without their line feeds; of a line longer than 4 MB the first 4 MB. */
export async function* splitLines(stream: Readable): AsyncGenerator<string[]> {
  let parts: Buffer[] = []
  let partBytes = 0
  let isFirst = true

  function keep(part: Buffer): void {
    const room = MAX_LINE_BYTES - partBytes
    if (room <= 0 || part.length === 0) return
    parts.push(part.length > room ? part.subarray(0, room) : part)
    partBytes += Math.min(part.length, room)
  }

  function take(): string {
    const text = Buffer.concat(parts).toString('utf8')
    parts = []
    partBytes = 0
    const hasMark = isFirst && text.charCodeAt(0) === 0xfeff
    isFirst = false
    return hasMark ? text.slice(1) : text
  }

  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const first = chunk.indexOf(NEWLINE)
    if (first === -1) {
      keep(chunk)
      continue
    }
    keep(chunk.subarray(0, first))
    const lines = [take()]
    const last = chunk.lastIndexOf(NEWLINE)
    if (last > first) for (const line of chunk.toString('utf8', first + 1, last).split('\n')) lines.push(line)
    keep(chunk.subarray(last + 1))
    yield lines
  }
  if (partBytes > 0) yield [take()]
}

/** What a file is called without folder, number, `.log`, `.txt` and `.gz`: `access` for `/var/log/access.log.1.gz`. */
export function sourceNameOf(path: string): string {
  const name = basename(path)
    .replace(/\.gz$/i, '')
    .replace(/(?:[.-]\d+)+$/, '')
    .replace(/\.(?:log|txt|ndjson|jsonl|json)$/i, '')
  return [...name].slice(0, 100).join('') || 'import'
}
