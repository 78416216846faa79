// npm run bench:overload [-- --seconds 300 --times 3]
// Offers several times the lines that this machine can store, for minutes, by senders that obey Retry-After. Prints
// whether every acknowledged line is stored once, the memory of the server over time, how long readers wait, and how
// long it takes until the system is as quick as before.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connectionOf } from './cluster.ts'
import { megabytes } from './memory.ts'
import { OverloadSender } from './overload-sender.ts'
import { storedBatches } from './overload-stored.ts'
import { makeRecord, seeded } from './records.ts'
import { machine, percentiles, startSystem } from './system.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '300' }, times: { type: 'string', default: '3' } },
})
const SECONDS = Number(values.seconds)
const TIMES = Number(values.times)
/** Enough senders that what they hold in flight is more than any bound of the server. */
const SENDERS = 200
const CALIBRATION_S = 15
const CALIBRATION_SENDERS = 4
const MEMORY_ROWS = 12
/** The system has recovered when a batch and a page take at most this many times as long as before, three times in a row. */
const RECOVERED = 2
const RECOVERED_IN_A_ROW = 3
const RECOVERY_PATIENCE_S = 120

const system = await startSystem({ RATE_LIMITS: 'off' })
process.once('uncaughtExceptionMonitor', () => process.kill(system.pid))
await system.request('PUT', '/api/settings', { log_level: 'DEBUG' })
const random = seeded(1)
const records = Array.from({ length: 1000 }, () => makeRecord(random, Date.now()))
// Three keys: each may hold only its share of the room for bodies, so one alone would meet that first.
const keys = await Promise.all(
  ['a', 'b', 'c'].map(
    async (name) =>
      (await system.request<{ secret: string }>('POST', '/api/keys', { name, scope: 'ingest' })).secret,
  ),
)
const senders = Array.from(
  { length: SENDERS },
  (_, index) =>
    new OverloadSender({ url: system.url, key: keys[index % keys.length] as string, number: index, records }),
)

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
const newestPage = () => system.request('GET', '/api/logs?limit=100')
const search = () => system.request('GET', '/api/logs?limit=50&level=ERROR&q=thumbnail')
const oneLine = () =>
  system.request('POST', '/api/logs', { level: 'INFO', source: 'probe', message: 'is it quick again?' })

console.log(`${machine()}; server, PostgreSQL and ${SENDERS} senders on the same cores`)

const calibration = senders.slice(0, CALIBRATION_SENDERS)
await Promise.all(calibration.map((sender) => sender.run(CALIBRATION_S, 0)))
const capacity = calibration.reduce((sum, { acknowledged }) => sum + acknowledged, 0) / CALIBRATION_S
const quiet = { page: [] as number[], line: [] as number[] }
for (let look = 0; look < 20; look++) {
  quiet.page.push(await timed(newestPage))
  quiet.line.push(await timed(oneLine))
}
console.log(
  `It stores ${rows(capacity)} lines/s from ${CALIBRATION_SENDERS} senders; at rest the newest page takes ${percentiles(quiet.page).p50} ms, a line ${percentiles(quiet.line).p50} ms.`,
)

const acknowledgedBefore = sumOf(({ acknowledged }) => acknowledged)
const isOver = { value: false }
const reads: number[] = []
const searches: number[] = []
const refusedReads = new Map<string, number>()
const memory: number[] = []

async function readOn(list: number[], read: () => Promise<unknown>): Promise<void> {
  for (; !isOver.value; await sleep(200)) {
    const began = performance.now()
    await read().then(
      () => list.push(performance.now() - began),
      (error: Error) => refusedReads.set(error.message, (refusedReads.get(error.message) ?? 0) + 1),
    )
  }
}
async function watchMemory(): Promise<void> {
  for (; !isOver.value; await sleep(1000)) memory.push(megabytes(system.pid))
}

const watching = [readOn(reads, newestPage), readOn(searches, search), watchMemory()]
const intervalMs = (SENDERS * records.length * 1000) / (TIMES * capacity)
await Promise.all(senders.map((sender) => sender.run(SECONDS, intervalMs)))
isOver.value = true
await Promise.all(watching)

const recovery = performance.now()
let inARow = 0
for (; inARow < RECOVERED_IN_A_ROW && performance.now() - recovery < RECOVERY_PATIENCE_S * 1000; ) {
  const page = await timed(newestPage)
  const line = await timed(oneLine)
  const isQuick =
    page <= RECOVERED * Number(percentiles(quiet.page).p95) &&
    line <= RECOVERED * Number(percentiles(quiet.line).p95)
  inARow = isQuick ? inARow + 1 : 0
}
const recoveredS = (performance.now() - recovery) / 1000

const searchesAfter: number[] = []
for (let look = 0; look < 20; look++) searchesAfter.push(await timed(search))

const acknowledged = sumOf((sender) => sender.acknowledged) - acknowledgedBefore
const offered = sumOf((sender) => sender.offered)
const refusals = new Map<string, number>()
for (const sender of senders) {
  for (const [status, count] of sender.refusals) refusals.set(status, (refusals.get(status) ?? 0) + count)
}
const stored = await storedBatches(connectionOf(system), records.length)
let lost = 0
let doubled = 0
for (const { batches } of senders) {
  for (const [batch, outcome] of batches) {
    const found = stored.get(batch)
    if (outcome === 'acknowledged' && found !== 'once') lost++
    if (found === 'otherwise') doubled++
    stored.delete(batch)
  }
}

console.log(
  `Offered for ${SECONDS} s: ${rows(offered / SECONDS)} lines/s, ${(offered / SECONDS / capacity).toFixed(1)} times that. Acknowledged: ${rows(acknowledged / SECONDS)} lines/s.`,
)
console.log(
  `Refusals: ${[...refusals].map(([told, count]) => `${rows(count)} × ${told}`).join('; ') || 'none'}.`,
)
console.log(
  `Acknowledged batches that are not stored: ${lost}; stored twice or in part: ${doubled}; stored that nobody sent: ${stored.size}.`,
)
console.log(
  `The newest page: ${tellReads(reads)}; a search: ${tellReads(searches)}, and afterwards p50 ${percentiles(searchesAfter).p50} ms; failed: ${[...refusedReads].map(([told, count]) => `${count} × ${told}`).join('; ') || 'none'}.`,
)
console.log(
  `As quick as before after ${inARow < RECOVERED_IN_A_ROW ? 'more than ' : ''}${recoveredS.toFixed(1)} s.`,
)
console.log('\n| after | memory of the server |\n| ----- | -------------------- |')
const step = Math.max(1, Math.floor(memory.length / MEMORY_ROWS))
for (let second = 0; second < memory.length; second += step) {
  const most = Math.max(...memory.slice(second, second + step))
  console.log(`| ${second} s | ${most} MB |`)
}
await system.stop()
if (lost > 0 || doubled > 0 || stored.size > 0) process.exitCode = 1

function sumOf(figure: (sender: OverloadSender) => number): number {
  return senders.reduce((sum, sender) => sum + figure(sender), 0)
}

function rows(count: number): string {
  return Math.round(count).toLocaleString('en')
}

function tellReads(millis: readonly number[]): string {
  const sorted = millis.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(0.99 * sorted.length)]?.toFixed(0) ?? 'none'
  const { p50, max } = percentiles(millis)
  return `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms of ${millis.length}`
}
