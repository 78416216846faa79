import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { bareEnvironment } from '../../../test/support/bare-environment.ts'
import { MAIN } from '../../../test/support/program.ts'

export const KEY = `test-${'k'.repeat(40)}`
export const HEADERS = { authorization: `Bearer ${KEY}` }

/** A process of the real program. */
export type ServerProcess = { url: string; port: string; child: ChildProcess; dataDir: string }

export type ProcessOptions = {
  /** `0` for any that is free. */
  port?: string
  /** A module it loads before its own. */
  preload?: string
  /** Beside that of the test. */
  environment?: Record<string, string>
}

export async function startProcess(
  databaseUrl: string,
  { port = '0', preload, environment }: ProcessOptions = {},
): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'timelapser-several-'))
  const env = {
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    PORT: port,
    ADMIN_API_KEY: KEY,
    RATE_LIMITS: 'off',
    ...environment,
  }
  const loads = preload === undefined ? [] : ['--import', preload]
  const child = spawn(process.execPath, ['--conditions=timelapser-source', ...loads, MAIN, 'serve'], {
    env: { ...bareEnvironment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const address = /Address +(https?:\S+)/.exec(output)?.[1]
        if (address) resolve(address)
      })
    }
    child.once('exit', () => reject(new Error(output)))
  })
  return { url: url.replace(/\/$/, ''), port: new URL(url).port, child, dataDir }
}

/** Asks it to stop, waits for it and removes its files. */
export async function stopProcess({ child, dataDir }: ServerProcess): Promise<void> {
  child.kill('SIGTERM')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  await rm(dataDir, { recursive: true, force: true })
}

/**
 * Follows the messages of a stream until it is stopped, at any server that answers, from where it was; it has `began`
 * when it knows where.
 */
export function follow(
  servers: readonly ServerProcess[],
  filter: string,
  stopped: AbortSignal,
): { seen: string[]; began: Promise<void>; followed: Promise<void> } {
  const seen: string[] = []
  const { promise: began, resolve: begin } = Promise.withResolvers<void>()
  const followed = (async () => {
    let position = ''
    for (let at = 0; !stopped.aborted; at++) {
      const { url } = servers[at % servers.length] as ServerProcess
      const query = `${filter}${position && `&last_event_id=${position}`}`
      const response = await fetch(`${url}/api/logs/stream?${query}`, {
        headers: HEADERS,
        signal: stopped,
      }).catch(() => undefined)
      if (!response?.body) {
        await wait(50)
        continue
      }
      let rest = ''
      try {
        for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            const data = /^data: (.*)$/m.exec(block)?.[1]
            for (const row of data ? (JSON.parse(data).rows ?? []) : []) seen.push(row.message)
            position = /^id: (.*)$/m.exec(block)?.[1] ?? position
            if (position) begin()
          }
        }
      } catch {
        // Its server is being restarted; the next server continues.
      }
    }
  })()
  return { seen, began, followed }
}
