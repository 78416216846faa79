import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { expect } from 'vitest'
import { closeContexts, openBrowser, PATIENCE_MS } from './browser.ts'
import { comeIn } from './come-in.ts'
import { launchProgram, makeFolder } from './program.ts'

type Line = {
  message: string
  level?: string
  source?: string
  camera_id?: number
  timestamp?: string
}

/** A server of a test file's own, and a browser in which its first administrator is signed in. */
export type PageHost = {
  url: string
  dataDir: string
  /** The administrator's. */
  context: BrowserContext
  /** A window of somebody else. */
  newContext(options?: Parameters<Browser['newContext']>[0]): Promise<BrowserContext>
  /** Asks as the administrator of the first start. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Stores lines at INFO from `trouble`, where they do not say otherwise. */
  write(...lines: Line[]): Promise<void>
  /** Ends the server and resolves when it has ended. */
  stop(signal: NodeJS.Signals): Promise<void>
  /** Starts it again at the same address and on the same data. */
  start(env?: Record<string, string>): Promise<void>
  close(): Promise<void>
}

export async function hostPage(name: string, environment: Record<string, string> = {}): Promise<PageHost> {
  const folder = makeFolder(name)
  const dataDir = join(folder, 'data')
  let program = launchProgram({ env: { DATA_DIR: dataDir, ...environment } })
  let { port } = new URL(await program.ready)
  const browser = await openBrowser()
  const newContext: PageHost['newContext'] = async (options = {}) => {
    const made = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    made.setDefaultTimeout(PATIENCE_MS)
    return made
  }
  const context = await newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const url = await comeIn(context, program)
  const stop: PageHost['stop'] = async (signal) => {
    program.kill(signal)
    await program.ended
  }
  const call: PageHost['call'] = (method, path, body, headers) => {
    const key = readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim()
    return fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  }
  return {
    url,
    dataDir,
    context,
    newContext,
    call,
    async write(...lines) {
      const records = lines.map((line) => ({ level: 'INFO', source: 'trouble', ...line }))
      expect((await call('POST', '/api/logs', records)).status).toBe(200)
    },
    stop,
    async start(env) {
      program = launchProgram({ env: { DATA_DIR: dataDir, ...environment, PORT: port, ...env } })
      port = new URL(await program.ready).port
    },
    async close() {
      await closeContexts(browser)
      await stop('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
