import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'

/** The really started program, in a temporary folder, with its own PostgreSQL. */
export type BenchSystem = {
  url: string
  apiKey: string
  dataDir: string
  pid: number
  /** The link that signs the first administrator in, once. */
  signInLink: string
  request: <T>(method: string, path: string, body?: unknown) => Promise<T>
  stop: () => Promise<void>
}

const MAIN = join(import.meta.dirname, '../server/src/cli/main.ts')
const START_TIMEOUT_MS = 60_000

/**
 * Starts the program; everything it stores is gone after `stop()`.
 *
 * @param kept a folder that stays, and is gone on with when it was used before
 */
export async function startSystem(
  environment: Record<string, string> = {},
  kept?: string,
): Promise<BenchSystem> {
  if (kept !== undefined) await mkdir(kept, { recursive: true })
  const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'timelapser-bench-')))
  // PostgreSQL does not run as root; its user has to get through to the data.
  await chmod(dataDir, 0o711)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, ['--conditions=timelapser-source', MAIN, 'serve'], {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: join(dataDir, 'data'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    if (kept === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  for (const start = Date.now(); !(await isReady(url)); await sleep(50)) {
    if (child.exitCode !== null || Date.now() - start > START_TIMEOUT_MS) {
      await stop()
      throw new Error(`The system did not start:\n${output}`)
    }
  }
  const apiKey = (await readFile(join(dataDir, 'data', 'admin-api-key'), 'utf8')).trim()
  const request = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        // A benchmark computes for longer than the server keeps a silent connection open.
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as { success: boolean; message: string; data: T }
    if (!answer.success) throw new Error(`${method} ${path}: ${answer.message}`)
    return answer.data
  }
  const signInLink = /Sign in +(\S+)/.exec(output)?.[1] ?? ''
  return { url, apiKey, dataDir: join(dataDir, 'data'), pid: child.pid ?? 0, signInLink, request, stop }
}

/** The machine and the versions, for the head of a table. */
export function machine(): string {
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GB`
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory}, Node ${process.versions.node}`
}

/** Values as p50, p95 and max, in milliseconds with one decimal. */
export function percentiles(millis: readonly number[]): { p50: string; p95: string; max: string } {
  const sorted = millis.toSorted((a, b) => a - b)
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(1)
  return { p50: at(0.5), p95: at(0.95), max: at(1) }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    (response) => response.ok,
    () => false,
  )
}
