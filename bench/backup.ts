// npm run bench:backup [-- --rows 1000000]
// A backup beside the running server, its check, and its restore into an empty folder and into PostgreSQL 15.
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '../server/src/store/cluster/embedded-postgres.ts'
import { findMachinePostgres } from '../server/test/support/machine-postgres.ts'
import { fill } from './fill.ts'
import { machine, startSystem } from './system.ts'

type Outcome = { rows: Record<string, number>; partitions: number; bytes: number; seconds: number }

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } })
const MAIN = join(import.meta.dirname, '../server/src/cli/main.ts')

const folder = await mkdtemp(join(tmpdir(), 'timelapser-bench-'))
// Root runs PostgreSQL as somebody else, who has to get in.
await chmod(folder, 0o711)
const file = join(folder, 'all.backup')
const results: [string, Outcome][] = []
try {
  const system = await startSystem()
  try {
    await fill(system, { rows: Number(values.rows), days: 10, today: 0 })
    results.push(['backup', await run(['backup', file], { DATA_DIR: system.dataDir })])
  } finally {
    await system.stop()
  }
  results.push(['restore --check', await run(['restore', '--check', file], {})])
  results.push(['restore, PostgreSQL 18', await run(['restore', file], { DATA_DIR: join(folder, 'next') })])
  const binaries = findMachinePostgres()
  if (binaries) results.push([`restore, PostgreSQL ${binaries.major}`, await intoAnother(binaries)])
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(machine())
console.log(
  `${''.padEnd(24)} ${['rows', 'seconds', 'rows/s', 'MB file'].map((head) => head.padStart(12)).join('')}`,
)
for (const [title, { rows, bytes, seconds }] of results) {
  const logs = rows.logs ?? 0
  const cells = [
    logs.toLocaleString('en'),
    seconds.toFixed(1),
    Math.round(logs / seconds).toLocaleString('en'),
    (bytes / 1e6).toFixed(0),
  ]
  console.log(`${title.padEnd(24)} ${cells.map((cell) => cell.padStart(12)).join('')}`)
}

async function intoAnother(binaries: NonNullable<ReturnType<typeof findMachinePostgres>>): Promise<Outcome> {
  const dataDir = join(folder, 'other')
  mkdirSync(dataDir, { mode: 0o711 })
  const postgres = await startEmbeddedPostgres({ dataDir, binaries, log: () => undefined })
  try {
    const { host, user, database } = postgres.connection
    const url = `postgres://${user}@${encodeURIComponent(host)}/${database}`
    return await run(['restore', file], { DATABASE_URL: url })
  } finally {
    await postgres.stop()
  }
}

function run(args: string[], environment: Record<string, string>): Promise<Outcome> {
  const options = { env: { ...process.env, ...environment }, maxBuffer: 1 << 24 }
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--conditions=timelapser-source', MAIN, ...args, '--json'],
      options,
      (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout) as Outcome)),
    )
  })
}
