// npm run bench:alerts [-- --rows 200000 --counted 300 --texts 150 --everywhere 45 --patterns 5]
// The cost of alert rules, without rules and with a mix of them: rules that count by level, source and camera; texts at
// WARNING and above; texts at every level; regular expressions. Rows a second that are taken in, the time of a batch, CPU
// seconds a million rows and memory; meanwhile how long notices are under way, and how late silence is told.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { cpuSeconds } from './cluster.ts'
import { inLanes, Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, startSystem } from './system.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    counted: { type: 'string', default: '300' },
    texts: { type: 'string', default: '150' },
    everywhere: { type: 'string', default: '45' },
    patterns: { type: 'string', default: '5' },
  },
})
const ROWS = Number(values.rows)
const BATCH = 1000
const CLIENTS = 4
/** Evaluation is at the present when it is no further behind. */
const PRESENT_SECONDS = 2
/** A line that fires comes this often, each of another source. */
const PROBE_MS = 250
/** Sources that fall silent, and after how many minutes that is told. */
const QUIET = 50
const QUIET_MINUTES = 1
/** How long notices are waited for at the end. */
const LONGEST_WAIT_MS = 300_000

const random = seeded(1)
const bodies = Array.from({ length: Math.min(ROWS / BATCH, 200) }, () =>
  Array.from({ length: BATCH }, () => ({ ...makeRecord(random, 0), timestamp: undefined })),
).map((records) => Buffer.from(records.map((record) => JSON.stringify(record)).join('\n')))

const count = (condition: object) => ({ kind: 'count', minutes: 5, ...condition })
const times = <T>(n: string, make: (index: number) => T) =>
  Array.from({ length: Number(n) }, (_, index) => make(index))
const RULES = [
  ...times(values.counted, (index) => ({
    query: `camera_id=${1 + (index % 20)}&min_level=${index % 3 === 0 ? 'ERROR' : 'WARNING'}`,
    condition: count({ over: 1_000_000 + index }),
  })),
  ...times(values.texts, (index) => ({
    query: `min_level=WARNING&q=nowhere${index}`,
    condition: { kind: 'any' },
  })),
  ...times(values.everywhere, (index) => ({ query: `q=absent${index}`, condition: { kind: 'any' } })),
  ...times(values.patterns, (index) => ({
    query: new URLSearchParams({ q: `/job [g-z]{${2 + index}}/` }).toString(),
    condition: { kind: 'any' },
  })),
].map((rule, index) => ({ name: `rule ${index}`, ...rule }))
/** Two rules beside the mix, whose notices are measured. */
const MEASURED = [
  { name: 'probes', query: 'logger_name=bench.probe', condition: { kind: 'any' }, group_by: 'source' },
  {
    ...{ name: 'quiet', query: 'logger_name=bench.quiet', group_by: 'source' },
    condition: { kind: 'silence', minutes: QUIET_MINUTES },
  },
].map((rule) => ({ ...rule, channels: ['bench'] }))

type Measured = {
  rate: number
  p99: number
  server: number
  postgres: number
  behind: number
  memory: number
}
/** Milliseconds of the notices that came. */
type Notices = { outbox: number[]; probes: number[]; quiet: number[] }

console.log(machine())
console.log(
  `${ROWS.toLocaleString('en')} rows, batches of ${BATCH}, ${CLIENTS} clients; ${RULES.length} rules`,
)
console.log(
  'a million rows     rows/s   batch p99, ms   CPU seconds: server  PostgreSQL   behind at the end, s   memory, MB',
)
const without = await run('without rules', [])
const withRules = await run('with rules   ', RULES)
const cpu = ({ server, postgres }: Measured) => server + postgres
console.log(
  `CPU seconds a million rows more: ${(cpu(withRules.measured) - cpu(without.measured)).toFixed(1)}; intake: ${(withRules.measured.rate / without.measured.rate).toFixed(2)} of that without; batches, p99: ${(withRules.measured.p99 - without.measured.p99).toFixed(1)} ms more; memory: ${(withRules.measured.memory - without.measured.memory).toFixed(0)} MB more`,
)
const { outbox, probes, quiet } = withRules.notices
console.log(
  `${outbox.length} notices: from the decision to the receiver, p99: ${seconds(p99(outbox))}; from the line to the receiver, p99: ${seconds(p99(probes))}; silence after it was due, p99: ${seconds(p99(quiet))} (${quiet.length} of ${QUIET} sources)`,
)

async function run(
  name: string,
  rules: readonly object[],
): Promise<{ measured: Measured; notices: Notices }> {
  const receiver = await receiveNotices()
  const system = await startSystem({
    ...{ RATE_LIMITS: 'off', ALERTS_ALLOW_LOCAL: 'true', ALERTS_KEY: 'the key of a bench alone' },
  })
  try {
    await system.request('PUT', '/api/settings', { log_level: 'DEBUG' })
    for (let from = 0; from < rules.length; from += 100) {
      await system.request('PUT', '/api/alerts/rules', { rules: rules.slice(from, from + 100) })
    }
    if (rules.length > 0) {
      await system.request('POST', '/api/alerts/channels', { name: 'bench', webhook: { url: receiver.url } })
      await addMeasured(system)
    }
    const measured = await measure(system, receiver, rules.length > 0)
    console.log(
      [
        `${name}  ${whole(measured.rate).padStart(9)}`,
        measured.p99.toFixed(1).padStart(15),
        measured.server.toFixed(1).padStart(21),
        measured.postgres.toFixed(1).padStart(11),
        measured.behind.toFixed(1).padStart(22),
        measured.memory.toFixed(0).padStart(12),
      ].join(' '),
    )
    return { measured, notices: receiver.notices }
  } finally {
    await system.stop()
    receiver.close()
  }
}

/** The mix is all the rules that one owner may have: these are of another key. */
async function addMeasured(system: BenchSystem): Promise<void> {
  const { secret } = await system.request<{ secret: string }>('POST', '/api/keys', {
    name: 'bench',
    scope: 'read',
  })
  const reply = await fetch(`${system.url}/api/alerts/rules`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ rules: MEASURED }),
  })
  if (!reply.ok) throw new Error(`The measured rules were refused: ${await reply.text()}`)
}

async function measure(
  system: BenchSystem,
  receiver: Awaited<ReturnType<typeof receiveNotices>>,
  hasRules: boolean,
): Promise<Measured> {
  const headers = { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/x-ndjson' }
  const poster = new Poster({ url: `${system.url}/api/logs`, connections: CLIENTS + 1, headers })
  const line = (logger_name: string, source: string) =>
    JSON.stringify({ message: 'bench', logger_name, source })
  const probe = async (index: number) => {
    await poster.post(line('bench.probe', `probe_${index}`))
    receiver.sent.set(`probe_${index}`, Date.now())
  }
  if (hasRules) {
    // A group is waited for from its second batch on.
    for (const _ of [1, 2]) {
      await poster.post(times(String(QUIET), (index) => line('bench.quiet', `quiet_${index}`)).join('\n'))
    }
    for (let index = 0; index < QUIET; index++) receiver.sent.set(`quiet_${index}`, Date.now())
  }
  let probes = 0
  const probing = setInterval(() => hasRules && void probe(probes++), PROBE_MS)
  const before = cpuSeconds(system)
  const batches: number[] = []
  const lasted = await inLanes(CLIENTS, ROWS / BATCH, async (index) => {
    const began = performance.now()
    await poster.post(bodies[index % bodies.length] as Buffer)
    batches.push(performance.now() - began)
  })
  clearInterval(probing)
  const ended = performance.now()
  while (hasRules && (await figureOf(system, 'timelapser_alert_lag_seconds')) > PRESENT_SECONDS)
    await sleep(1000)
  const behind = (performance.now() - ended) / 1000
  const after = cpuSeconds(system)
  const memory = (await figureOf(system, 'process_resident_memory_bytes')) / 1e6
  const { notices } = receiver
  while (hasRules && (notices.quiet.length < QUIET || notices.probes.length < probes)) {
    if (performance.now() - ended > LONGEST_WAIT_MS) break
    await sleep(1000)
  }
  poster.close()
  const millions = ROWS / 1e6
  return {
    ...{ rate: ROWS / lasted, p99: p99(batches), behind, memory },
    server: (after.server - before.server) / millions,
    postgres: (after.postgres - before.postgres) / millions,
  }
}

/** An address that notes when notices come. */
async function receiveNotices() {
  const notices: Notices = { outbox: [], probes: [], quiet: [] }
  const sent = new Map<string, number>()
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      response.end('ok')
      const now = Date.now()
      const { kind, at, rule, groups } = JSON.parse(text)
      if (kind !== 'firing') return
      notices.outbox.push(now - Date.parse(at))
      const isQuiet = rule.name === 'quiet'
      for (const { key } of groups) {
        const due = (sent.get(key) ?? now) + (isQuiet ? QUIET_MINUTES * 60_000 : 0)
        notices[isQuiet ? 'quiet' : 'probes'].push(now - due)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { notices, sent, url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

async function figureOf(system: BenchSystem, name: string): Promise<number> {
  const headers = { authorization: `Bearer ${system.apiKey}` }
  const text = await (await fetch(`${system.url}/metrics`, { headers })).text()
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? 0)
}

function p99(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b)
  return sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.NaN
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(2)} s`
}

function whole(number: number): string {
  return Math.round(number).toLocaleString('en')
}
