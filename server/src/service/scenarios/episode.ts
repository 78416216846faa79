import type { LogRecord } from '@timelapser/logger'
import type { SeededRandom } from './seeded-random.ts'

/** One line of an episode: a record whose time is counted from where the episode begins. */
export type EpisodeLine = Omit<LogRecord, 'timestamp'> & { afterMs: number }

/** Lines that belong together, for example a request and its response, in the order they happen. */
export type Episode = EpisodeLine[]

/** The events so far, and the place of the story. */
export type Stage = {
  random: SeededRandom
  cameras: CameraState[]
  /** When the episode begins, in milliseconds. */
  atMs: number
  /** Hour of the day, UTC. */
  hour: number
  /** How far the range is through, in [0, 1]; always 0 in a live run. */
  progress: number
  isFirst: boolean
}

export type CameraState = {
  id: number
  name: string
  /** Captures so far. */
  frames: number
  /** Lost its stream and has not come back. */
  isOffline: boolean
  /** From where on in the range it is not heard of any more; above 1 for never. */
  silentFrom: number
}

type Given = Pick<LogRecord, 'level' | 'message'> & Partial<Omit<LogRecord, 'timestamp'>>

/** A line, `afterMs` milliseconds into its episode; missing fields are null, and the source `system`. */
export function line(afterMs: number, given: Given): EpisodeLine {
  return { afterMs, source: 'system', logger_name: null, camera_id: null, extra_data: null, ...given }
}

/** A stack trace of an application in Python, as the cameras' workers write them. */
export function traceback(error: string, frames: readonly string[]): string {
  const lines = frames.map((frame) => {
    const [file, at, name, code] = frame.split('|')
    return `  File "/opt/timelapser/${file}", line ${at}, in ${name}\n    ${code}`
  })
  return `Traceback (most recent call last):\n${lines.join('\n')}\n${error}`
}
