// Writes docs/diagnose.md, its four outputs taken from a server of its own: node scripts/run.mjs scripts/write-diagnose-doc.ts
import { execFile, spawn } from 'node:child_process'
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { prepareDataDirectory } from '../server/src/store/cluster/data-directory.ts'
import { startEmbeddedPostgres } from '../server/src/store/cluster/embedded-postgres.ts'

const MAIN = join(import.meta.dirname, '../server/src/cli/main.ts')
const DOCUMENT = join(import.meta.dirname, '../docs/diagnose.md')
const KEY = 'a-key-for-this-script-alone'
const MINUTE = 60_000

const folder = await mkdtemp(join(tmpdir(), 'timelapser-diagnose-'))
const program = ['--conditions=timelapser-source', MAIN]
const environment = { ...process.env, ADMIN_API_KEY: KEY, PORT: '0', NO_COLOR: '1' }
const outputs = new Map<string, string>()
/** For root they are outside of the folder, where another user can reach them. */
const directories: string[] = []
try {
  await withServer({ DATA_DIR: join(folder, 'data') }, async (url) => {
    await send(url, '/api/cameras', 'POST', { id: 1, name: 'Front Door' })
    await send(url, '/api/cameras', 'POST', { id: 2, name: 'Garden' })
    await write(url, ['system', 'worker', 'api', 'camera_1', 'camera_2'], 72 * 60, 0)
    outputs.set('healthy', await diagnose(url))

    const start_date = new Date(Date.now() - 190 * MINUTE).toISOString()
    await send(url, '/api/logs/delete', 'POST', { source: 'camera_2', start_date, confirm_rows: 1000 })
    outputs.set('silent camera', await diagnose(url))

    await write(url, ['camera_2'], 190, 0)
    const free = statfsSync(folder)
    const disk_reserve_bytes = free.bavail * free.bsize + 1_000_000_000
    await send(url, '/api/settings', 'PUT', { disk_reserve_bytes })
    await until(async () => (await readiness(url)).status === 'degraded')
    outputs.set('full disk', await diagnose(url))
  })
  await withStoppedDatabase(async (url) => void outputs.set('database stopped', await diagnose(url)))
  writeFileSync(DOCUMENT, replaceOutputs(readFileSync(DOCUMENT, 'utf8'), outputs))
} finally {
  for (const place of [...directories.map((directory) => dirname(directory)), folder]) {
    rmSync(place, { recursive: true, force: true })
  }
}

/** A server of its own for as long as the work takes. */
async function withServer(env: Record<string, string>, work: (url: string) => Promise<void>): Promise<void> {
  const server = spawn(process.execPath, [...program, 'serve'], {
    env: { ...environment, ...env },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise((resolve) => server.once('close', resolve))
  try {
    const [url, directory] = await startOf(server.stdout, ended)
    if (env.DATABASE_URL === undefined) directories.push(directory)
    await work(url)
  } finally {
    server.kill('SIGTERM')
    await ended
  }
}

/** One whose PostgreSQL, no part of it, was stopped. */
async function withStoppedDatabase(work: (url: string) => Promise<void>): Promise<void> {
  const dataDir = join(folder, 'other')
  prepareDataDirectory(dataDir)
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined })
  directories.push(postgres.directory)
  const { host, user, database } = postgres.connection
  const url = `postgres://${user}@${encodeURIComponent(String(host))}/${database}`
  let stopped: Promise<void> | undefined
  try {
    await withServer({ DATA_DIR: join(folder, 'second'), DATABASE_URL: url }, async (address) => {
      stopped = postgres.stop()
      await stopped
      await until(async () => (await readiness(address)).status === 'unavailable')
      await work(address)
    })
  } finally {
    await (stopped ?? postgres.stop())
  }
}

/** Its address, and where its database is. */
function startOf(output: Readable, ended: Promise<unknown>): Promise<[url: string, directory: string]> {
  return new Promise((resolve, reject) => {
    let said = ''
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [, url, database] = /Address +(http:\S+)[\s\S]*Database +(.*)\n/.exec(said) ?? []
      if (url && database) resolve([url, database.split(', in ').at(-1) ?? ''])
    })
    void ended.then(() => reject(new Error(`the server ended: ${said}`)))
  })
}

function diagnose(url: string): Promise<string> {
  const options = { env: { ...environment, TIMELAPSER_LOGS_URL: url, TIMELAPSER_LOGS_API_KEY: KEY } }
  return new Promise((resolve) => {
    execFile(process.execPath, [...program, 'diagnose'], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      resolve(
        `$ timelapser-logs diagnose\n${stdout}${stderr}$ echo $?\n${code}`.replaceAll(
          url,
          'http://127.0.0.1:4700',
        ),
      )
    })
  })
}

async function send(url: string, path: string, method: string, body: unknown, headers = {}): Promise<void> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
}

/** Writes a line a minute from each source, from `from` minutes ago until `until` minutes ago. */
async function write(url: string, sources: readonly string[], from: number, until: number): Promise<void> {
  const lines = sources.flatMap((source) =>
    Array.from({ length: from - until + 1 }, (_, index) => ({
      level: index % 97 === 96 ? 'WARNING' : 'INFO',
      message: source.startsWith('camera_') ? `Captured frame ${index}` : `Step ${index} done`,
      source,
      camera_id: source.startsWith('camera_') ? Number(source.slice(7)) : null,
      timestamp: new Date(Date.now() - (from - index) * MINUTE).toISOString(),
    })),
  )
  for (let index = 0; index < lines.length; index += 5000) {
    await send(url, '/api/logs', 'POST', lines.slice(index, index + 5000), { 'x-import': 'true' })
  }
}

async function readiness(url: string): Promise<{ status: string }> {
  return (await fetch(`${url}/readyz`)).json() as Promise<{ status: string }>
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Each output stands between `<!-- output: name -->` and `<!-- end -->`. */
function replaceOutputs(text: string, outputs: ReadonlyMap<string, string>): string {
  let result = text
  for (const [name, output] of outputs) {
    const begin = `<!-- output: ${name} -->`
    const [before = '', rest] = result.split(begin)
    if (rest === undefined) throw new Error(`docs/diagnose.md has no place for "${name}"`)
    const after = rest.slice(rest.indexOf('<!-- end -->'))
    result = `${before}${begin}\n\n\`\`\`console\n${output}\n\`\`\`\n\n${after}`
  }
  return result
}
