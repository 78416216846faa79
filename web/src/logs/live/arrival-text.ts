import type { LogRow } from 'timelapser-logs/api'
import { parseAnsi } from '../../text/ansi.ts'
import { previewOf } from '../../text/message-text.tsx'
import { originOf } from '../origin.ts'

/** Characters of a message that are read out while others arrive. */
const SPOKEN_CHARACTERS = 120

/** `3 new lines, newest: ERROR, Front Door, RTSP timeout`; lines are given newest first. */
export function arrivalText(lines: readonly LogRow[]): string {
  const [newest] = lines
  if (newest === undefined) return ''
  const first = previewOf(newest.message, false).text
  const message = parseAnsi(first)
    .map(({ text }) => text)
    .join('')
    .slice(0, SPOKEN_CHARACTERS)
  const count = `${lines.length.toLocaleString()} new ${lines.length === 1 ? 'line' : 'lines'}`
  return `${count}, newest: ${newest.level}, ${originOf(newest).name}, ${message}`
}
