// npm run bench:export [-- --rows 1000000]
// Rows a second and memory of exporting everything, and whether an export that is taken in elsewhere is exported from
// there byte for byte the same.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { cpuSeconds } from './cluster.ts'
import { forgetPeak, megabytes, peakMegabytes } from './memory.ts'
import { type BenchSystem, machine, startSystem } from './system.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const ROWS = Number(values.rows)
const DAYS = 20
const PROGRAM = join(import.meta.dirname, '../server/src/cli/main.ts')

const KINDS = [
  { title: 'NDJSON', query: '' },
  { title: 'NDJSON, gzip', query: 'compress=gzip' },
  { title: 'CSV', query: 'format=csv' },
  { title: 'NDJSON, ERROR', query: 'level=ERROR' },
  { title: 'NDJSON, q=timeout', query: 'q=timeout' },
]

const system = await startSystem()
const folder = await mkdtemp(join(tmpdir(), 'timelapser-bench-export-'))
try {
  await command(system, 'scenarios', '--rows', String(ROWS), '--days', String(DAYS))
  const filledAt = new Date().toISOString()
  console.log(
    `${machine()}; ${ROWS.toLocaleString('en')} rows over ${DAYS} days, one client on the same cores\n`,
  )
  console.log('                          rows    rows/s      MB   MB/s   CPU s  server MB before, peak')
  for (const kind of KINDS) console.log(await measure(system, kind))
  await roundTrip(system, filledAt)
} finally {
  await rm(folder, { recursive: true, force: true })
  await system.stop()
}

async function measure(target: BenchSystem, { title, query }: (typeof KINDS)[number]): Promise<string> {
  const before = megabytes(target.pid)
  forgetPeak(target.pid)
  const cpu = cpuSeconds(target)
  const start = performance.now()
  const { rows, bytes } = await download(target, query)
  const seconds = (performance.now() - start) / 1000
  const after = cpuSeconds(target)
  const spent = after.server - cpu.server + after.postgres - cpu.postgres
  const count = (value: number, width: number) => Math.round(value).toLocaleString('en').padStart(width)
  return [
    title.padEnd(20),
    count(rows, 10),
    count(rows / seconds, 10),
    count(bytes / 1e6, 8),
    count(bytes / 1e6 / seconds, 7),
    spent.toFixed(1).padStart(8),
    `${String(before).padStart(10)}, ${peakMegabytes(target.pid)}`,
  ].join('')
}

function download(target: BenchSystem, query: string): Promise<{ rows: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${target.apiKey}` }
    request(`${target.url}/api/logs/export?${query}`, { headers }, (reply) => {
      let bytes = 0
      reply.on('data', (chunk: Buffer) => (bytes += chunk.length))
      reply.on('error', reject)
      reply.on('end', () => resolve({ rows: Number(reply.trailers['x-export-rows']), bytes }))
    })
      .on('error', reject)
      .end()
  })
}

/** Out of one system by command, into another, and out again. */
async function roundTrip(from: BenchSystem, filledAt: string): Promise<void> {
  const to = await startSystem()
  try {
    const [first, second] = [join(folder, 'first.ndjson.gz'), join(folder, 'second.ndjson.gz')]
    // Each system also logs what it does itself: the second only later than this.
    const range = ['--until', filledAt]
    const [out] = await timed(() => command(from, 'export', ...range, '-o', first))
    const [into] = await timed(() => command(to, 'ingest', '--keep-days', String(DAYS + 11), first))
    await command(to, 'export', ...range, '-o', second)
    const isSame = (await hashOf(first)) === (await hashOf(second))
    const { size } = await stat(first)
    console.log(
      `\nround trip: exported in ${out} s (${Math.round(size / 1e6)} MB), imported into another system in ${into} s, second export ${isSame ? 'identical' : 'DIFFERENT'}`,
    )
    if (!isSame) process.exitCode = 1
  } finally {
    await to.stop()
  }
}

async function timed<T>(work: () => Promise<T>): Promise<[string, T]> {
  const start = performance.now()
  const result = await work()
  return [((performance.now() - start) / 1000).toFixed(1), result]
}

async function command(target: BenchSystem, ...args: string[]): Promise<void> {
  const env = { ...process.env, TIMELAPSER_LOGS_URL: target.url, TIMELAPSER_LOGS_API_KEY: target.apiKey }
  await promisify(execFile)(process.execPath, ['--conditions=timelapser-source', PROGRAM, ...args], { env })
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(file)) hash.update(part as Buffer)
  return hash.digest('hex')
}
