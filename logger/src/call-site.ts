import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a line was logged. */
export type CallSite = { functionName: string; line: number }

/** Frames of ours and pino's that lie between the application and the handler, and some to spare. */
const FRAMES = 24
const HERE = dirname(import.meta.url)
const HERE_PATH = dirname(fileURLToPath(import.meta.url))
const FRAME = /^\s*at (?:(?:async )?(.+?) \()?(.*?):(\d+):\d+\)?$/

/**
 * The nearest caller outside this package and pino; `undefined` when the stack does not show one (a bundled
 * application). Costs some ten microseconds.
 */
export function findCallSite(): CallSite | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = limit
  for (const text of stack.split('\n').slice(1)) {
    const frame = FRAME.exec(text)
    if (!frame?.[2] || isOurs(frame[2])) continue
    const name = frame[1]?.replace(/^(?:Object|Module|Function)\./, '') ?? '<module>'
    return { functionName: name, line: Number(frame[3]) }
  }
  return undefined
}

function isOurs(file: string): boolean {
  if (/[\\/]node_modules[\\/]pino[\\/]/.test(file)) return true
  const inside = file.startsWith(`${HERE}/`) || file.startsWith(HERE_PATH)
  return inside && !file.endsWith('.test.ts')
}
