import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createLogger, LEVELS, type Level } from '@timelapser/logger'
import { DatabaseLogHandler, type LogSink } from '../../store/database-log-handler.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { FeedPosition, FeedReader, LiveFeed } from '../live/live-feed.ts'
import { type Check, checkOf, type Trouble } from './check.ts'

export const TEST_SOURCE = 'diagnostic'
const TEST_LOGGER = 'timelapser.diagnose'

/** Test lines are deleted after so long. */
export const TEST_LINES_MINUTES = 15

/** A line that is not there by then is lost. */
const PATIENCE_MS = 8000

/** Reports every test line that comes out of an event stream, by its `extra_data.diagnosis`. */
export type StreamProbe = (
  onLine: (line: { diagnosis: unknown; level: Level }) => void,
  signal: AbortSignal,
) => Promise<void>

export type TestLinesOptions = {
  logOperations: LogSink
  liveFeed: LiveFeed
  /** Resolves when the stream is open; unset where nothing listens. */
  streamProbe?: StreamProbe | undefined
  patienceMs?: number
}

/** Milliseconds from the call to each stop on the way; null for one never reached. */
type Journey = {
  level: Level
  database_ms: number | null
  feed_ms: number | null
  stream_ms: number | null
}

export type TestRun = { check: Check; journeys: Journey[] }

/** Sends one line of each level the whole way and times it: logger, database, feed, stream. */
export async function sendTestLines(options: TestLinesOptions): Promise<TestRun> {
  const diagnosis = randomUUID()
  const stop = new AbortController()
  const clocks = new Map<Level, number>()
  const journeys = new Map<Level, Journey>(
    LEVELS.map((level) => [level, { level, database_ms: null, feed_ms: null, stream_ms: null }]),
  )
  const arrive = (stop: 'database_ms' | 'feed_ms' | 'stream_ms', level: Level) => {
    const journey = journeys.get(level)
    const began = clocks.get(level)
    if (journey && began !== undefined) journey[stop] ??= Math.round(performance.now() - began)
  }
  const isDone = () =>
    [...journeys.values()].every(
      ({ database_ms, feed_ms, stream_ms }) =>
        database_ms !== null && feed_ms !== null && (stream_ms !== null || !options.streamProbe),
    )

  let failure: unknown
  const { liveFeed } = options
  const head = await liveFeed.head()
  const onFeed = (level: Level) => arrive('feed_ms', level)
  const follow = followFeed(liveFeed, head, diagnosis, onFeed, stop.signal)
  follow.catch(() => undefined)
  await options.streamProbe?.((line) => {
    if (line.diagnosis === diagnosis) arrive('stream_ms', line.level)
  }, stop.signal)
  const handler = handlerThrough(options.logOperations, {
    onStored: (level) => arrive('database_ms', level),
    onFailure: (error) => {
      failure = error
    },
  })
  const logger = createLogger({
    source: TEST_SOURCE,
    logger_name: TEST_LOGGER,
    level: 'DEBUG',
    handlers: [handler],
  })
  try {
    for (const level of LEVELS) {
      clocks.set(level, performance.now())
      logger[METHODS[level]](`Test ${level} message`, { diagnosis })
    }
    const deadline = performance.now() + (options.patienceMs ?? PATIENCE_MS)
    while (!isDone() && failure === undefined && performance.now() < deadline) await delay(5)
  } finally {
    stop.abort()
    // Lines that cannot be stored now are not to arrive later.
    await handler.close().catch(() => undefined)
    await follow.catch(() => undefined)
  }
  return {
    check: judge([...journeys.values()], failure, options.streamProbe !== undefined),
    journeys: [...journeys.values()],
  }
}

/** A handler that stores at once and tells of each line that is stored. */
function handlerThrough(
  logOperations: TestLinesOptions['logOperations'],
  { onStored, onFailure }: { onStored: (level: Level) => void; onFailure: (error: unknown) => void },
): DatabaseLogHandler {
  return new DatabaseLogHandler({
    logOperations: {
      async addLogEntries(records, sender) {
        const added = await logOperations.addLogEntries(records, sender).catch((error: unknown) => {
          onFailure(error)
          throw error
        })
        for (const { level } of records) onStored(level)
        return added
      },
    },
    // The test is about the path, not about the level in force.
    readLogLevel: async () => 'DEBUG',
    initialLevel: 'DEBUG',
    flushOnExit: false,
    flushTimeoutMs: 100,
    onProblem: () => undefined,
  })
}

const METHODS = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warning',
  ERROR: 'error',
  CRITICAL: 'critical',
} as const satisfies Record<Level, string>

/** Deletes the test lines of a time range, `{ start, end }`; returns how many. */
export function deleteTestLines(
  logOperations: Pick<LogOperations, 'deleteMatching'>,
  range: unknown,
): Promise<number> {
  const { start, end } = range as { start: string; end: string }
  const visibility = { cameras: null }
  return logOperations.deleteMatching({
    ...{ visibility, start, end },
    sources: [TEST_SOURCE],
    logger_names: [TEST_LOGGER],
  })
}

async function followFeed(
  liveFeed: LiveFeed,
  from: FeedPosition,
  diagnosis: string,
  onLevel: (level: Level) => void,
  signal: AbortSignal,
): Promise<void> {
  const filter = { visibility: { cameras: null }, sources: [TEST_SOURCE] }
  const take: FeedReader['take'] = (rows, next) => {
    for (const { level, extra_data } of rows) if (extra_data?.diagnosis === diagnosis) onLevel(level)
    return next
  }
  await liveFeed.follow(filter, from, { take }, signal)
}

function judge(journeys: readonly Journey[], failure: unknown, hasStream: boolean): Check {
  const lost = (stop: 'database_ms' | 'feed_ms' | 'stream_ms') =>
    journeys.filter((journey) => journey[stop] === null).map(({ level }) => level)
  const troubles: Trouble[] = []
  const atDatabase = lost('database_ms')
  if (atDatabase.length > 0) {
    const said = failure instanceof Error ? ` ${failure.message}` : ''
    troubles.push({
      verdict: 'failure',
      cause: `${atDatabase.join(', ')} did not reach the database.${said}`,
      advice: 'See the database and retention checks.',
    })
  } else if (lost('feed_ms').length > 0) {
    troubles.push({
      verdict: 'failure',
      cause: `${lost('feed_ms').join(', ')} did not arrive in the feed.`,
      advice: 'Live views miss lines: check the lines of the source system about the database connection.',
    })
  } else if (hasStream && lost('stream_ms').length > 0) {
    troubles.push({
      verdict: 'failure',
      cause: `${lost('stream_ms').join(', ')} did not arrive in the event stream.`,
      advice: 'Live views miss lines: check the lines of the source api about /api/logs/stream.',
    })
  }
  const slowest = (stop: 'database_ms' | 'feed_ms' | 'stream_ms') =>
    Math.max(...journeys.map((journey) => journey[stop] ?? 0))
  const times = `database ${slowest('database_ms')} ms, feed ${slowest('feed_ms')} ms${hasStream ? `, stream ${slowest('stream_ms')} ms` : ''}`
  const finding =
    troubles.length === 0
      ? `A line of each level passed through the whole system: ${times}`
      : `${journeys.length - atDatabase.length} of ${journeys.length} test lines were stored`
  return checkOf('test lines', finding, { journeys }, troubles)
}
