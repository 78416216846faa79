// npm run bench:ingest [-- --rows 1000000]
// Rows a second that are accepted, checked, masked, counted, indexed and committed before the reply, beside a bare
// COPY over HTTP of the same rows in the same run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { copyLine } from '../server/src/store/copy-format.ts'
import { connectionOf, cpuSeconds } from './cluster.ts'
import { inLanes, Poster } from './post.ts'
import { makeRecord, seeded } from './records.ts'
import { type BenchSystem, machine, startSystem } from './system.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const ROWS = Number(values.rows)
const BATCH = 1000
const CLIENTS = 4
/** Different bodies, sent in turn: enough that nothing is warm by accident, few enough to be made beforehand. */
const BODIES = 200

const random = seeded(1)
const now = Date.now()
const batches = Array.from({ length: BODIES }, (_, batch) =>
  Array.from({ length: BATCH }, (_, index) => makeRecord(random, now - (BODIES - batch) * BATCH + index)),
)
const ndjson = batches.map((records) =>
  Buffer.from(records.map((record) => JSON.stringify(record)).join('\n')),
)
const copyText = batches.map((records) =>
  Buffer.from(records.map((record, index) => copyLine(index, record)).join('')),
)

const system = await startSystem()
try {
  await system.request('PUT', '/api/settings', { log_level: 'DEBUG' })
  console.log(`${machine()}`)
  console.log(
    `${ROWS.toLocaleString('en')} rows of ${Math.round((ndjson[0]?.length ?? 0) / BATCH)} bytes, batches of ${BATCH}, ${CLIENTS} clients on the same cores`,
  )
  const bare = await measureBareCopy(system)
  const ours = await measureIngest(system)
  console.log(`bare COPY over HTTP  ${format(bare.rate)} rows/s`)
  console.log(
    `POST /api/logs       ${format(ours.rate)} rows/s, ${Math.round((100 * ours.rate) / bare.rate)} % of the bare COPY`,
  )
  console.log(
    `CPU seconds a million rows: server ${ours.serverCpu.toFixed(1)}, PostgreSQL ${ours.postgresCpu.toFixed(1)}`,
  )
  const { summary } = await system.request<{ summary: { total_logs: number } }>(
    'GET',
    `/api/logs/stats?hours=168`,
  )
  console.log(`stored and counted: ${summary.total_logs.toLocaleString('en')}`)
} finally {
  await system.stop()
}

async function measureIngest(
  target: BenchSystem,
): Promise<{ rate: number; serverCpu: number; postgresCpu: number }> {
  const headers = { authorization: `Bearer ${target.apiKey}`, 'content-type': 'application/x-ndjson' }
  const poster = new Poster({ url: `${target.url}/api/logs`, connections: CLIENTS, headers })
  const before = cpuSeconds(target)
  const seconds = await inLanes(CLIENTS, ROWS / BATCH, async (index) => {
    const { data } = JSON.parse(await poster.post(ndjson[index % BODIES] as Buffer)) as {
      data: { accepted: number }
    }
    if (data.accepted !== BATCH) throw new Error(`only ${data.accepted} of ${BATCH} rows were accepted`)
  })
  const after = cpuSeconds(target)
  poster.close()
  const millions = ROWS / 1e6
  return {
    rate: ROWS / seconds,
    serverCpu: (after.server - before.server) / millions,
    postgresCpu: (after.postgres - before.postgres) / millions,
  }
}

async function measureBareCopy(target: BenchSystem): Promise<{ rate: number }> {
  const program = new URL('./bare-copy.ts', import.meta.url).pathname
  const child = spawn(
    process.execPath,
    ['--conditions=timelapser-source', program, JSON.stringify(connectionOf(target))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const poster = new Poster({ url: `http://127.0.0.1:${port.toString().trim()}/`, connections: CLIENTS })
  const seconds = await inLanes(CLIENTS, ROWS / BATCH, async (index) => {
    await poster.post(copyText[index % BODIES] as Buffer)
  })
  poster.close()
  child.kill('SIGTERM')
  await once(child, 'exit')
  return { rate: ROWS / seconds }
}

function format(rate: number): string {
  return Math.round(rate).toLocaleString('en').padStart(9)
}
