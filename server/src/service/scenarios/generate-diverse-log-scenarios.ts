import type { LogRecord } from '@timelapser/logger'
import { generateApiLogs } from './api-logs.ts'
import { generateCameraLogs } from './camera-logs.ts'
import type { CameraState, Episode, EpisodeLine, Stage } from './episode.ts'
import { SeededRandom } from './seeded-random.ts'
import { generateSystemLogs } from './system-logs.ts'
import { generateWorkerLogs } from './worker-logs.ts'

/** Each scenario, and of a hundred episodes how many are of it. */
const SCENARIOS = {
  system: { generate: generateSystemLogs, weight: 10 },
  worker: { generate: generateWorkerLogs, weight: 15 },
  api: { generate: generateApiLogs, weight: 25 },
  camera: { generate: generateCameraLogs, weight: 50 },
} as const satisfies Record<string, { generate: (stage: Stage) => Episode; weight: number }>

export type ScenarioName = keyof typeof SCENARIOS
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[]

export type ScenarioOptions = {
  /** The same seed and options give the same records. */
  seed: number
  /** How many; Infinity for a story without end, which goes on at `rowsASecond`. */
  rows: number
  /** The range the records are spread over, in milliseconds since 1970. */
  fromMs: number
  toMs: number
  /** The rate of a story without end. */
  rowsASecond?: number
  cameras?: number
  only?: readonly ScenarioName[]
}

/** A flood is some hundred lines in two seconds; it should not silence everything else for as long as these take. */
const MOST_LINES_PACED = 5

/**
 * Records as a running installation writes them, in the order of their time: system, workers, API requests and
 * cameras, with quiet and busy hours, nights of broken streams, floods, a camera that falls silent, stack traces, long
 * lines and letters of many scripts (spec: "Test Scenario Generator"). About 2 µs a record; holds a few hundred.
 */
export function* generateDiverseLogScenarios(options: ScenarioOptions): Generator<LogRecord> {
  const { rows, fromMs, toMs, only = SCENARIO_NAMES } = options
  const random = new SeededRandom(options.seed)
  const stage: Stage = {
    random,
    cameras: makeCameras(options.cameras ?? 8),
    atMs: fromMs,
    hour: 0,
    progress: 0,
    isFirst: true,
  }
  const pending = new PendingLines()
  const weighted = only.flatMap((name) => Array.from({ length: SCENARIOS[name].weight }, () => name))
  for (let made = 0; made < rows; ) {
    const next = pending.first
    if (next !== undefined && next.atMs <= stage.atMs) {
      pending.take()
      // Consequences of an episode after the end of the range are placed at its end.
      yield toRecord(next, toMs)
      made++
      continue
    }
    stage.hour = new Date(stage.atMs).getUTCHours()
    stage.progress = Number.isFinite(rows) ? made / rows : 0
    const name = weighted[random.int(0, weighted.length - 1)] as ScenarioName
    const episode = SCENARIOS[name].generate(stage)
    stage.isFirst = stage.isFirst && name !== 'system'
    for (const line of episode) pending.add(stage.atMs + line.afterMs + random.next() * 0.9, line)
    const left = rows - made - pending.size
    const msARow = options.rowsASecond ? 1000 / options.rowsASecond : (toMs - stage.atMs) / Math.max(left, 1)
    // Most of the day's work is done between seven and nineteen.
    const isBusy = stage.hour >= 7 && stage.hour < 19
    stage.atMs +=
      msARow * Math.min(episode.length, MOST_LINES_PACED) * random.next() * 2 * (isBusy ? 0.8 : 1.25)
    if (left <= 0) stage.atMs = Number.POSITIVE_INFINITY
  }
}

function makeCameras(count: number): CameraState[] {
  const names = [
    'Front Door',
    'Garage',
    'Baustelle Süd',
    'Café ☕',
    '屋上',
    'Двор',
    'Crane 2',
    'Silo (north)',
  ] as const
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: names[index] ?? `Camera ${index + 1}`,
    frames: 0,
    isOffline: false,
    // The last of several is not heard of in the last third.
    silentFrom: count > 1 && index === count - 1 ? 0.66 : 2,
  }))
}

type Pending = { atMs: number; order: number; line: EpisodeLine }

/** Lines of begun episodes, the earliest first: a binary heap. */
class PendingLines {
  readonly #heap: Pending[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  get first(): Pending | undefined {
    return this.#heap[0]
  }

  add(atMs: number, line: EpisodeLine): void {
    const heap = this.#heap
    let index = heap.push({ atMs, order: this.#order++, line }) - 1
    for (
      let parent = (index - 1) >> 1;
      index > 0 && this.#isBefore(index, parent);
      parent = (index - 1) >> 1
    ) {
      this.#swap(index, parent)
      index = parent
    }
  }

  take(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    for (let index = 0; ; ) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && this.#isBefore(child, least)) least = child
      }
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a] as Pending, this.#heap[b] as Pending]
    return first.atMs < second.atMs || (first.atMs === second.atMs && first.order < second.order)
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Pending
    this.#heap[a] = this.#heap[b] as Pending
    this.#heap[b] = kept
  }
}

function toRecord({ atMs, line }: Pending, endMs: number): LogRecord {
  const { afterMs: _, ...record } = line
  return { timestamp: toTimestamp(Math.min(atMs, endMs)), ...record }
}

/** Milliseconds with their fraction, as microseconds. */
function toTimestamp(ms: number): string {
  const micros = String(Math.floor((ms % 1) * 1000)).padStart(3, '0')
  return `${new Date(ms).toISOString().slice(0, 23)}${micros}Z`
}
