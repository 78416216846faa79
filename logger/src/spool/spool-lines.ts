import { crc32 } from 'node:zlib'

/** A line of a spool file: where it stands in its batch, and its text. */
export type SpoolLine = { position: number; text: string }

/** `crc32 position text`, the sum over all that follows it. The text has no line breaks, as JSON has none. */
export function encodeLine(position: number, text: string): string {
  const body = `${position} ${text}`
  return `${sumOf(body)} ${body}\n`
}

/** Reads what was written, up to a torn end; lines that are not as they were written are counted and left out. */
export function decodeLines(content: string): { lines: SpoolLine[]; broken: number } {
  const lines: SpoolLine[] = []
  let broken = 0
  for (const line of content.split('\n')) {
    if (line === '') continue
    const body = line.slice(9)
    const gap = body.indexOf(' ')
    if (line[8] === ' ' && gap > 0 && sumOf(body) === line.slice(0, 8)) {
      lines.push({ position: Number(body.slice(0, gap)), text: body.slice(gap + 1) })
    } else {
      broken++
    }
  }
  return { lines, broken }
}

function sumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
