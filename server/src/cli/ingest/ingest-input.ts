import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { lineText } from '../../ingest/body-lines.ts'
import { type ExportedEntry, isJournalExport, JournalExport } from '../../ingest/journald/journal-export.ts'

/** Read at a time; large enough that splitting costs nothing beside decoding. */
const CHUNK_BYTES = 256 * 1024
/** Kept of one line: a message is at most 256 kB and JSON may write each byte as six, with extra data beside it. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
const NEWLINE = 10

/** Enough of a file to see how its characters are written. */
const PROBE_BYTES = 4096
/** The first two bytes of a file. */
const GZIP = 0x1f8b
const UTF16_LITTLE = 0xfffe
const UTF16_BIG = 0xfeff

type Utf16 = 'utf-16le' | 'utf-16be'

/** A log file that is read from its start each time it is asked for. */
export type InputFile = {
  path: string
  sizeBytes: number
  /** Its last change, ISO 8601 in UTC; undefined where it is no regular file, or has a time that nobody set. */
  changedAt: string | undefined
  isGzip: boolean
  utf16?: Utf16 | undefined
}

/** Archives without times give their files one of before. */
const EARLIEST_CHANGE_MS = Date.UTC(2000, 0)

/** @throws the error of the file system when the file cannot be read. */
export async function inspectFile(path: string): Promise<InputFile> {
  const handle = await open(path, 'r')
  try {
    const stat = await handle.stat()
    const changedAt =
      stat.isFile() && stat.mtimeMs >= EARLIEST_CHANGE_MS ? stat.mtime.toISOString() : undefined
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(PROBE_BYTES), 0, PROBE_BYTES, 0)
    const start = buffer.subarray(0, bytesRead)
    const isGzip = bytesRead >= 2 && start.readUInt16BE() === GZIP
    return { path, sizeBytes: stat.size, changedAt, isGzip, utf16: isGzip ? undefined : utf16Of(start) }
  } finally {
    await handle.close()
  }
}

/** UTF-16, by its mark or by the empty halves of its characters: text in other encodings has next to no NULs. */
function utf16Of(start: Buffer): Utf16 | undefined {
  const mark = start.length >= 2 ? start.readUInt16BE() : 0
  if (mark === UTF16_LITTLE) return 'utf-16le'
  if (mark === UTF16_BIG) return 'utf-16be'
  const empty = [0, 0]
  for (const [at, byte] of start.entries()) if (byte === 0) empty[at % 2] = (empty[at % 2] ?? 0) + 1
  const [even = 0, odd = 0] = empty
  const half = start.length / 2
  if (start.length < 8 || Math.max(even, odd) < half * 0.4 || Math.min(even, odd) > half * 0.05)
    return undefined
  return odd > even ? 'utf-16le' : 'utf-16be'
}

/** Hands on text of UTF-16 as UTF-8. */
function toUtf8(encoding: Utf16): Transform {
  const decoder = new TextDecoder(encoding)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(decoder.decode(chunk, { stream: true })))
    },
    flush(done) {
      done(null, Buffer.from(decoder.decode()))
    },
  })
}

/**
 * The lines of a file, unpacked where it is gzip, some thousand at a time.
 *
 * @param onBytes receives how many bytes of the file were read, packed bytes where it is packed.
 * @param onLatin1 called for each line that is no UTF-8
 */
export async function* readFileLines(
  file: InputFile,
  onBytes: (bytes: number) => void,
  onLatin1?: () => void,
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
    const recoder = file.utf16 === undefined ? undefined : toUtf8(file.utf16)
    if (recoder !== undefined) counted.on('error', (error) => recoder.destroy(error))
    yield* splitLines(recoder === undefined ? counted : counted.pipe(recoder), onLatin1)
    return
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  counted.on('error', (error) => gunzip.destroy(error))
  yield* splitLines(counted.pipe(gunzip), onLatin1)
}

/**
 * Lines as they arrive, without their line feeds. A line longer than 4 MB is cut, and the next line says by how much;
 * bytes that are no UTF-8 are read as Latin-1, line by line; a block of NULs, which a crash leaves behind, becomes a
 * line that says so.
 */
export async function* splitLines(stream: Readable, onLatin1?: () => void): AsyncGenerator<string[]> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    const first = await chunks.next()
    if (!first.done && isJournalExport(first.value)) yield* journalLines(first.value, chunks)
    else yield* textLines(startingWith(first, chunks), onLatin1)
  } finally {
    await chunks.return?.()
  }
}

/** Entries of the journal's export format, each as the line that `journalctl -o json` writes of it. */
async function* journalLines(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<string[]> {
  const journal = new JournalExport()
  const toLine = (entry: ExportedEntry) => ('fields' in entry ? JSON.stringify(entry.fields) : entry.reason)
  yield journal.push(first).map(toLine)
  for (let next = await chunks.next(); !next.done; next = await chunks.next())
    yield journal.push(next.value).map(toLine)
  yield journal.end().map(toLine)
}

async function* startingWith(
  first: IteratorResult<Buffer>,
  chunks: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  for (let next = first; !next.done; next = await chunks.next()) yield next.value
}

async function* textLines(
  stream: AsyncIterable<Buffer>,
  onLatin1: (() => void) | undefined,
): AsyncGenerator<string[]> {
  let parts: Buffer[] = []
  let partBytes = 0
  let dropped = 0
  let isFirst = true

  function keep(part: Buffer): void {
    const room = MAX_LINE_BYTES - partBytes
    dropped += Math.max(0, part.length - Math.max(0, room))
    if (room <= 0 || part.length === 0) return
    parts.push(part.length > room ? part.subarray(0, room) : part)
    partBytes += Math.min(part.length, room)
  }

  function take(): string[] {
    const text = lineText(Buffer.concat(parts), onLatin1)
    const left = dropped
    parts = []
    partBytes = 0
    dropped = 0
    const hasMark = isFirst && text.charCodeAt(0) === 0xfeff
    isFirst = false
    const lines = withoutNuls(hasMark ? text.slice(1) : text)
    return left === 0 ? lines : [...lines, leftOut(left, 'bytes', 'of the line before')]
  }

  for await (const chunk of stream) {
    const first = chunk.indexOf(NEWLINE)
    if (first === -1) {
      keep(chunk)
      continue
    }
    keep(chunk.subarray(0, first))
    const lines = take()
    const last = chunk.lastIndexOf(NEWLINE)
    if (last > first) for (const line of linesOf(chunk.subarray(first + 1, last), onLatin1)) lines.push(line)
    keep(chunk.subarray(last + 1))
    yield lines
  }
  if (partBytes > 0) yield take()
}

/** The character that replaces invalid UTF-8. */
const REPLACEMENT = '\ufffd'

function linesOf(bytes: Buffer, onLatin1: (() => void) | undefined): string[] {
  const text = bytes.toString('utf8')
  if (!text.includes(REPLACEMENT) && !text.includes('\0')) return text.split('\n')
  const lines: string[] = []
  for (let start = 0; start <= bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline === -1 ? bytes.length : newline
    for (const line of withoutNuls(lineText(bytes.subarray(start, end), onLatin1))) lines.push(line)
    start = end + 1
  }
  return lines
}

/** This many NULs in a row are the hole that a crash left in a file. */
const NULS = /\0{8,}/g

function withoutNuls(line: string): string[] {
  if (!line.includes('\0')) return [line]
  let count = 0
  const rest = line.replace(NULS, (nuls) => {
    count += nuls.length
    return ''
  })
  return count === 0 ? [line] : [leftOut(count, 'NUL bytes', 'here'), rest]
}

function leftOut(count: number, noun: string, where: string): string {
  return `warning: ${count.toLocaleString('en-US')} ${noun} ${where} were left out`
}

/** The name of a file without folder, number, `.log`, `.txt` and `.gz`: `access` for `/var/log/access.log.1.gz`. */
export function sourceNameOf(path: string): string {
  const name = basename(path)
    .replace(/\.gz$/i, '')
    .replace(/(?:[.-]\d+)+$/, '')
    .replace(/\.(?:log|txt|ndjson|jsonl|json)$/i, '')
  return [...name].slice(0, 100).join('') || 'import'
}
