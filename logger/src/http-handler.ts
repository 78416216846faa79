import { BatchingBuffer } from './batching-buffer.ts'
import type { BatchingLimits } from './batching-options.ts'
import { flushAtExit } from './exit-flush.ts'
import { httpDelivery } from './http-delivery.ts'
import { isEnabled, type Level } from './level.ts'
import { LevelGate } from './level-gate.ts'
import { LevelWatch } from './level-watch.ts'
import { lossRecord, problemReporter } from './loss-record.ts'
import type { HandlerStats, LogHandler, LogRecord } from './record.ts'
import { recordJson } from './record-json.ts'
import { openSpool } from './spool/open-spool.ts'
import type { SpoolOptions } from './spool/spool.ts'

export type HttpOptions = BatchingLimits & {
  /** The log system, like `http://localhost:4700`. */
  url: string
  /** A key that may write, sent as `Authorization: Bearer …`. */
  apiKey?: string | undefined
  /** Lines below it are not sent. Default `DEBUG`. */
  level?: Level
  /** Whether to hold back what the levels set on the server hold back, instead of sending it. Default true. */
  followLevels?: boolean
  /** Compresses each batch; worth it over a network, not on one machine. Default false. */
  gzip?: boolean
  /** How long one request may take. Default 30,000. */
  requestTimeoutMs?: number
  /** Sends the waiting lines when the process ends, receives a signal or dies of an exception. Default true. */
  flushOnExit?: boolean
  /**
   * A folder where lines wait on disk while the server is away, and are left to the next process when this one ends
   * before it is back. Default none: they wait in memory.
   */
  spool?: SpoolOptions | undefined
  /**
   * Puts each line into the spool before the call returns, so that `kill -9` loses none; a loss of power may still lose
   * what the kernel had not written, unless the spool's `fsync` is set. Needs `spool`. Default false: `kill -9` loses what the last `flushIntervalMs`
   * brought, and a second more when the server had stopped answering.
   */
  durable?: boolean
  /** Receives each failure as a sentence. Default: stderr, a repeated sentence at most once a minute. */
  onProblem?: (sentence: string) => void
}

/**
 * Sends records to a log system over HTTP, in batches, in order, each stored once however often it had to be sent.
 * While the server is away lines wait in the spool, or in memory up to `maxQueueRows` and `maxQueueBytes`; when it is
 * full the oldest go, and a log line says how many.
 *
 * @example
 * const handler = httpHandler({ url: 'http://localhost:4700', apiKey: process.env.LOGS_API_KEY })
 * const logger = createLogger({ source: 'worker', handlers: [handler] })
 */
export function httpHandler(options: HttpOptions): LogHandler {
  const {
    url,
    apiKey,
    level = 'DEBUG',
    followLevels = true,
    gzip = false,
    requestTimeoutMs = 30_000,
    flushOnExit = true,
    spool,
    durable = false,
    onProblem,
    ...limits
  } = options
  if (durable && !spool)
    throw new TypeError('httpHandler: durable needs a spool, like { directory: "spool" }')
  const report = problemReporter('http', onProblem)
  const buffer = new BatchingBuffer<string>({
    ...limits,
    deliver: httpDelivery({ url, apiKey, gzip, requestTimeoutMs }),
    spool: spool && openSpool(spool, { durable, destination: url, encode: asIs, decode: asIs }, report),
    describeLoss: (loss) => toItem(lossRecord(loss, url)),
    onProblem: report,
  })
  const add = (record: LogRecord) => {
    const { item, bytes } = toItem(record)
    buffer.add(item, bytes)
  }
  const gate = new LevelGate({ onHeldBack: add })
  const watch = new LevelWatch({ url, apiKey, onRules: (rules) => gate.setRules(rules) })
  if (followLevels) watch.start()
  let filtered = 0
  const leaveExit = flushOnExit ? flushAtExit(buffer) : () => {}

  return {
    handle(record) {
      if (gate.admit(record.level, record) === 'pass') add(record)
      else filtered++
    },
    isEnabled: (wanted) => isEnabled(wanted, level) && gate.couldPass(wanted),
    holdsBack: (record) => !isEnabled(record.level, level) || !gate.isEnabled(record.level, record),
    handleRecorded: add,
    watchEnabled: (listener) => gate.watch(listener),
    flush: () => buffer.flush(),
    async close() {
      watch.close()
      gate.close()
      await buffer.close()
      leaveExit()
    },
    stats(): HandlerStats {
      const stats = buffer.stats()
      return { name: 'http', ...stats, filtered: stats.filtered + filtered }
    },
  }
}

/** Made into JSON at the call: a string is smaller than the record, and the queue's bytes are the wire's. */
function toItem(record: LogRecord): { item: string; bytes: number } {
  const item = recordJson(record)
  return { item, bytes: Buffer.byteLength(item) + 1 }
}

/** Items are the texts of the spool already. */
const asIs = (text: string) => text
