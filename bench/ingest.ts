// npm run bench:ingest [-- --rows 1000000 --rounds 3]
// Rows a second that are accepted, checked, masked, counted, indexed and committed before the reply, beside two bare
// COPYs over HTTP of the same rows in the same round: with the same bodies, and with text that needs no parsing. Each
// round has a system of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { copyLine } from '../server/src/store/database/batch-flight.ts'
import { connectionOf, cpuSeconds } from './cluster.ts'
import { inLanes, Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, startSystem } from './system.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
})
const ROWS = Number(values.rows)
const ROUNDS = Number(values.rounds)
const BATCH = 1000
const CLIENTS = 4
/** Made beforehand, and each sent once for the first million rows. */
const BODIES = Math.min(ROWS / BATCH, 1000)
/** Rows of the same millisecond: about as many as are sent in one. */
const ROWS_A_MS = 100

const random = seeded(1)
const start = Date.now() - (BODIES * BATCH) / ROWS_A_MS
const batches = Array.from({ length: BODIES }, (_, batch) =>
  Array.from({ length: BATCH }, (_, index) =>
    makeRecord(random, start + Math.floor((batch * BATCH + index) / ROWS_A_MS)),
  ),
)
const ndjson = batches.map((records) =>
  Buffer.from(records.map((record) => JSON.stringify(record)).join('\n')),
)
const copyText = batches.map((records) =>
  Buffer.from(records.map((record, index) => copyLine(index, record)).join('')),
)

console.log(machine())
console.log(
  `${ROWS.toLocaleString('en')} rows of ${Math.round((ndjson[0]?.length ?? 0) / BATCH)} bytes, batches of ${BATCH}, ${CLIENTS} clients on the same cores; ${ROUNDS} rounds`,
)
console.log('per million rows                                  rows/s   CPU seconds: server  PostgreSQL')
const rounds: Round[] = []
for (let round = 0; round < ROUNDS; round++) {
  const measured = await measureRound()
  rounds.push(measured)
  console.log(`bare COPY over HTTP, pre-encoded text          ${format(measured.text)}`)
  console.log(`bare COPY over HTTP, the same bodies           ${format(measured.bare)}`)
  console.log(`POST /api/logs                                 ${format(measured.ours)}`)
}
const ofBodies = median(rounds.map(({ ours, bare }) => ours.rate / bare.rate))
const ofText = median(rounds.map(({ ours, text }) => ours.rate / text.rate))
const rate = Math.round(median(rounds.map(({ ours }) => ours.rate))).toLocaleString('en')
console.log(`POST /api/logs, median round: ${rate} rows/s;`)
console.log(
  `${Math.round(100 * ofBodies)} % of the bare COPY of the same bodies, ${Math.round(100 * ofText)} % of that of pre-encoded text`,
)

type Round = { text: Measured; bare: Measured; ours: Measured }

async function measureRound(): Promise<Round> {
  const system = await startSystem()
  try {
    await system.request('PUT', '/api/settings', { log_level: 'DEBUG' })
    const text = await measureBareCopy(system, copyText, {})
    const bare = await measureBareCopy(system, ndjson, { 'content-type': 'application/x-ndjson' })
    const ours = await measureIngest(system)
    const { summary } = await system.request<{ summary: { total_logs: number } }>(
      'GET',
      '/api/logs/stats?hours=168',
    )
    if (summary.total_logs < ROWS) throw new Error(`only ${summary.total_logs} of ${ROWS} rows are counted`)
    return { text, bare, ours }
  } finally {
    await system.stop()
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

type Measured = { rate: number; serverCpu: number; postgresCpu: number }

async function measureIngest(target: BenchSystem): Promise<Measured> {
  const headers = { authorization: `Bearer ${target.apiKey}`, 'content-type': 'application/x-ndjson' }
  const poster = new Poster({ url: `${target.url}/api/logs`, connections: CLIENTS, headers })
  const measured = await measure(target, target.pid, async (index) => {
    const { data } = JSON.parse(await poster.post(ndjson[index % BODIES] as Buffer)) as {
      data: { accepted: number }
    }
    if (data.accepted !== BATCH) throw new Error(`only ${data.accepted} of ${BATCH} rows were accepted`)
  })
  poster.close()
  return measured
}

async function measureBareCopy(
  target: BenchSystem,
  bodies: readonly Buffer[],
  headers: Record<string, string>,
): Promise<Measured> {
  const program = new URL('./bare-copy.ts', import.meta.url).pathname
  const child = spawn(
    process.execPath,
    ['--conditions=timelapser-source', program, JSON.stringify(connectionOf(target))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const url = `http://127.0.0.1:${port.toString().trim()}/`
  const poster = new Poster({ url, connections: CLIENTS, headers })
  const measured = await measure(target, child.pid ?? 0, async (index) => {
    await poster.post(bodies[index % BODIES] as Buffer)
  })
  poster.close()
  child.kill('SIGTERM')
  await once(child, 'exit')
  return measured
}

async function measure(
  target: BenchSystem,
  server: number,
  post: (index: number) => Promise<void>,
): Promise<Measured> {
  const before = cpuSeconds(target, server)
  const seconds = await inLanes(CLIENTS, ROWS / BATCH, post)
  const after = cpuSeconds(target, server)
  const millions = ROWS / 1e6
  return {
    rate: ROWS / seconds,
    serverCpu: (after.server - before.server) / millions,
    postgresCpu: (after.postgres - before.postgres) / millions,
  }
}

function format({ rate, serverCpu, postgresCpu }: Measured): string {
  const rows = Math.round(rate).toLocaleString('en').padStart(9)
  return `${rows} ${serverCpu.toFixed(1).padStart(21)} ${postgresCpu.toFixed(1).padStart(11)}`
}
