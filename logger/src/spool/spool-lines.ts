import { crc32 } from 'node:zlib'

/** A line of a spool file: where it stands in its batch, and its text. */
export type SpoolLine = { position: number; text: string }

const SUM_BYTES = 8
/** Bytes of the position, with the spaces around it and the line's end. */
const MAX_POSITION_BYTES = 16

/** The most bytes that a line takes on disk. */
export function sizeOfLine(text: string): number {
  return Buffer.byteLength(text) + SUM_BYTES + MAX_POSITION_BYTES
}

/** `crc32 position text`, the sum over all that follows it. The text has no line breaks, as JSON has none. */
export function encodeLine(position: number, text: string): Buffer {
  const line = Buffer.from(`........ ${position} ${text}\n`)
  line.write(sumOf(line.subarray(SUM_BYTES + 1, -1)), 'latin1')
  return line
}

/**
 * Reads what was written; lines that are not as they were written are counted and left out. A torn end is not counted: the
 * call that wrote it never returned.
 */
export function decodeLines(content: string): { lines: SpoolLine[]; broken: number } {
  const lines: SpoolLine[] = []
  let broken = 0
  for (const line of content.slice(0, content.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') continue
    const body = line.slice(SUM_BYTES + 1)
    const gap = body.indexOf(' ')
    if (line[SUM_BYTES] === ' ' && gap > 0 && sumOf(body) === line.slice(0, SUM_BYTES)) {
      lines.push({ position: Number(body.slice(0, gap)), text: body.slice(gap + 1) })
    } else {
      broken++
    }
  }
  return { lines, broken }
}

function sumOf(text: string | Buffer): string {
  return crc32(text).toString(16).padStart(SUM_BYTES, '0')
}
