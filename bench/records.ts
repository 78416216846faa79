import type { LogRecord } from '@timelapser/logger'
import { SeededRandom } from '../server/src/service/scenarios/seeded-random.ts'

const WORDS = [
  'capture',
  'stream',
  'timeout',
  'connection',
  'frame',
  'upload',
  'retry',
  'thumbnail',
  'disk',
  'overlay',
]
const LEVELS = [
  'DEBUG',
  'INFO',
  'INFO',
  'INFO',
  'INFO',
  'INFO',
  'INFO',
  'WARNING',
  'WARNING',
  'ERROR',
] as const
const CAMERAS = 20

/** A repeatable stream of numbers in [0, 1). */
export function seeded(seed: number): () => number {
  const random = new SeededRandom(seed)
  return () => random.next()
}

/** A record of about 230 bytes as NDJSON, as cameras, workers and an API write them. */
export function makeRecord(random: () => number, millis: number): LogRecord {
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T
  const camera = random() < 0.7 ? 1 + Math.floor(random() * CAMERAS) : null
  const level = random() < 0.0001 ? 'CRITICAL' : pick(LEVELS)
  const token = Math.floor(random() * 0xffffffff)
    .toString(16)
    .padStart(8, '0')
  return {
    timestamp: new Date(millis).toISOString(),
    level,
    message: `${pick(WORDS)} ${pick(WORDS)} finished after ${Math.floor(random() * 30_000)} ms, job ${token}`,
    source: camera === null ? pick(['api', 'worker', 'system']) : `camera_${camera}`,
    logger_name: camera === null ? 'app.main' : 'camera_worker',
    camera_id: camera,
    extra_data: { retry_count: Math.floor(random() * 5), duration_ms: Math.floor(random() * 30_000) },
  }
}

export type RecordMaker = typeof makeRecord

/** Another kind of about 250 bytes: addresses of streams in messages, and a request id in every `extra_data`. */
export function makeRequestRecord(random: () => number, millis: number): LogRecord {
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
  const camera = 1 + Math.floor(random() * CAMERAS)
  const url = `rtsp://10.0.${camera}.${Math.floor(random() * 255)}:554/live/ch${camera}?session=${Math.floor(random() * 1e6)}`
  return {
    timestamp: new Date(millis).toISOString(),
    level: pick(LEVELS),
    message: `${pick(WORDS)} of ${url} at offset ${Math.floor(random() * 1e7)} (${hex(8)})`,
    source: pick(['gateway', 'recorder', `camera_${camera}`]),
    logger_name: pick(['http.access', 'media.rtsp', 'media.segments']),
    camera_id: random() < 0.5 ? camera : null,
    extra_data: {
      request_id: `${hex(8)}-${hex(4)}-${hex(12)}`,
      status: pick([200, 200, 200, 206, 304, 404, 500]),
      took_ms: Math.floor(random() * 1000) / 10,
    },
  }
}
