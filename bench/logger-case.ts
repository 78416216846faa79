// One measurement in a process of its own, so that what ran before decides nothing; prints its result as JSON.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { SUBJECTS, type Subject, type SubjectName } from './logger-subjects.ts'

const [kind = '', name = '', folder = '', url = '', apiKey = ''] = process.argv.slice(2)
const subject = SUBJECTS[name as SubjectName]({ folder, url, apiKey })
const extra = { retry_count: 3, duration_ms: 12.5, path: '/var/lib/timelapser/7/frame.jpg', ok: true }
const MESSAGE = 'Frame captured from the camera'

const KINDS: Record<string, (subject: Subject) => unknown> = {
  disabled,
  enabled,
  paced: (logger) => paced(logger, 10_000, 100_000),
  // For those that wait for the disk at each line.
  slow: (logger) => paced(logger, 200, 2_000),
  memory,
}
const result = await KINDS[kind]?.(subject)
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))

type Cost = { nanoseconds: number; cpu: number }

/** Nanoseconds a call that is not wanted. */
function disabled(logger: Subject): Cost {
  const work = (rounds: number) => {
    for (let index = 0; index < rounds; index++) logger.debug(extra, MESSAGE)
  }
  work(100_000)
  // About a second of it.
  const rounds = Math.ceil(1e14 / nanosecondsOf(() => work(100_000)))
  work(rounds)
  const cpu = process.cpuUsage()
  const nanoseconds = nanosecondsOf(() => work(rounds)) / rounds
  return { nanoseconds, cpu: cpuSince(cpu) / rounds }
}

/** Nanoseconds a line keeps its caller, and the process busy in all; written in bursts that get out between. */
async function enabled(logger: Subject): Promise<Cost> {
  const bursts = 60
  const lines = 2_000
  let spent = 0
  let cpu = process.cpuUsage()
  for (let burst = -20; burst < bursts; burst++) {
    const nanoseconds = nanosecondsOf(() => {
      for (let index = 0; index < lines; index++) logger.info(extra, MESSAGE)
    })
    if (burst >= 0) spent += nanoseconds
    else cpu = process.cpuUsage()
    await nextTurn()
    await logger.settle()
  }
  return { nanoseconds: spent / bursts / lines, cpu: cpuSince(cpu) / bursts / lines }
}

/** Milliseconds of single calls at `perSecond` lines a second. */
async function paced(logger: Subject, perSecond: number, total: number): Promise<object> {
  for (let index = 0; index < total / 5; index++) {
    logger.info(extra, MESSAGE)
    if (index % 1_000 === 0) await logger.settle()
  }
  const millis = new Float64Array(total)
  const began = performance.now()
  for (let sent = 0; sent < total; await sleep(1)) {
    const due = Math.min(total, ((performance.now() - began) * perSecond) / 1000)
    for (; sent < due; sent++) {
      const start = performance.now()
      logger.info(extra, MESSAGE)
      millis[sent] = performance.now() - start
    }
  }
  const seconds = (performance.now() - began) / 1000
  millis.sort()
  const at = (share: number) => millis[Math.floor(share * (total - 1))]
  return { lines: total, seconds, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) }
}

/** Megabytes after each 100,000 lines of a million. */
async function memory(logger: Subject): Promise<object> {
  const steps: { lines: number; heap: number; rss: number }[] = []
  for (let lines = 1; lines <= 1_000_000; lines++) {
    logger.info({ ...extra, lines }, MESSAGE)
    if (lines % 1_000 === 0) await nextTurn()
    if (lines % 100_000 > 0) continue
    globalThis.gc?.()
    const { heapUsed, external, rss } = process.memoryUsage()
    steps.push({ lines, heap: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 })
  }
  return { steps, tell: logger.tell() }
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1000
}

function nanosecondsOf(work: () => void): number {
  const began = performance.now()
  work()
  return (performance.now() - began) * 1e6
}
