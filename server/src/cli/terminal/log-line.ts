import { once } from 'node:events'
import type { Level } from '@timelapser/logger'
import type { LogRow } from '../../http/api-schemas.ts'
import { jsonText, paint, type Style, visible, visibleInLine } from './terminal.ts'

const STYLES: Readonly<Record<Level, Style>> = {
  DEBUG: 'cyan',
  INFO: 'green',
  WARNING: 'yellow',
  ERROR: 'red',
  CRITICAL: ['bold', 'white', 'bgRed'],
}

/** A row for people: `time  LEVEL  source logger  message key=value`. The time is UTC, as everywhere in the API. */
export function logLine(row: LogRow): string {
  const { timestamp, level, source, logger_name, camera_name, message, extra_data } = row
  const time = paint(
    'dim',
    `${timestamp.slice(0, 10)} ${timestamp.slice(11, 23).replace('Z', '').padEnd(12)}`,
  )
  const places = [source, camera_name ?? '', logger_name ?? ''].filter((part) => part !== '')
  const place = paint('cyan', visibleInLine(places.join(' ')))
  const fields = Object.entries(extra_data ?? {}).map(
    ([key, value]) => `${visibleInLine(key)}=${visible(short(value))}`,
  )
  const tail = fields.length === 0 ? '' : ` ${paint('dim', fields.join(' '))}`
  const text = visible(message).replaceAll('\n', '\n    ')
  return `${time} ${paint(STYLES[level], level.padEnd(8))} ${place} ${text}${tail}`
}

function short(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value
  return JSON.stringify(value)
}

/** Writes rows to stdout, for people or as a JSON object each; waits for a reader that is slow. */
export async function writeRows(rows: readonly LogRow[], isForPeople: boolean): Promise<void> {
  if (rows.length === 0) return
  const text = rows.map((row) => `${isForPeople ? logLine(row) : jsonText(row)}\n`).join('')
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** `… | head` closes the pipe when it has enough; that is no failure. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}
