// npm run bench:retention [-- --rows 10000000]
// Clearing everything, idle and under writes, having it back, and dropping nine tenths of a day by level while others
// write: how long each takes, and how long a batch of 1,000 waits meanwhile.
import { parseArgs } from 'node:util'
import { inLanes, Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, startSystem } from './system.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' } } })
const ROWS = Number(values.rows)
const FILL_BATCH = 5000
const DAY_MS = 86_400_000
/** A whole day that is past its three days of DEBUG. */
const DAY = Math.floor(Date.now() / DAY_MS) * DAY_MS - 5 * DAY_MS
const WRITTEN_BATCH = 1000
/** Checkpoints and vacuum after the filling are not to be measured. */
const SETTLE_MS = 30_000
const WRITTEN_A_SECOND = 20_000

const system = await startSystem()
try {
  console.log(machine())
  await system.request('PUT', '/api/settings', { log_level: 'DEBUG', retention_days: 30 })
  const seconds = await fill(system)
  console.log(
    `${ROWS.toLocaleString('en')} rows of one day, 90 % of them DEBUG, filled in ${seconds.toFixed(0)} s`,
  )
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  print(
    'no other operation, 20 s',
    await whileWriting(() => new Promise((resolve) => setTimeout(resolve, 20_000))),
  )
  const clear = () => system.request<{ deleted_count: number }>('DELETE', '/api/logs/cleanup?days_to_keep=0')
  const undo = () => system.request<{ restored_count: number }>('POST', '/api/logs/cleanup/undo')
  const idle = await timed(clear)
  console.log(`clear, idle: ${idle.ms.toFixed(0)} ms, ${JSON.stringify(idle.result)}`)
  const undone = await timed(undo)
  console.log(`undo, idle: ${undone.ms.toFixed(0)} ms, ${JSON.stringify(undone.result)}`)
  print('clear', await whileWriting(clear))
  print('undo', await whileWriting(undo))
  await system.request('PUT', '/api/settings', { retention_by_level: { DEBUG: 3 } })
  const plan = await timed(() => system.request<{ would_delete: number }>('GET', '/api/logs/retention'))
  console.log(`dry run: ${plan.ms.toFixed(0)} ms, ${JSON.stringify(plan.result)}`)
  print('retention by level', await whileWriting(() => system.request('POST', '/api/logs/retention')))
} finally {
  await system.stop()
}

async function fill(target: BenchSystem): Promise<number> {
  const headers = { 'content-type': 'application/x-ndjson', 'x-import': 'true' }
  const poster = posterTo(target, 4, headers)
  const batches = Math.ceil(ROWS / FILL_BATCH)
  const seconds = await inLanes(4, batches, async (batch) => {
    const random = seeded(batch + 1)
    const lines = Array.from({ length: FILL_BATCH }, (_, index) => {
      const record = makeRecord(
        random,
        DAY + ((batch * FILL_BATCH + index) / (batches * FILL_BATCH)) * DAY_MS,
      )
      return JSON.stringify(random() < 0.9 ? { ...record, level: 'DEBUG' } : { ...record, level: 'ERROR' })
    })
    await poster.post(lines.join('\n'))
  })
  poster.close()
  return seconds
}

type Written = { ms: number; result: unknown; rows: number; waits: number[] }

/** Writes 20,000 rows a second from two seconds before until two seconds after. */
async function whileWriting(work: () => Promise<unknown>): Promise<Written> {
  const poster = posterTo(system, 8, { 'content-type': 'application/x-ndjson' })
  const random = seeded(Date.now())
  const waits: number[] = []
  const sent = new Set<Promise<void>>()
  let isMeasured = false
  const send = () => {
    const now = Date.now()
    const lines = Array.from({ length: WRITTEN_BATCH }, () => JSON.stringify(makeRecord(random, now)))
    const began = performance.now()
    const counts = isMeasured
    const sending = poster.post(lines.join('\n')).then(() => {
      if (counts) waits.push(performance.now() - began)
      sent.delete(sending)
    })
    sent.add(sending)
  }
  const timer = setInterval(send, (1000 * WRITTEN_BATCH) / WRITTEN_A_SECOND)
  const pause = () => new Promise((resolve) => setTimeout(resolve, 2000))
  await pause()
  isMeasured = true
  const { ms, result } = await timed(work)
  await pause()
  clearInterval(timer)
  await Promise.all(sent)
  poster.close()
  return { ms, result, rows: waits.length * WRITTEN_BATCH, waits }
}

function posterTo(target: BenchSystem, connections: number, headers: Record<string, string>): Poster {
  return new Poster({
    url: `${target.url}/api/logs`,
    connections,
    headers: { authorization: `Bearer ${target.apiKey}`, ...headers },
  })
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const began = performance.now()
  const result = await work()
  return { ms: performance.now() - began, result }
}

function print(name: string, { ms, result, rows, waits }: Written): void {
  const sorted = waits.toSorted((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1)
  console.log(
    `${name}, while ${WRITTEN_A_SECOND.toLocaleString('en')} rows/s are written: ${ms.toFixed(0)} ms, ${JSON.stringify(result) ?? ''}`,
  )
  console.log(
    `  ${rows.toLocaleString('en')} rows written; a batch of ${WRITTEN_BATCH} waits p50 ${at(0.5)}, p99 ${at(0.99)}, at most ${at(1)} ms`,
  )
}
