import { once } from 'node:events'
import type { LogRow } from '../../http/api-schemas.ts'
import { logLine } from './log-line.ts'
import { jsonText } from './terminal.ts'

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
