// Every process is killed at random moments under load; acknowledged lines are there, once.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { SeededRandom } from '../../server/src/service/scenarios/seeded-random.ts'
import { freePort } from '../support/free-port.ts'
import { postmasterOf } from '../support/processes.ts'
import { type Program, startProgram, temporaryFolder } from '../support/program.ts'

const KILLS = 12
/** The application is killed as often as the other two together. */
const VICTIMS = ['application', 'application', 'server', 'database'] as const
const MINUTE_MS = 60_000
/** A run that failed is repeated with its seed. */
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 100_000)

/** Logs without pause, and writes down each line whose call has returned. */
const APPLICATION = `
  import { appendFileSync } from 'node:fs'
  import { workerData } from 'node:worker_threads'
  import { createLogger, httpHandler } from '@timelapser/logger'
  const { url, apiKey, spool, acks, name } = workerData ?? JSON.parse(process.argv[1])
  const logger = createLogger({
    source: 'worker',
    handlers: [httpHandler({
      url, apiKey, spool: { directory: spool }, durable: true,
      flushIntervalMs: 20, retryBaseMs: 20, retryMaxMs: 200, onProblem() {},
    })],
  })
  for (let line = 0; ; line++) {
    const message = name + ' line ' + line
    logger[line % 5 === 0 ? 'warning' : 'info'](message)
    appendFileSync(acks, message + '\\n')
    if (line % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5))
  }`

/** The same in four threads, with a logger each. */
const THREADS = `
  import { Worker } from 'node:worker_threads'
  const told = JSON.parse(process.argv[1])
  for (let thread = 0; thread < 4; thread++) {
    const own = { ...told, acks: told.acks + '-' + thread, name: told.name + '-' + thread }
    new Worker(${JSON.stringify(APPLICATION)}, { eval: true, workerData: own })
  }`

/** Runs a program as the first process of a container: its process ids begin with 1. */
const CONTAINER = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc']

type Kind = { code: string; wrapper: string[]; applications: number }
const KINDS: [string, Kind][] = [
  ['a process', { code: APPLICATION, wrapper: [], applications: 1 }],
  ['threads of a process', { code: THREADS, wrapper: [], applications: 1 }],
  ['containers with equal process ids', { code: APPLICATION, wrapper: CONTAINER, applications: 2 }],
]

test.each(KINDS)(
  `every line that %s acknowledged is stored once (KILL_SEED=${SEED})`,
  async (_, { code, wrapper, applications }) => {
    const random = new SeededRandom(SEED)
    const folder = temporaryFolder()
    const dataDir = join(folder, 'data')
    const env = { DATA_DIR: dataDir, PORT: String(await freePort()) }
    let server: Program = startProgram({ env })
    const url = await server.ready
    const apiKey = readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim()

    let runs = 0
    const startApplication = () => {
      const name = `run-${++runs}`
      const told = { url, apiKey, spool: join(folder, 'spool'), acks: join(folder, `acks-${name}`), name }
      const args = ['--conditions=timelapser-source', '--input-type=module', '-e', code, JSON.stringify(told)]
      const [command = '', ...rest] = [...wrapper, process.execPath, ...args]
      const child = spawn(command, rest, {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const ended = new Promise((resolve) => child.on('close', (_code, signal) => resolve(signal)))
      return { child, ended }
    }
    const running = Array.from({ length: applications }, startApplication)

    const deaths = { application: 0, server: 0, database: 0 }
    const kill = {
      async application() {
        const [application] = running.splice(0, 1)
        application?.child.kill('SIGKILL')
        if ((await application?.ended) === 'SIGKILL') deaths.application++
        running.push(startApplication())
      },
      async server() {
        server.kill('SIGKILL')
        if ((await server.ended) === 'SIGKILL') deaths.server++
        server = startProgram({ env })
      },
      async database() {
        // The server starts it again; it may be starting it just now.
        try {
          process.kill(postmasterOf(dataDir), 'SIGKILL')
          deaths.database++
        } catch {}
      },
    }
    for (let count = 0; count < KILLS; count++) {
      await delay(random.int(200, 1000))
      await kill[random.pick(VICTIMS)]()
    }
    // Chance may have spared one, or met none that was running.
    for (const victim of ['application', 'server', 'database'] as const) {
      await vi.waitFor(
        async () => {
          if (deaths[victim] === 0) await kill[victim]()
          expect(deaths[victim]).toBeGreaterThan(0)
        },
        { timeout: MINUTE_MS, interval: 100 },
      )
    }
    // On a slow machine all of them may have been killed before their first line.
    const acknowledged = () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('acks-'))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    await vi.waitFor(() => expect(acknowledged().length).toBeGreaterThan(500), {
      ...{ timeout: MINUTE_MS, interval: 100 },
    })
    for (const { child } of running) child.kill('SIGKILL')
    await Promise.all(running.map(({ ended }) => ended))
    await server.ready
    if (wrapper.length > 0) endHolds(join(folder, 'spool'))

    // The last of them takes over what the others left.
    const { createLogger, httpHandler } = await import('@timelapser/logger')
    const last = createLogger({
      handlers: [
        httpHandler({
          url,
          apiKey,
          spool: { directory: join(folder, 'spool') },
          flushOnExit: false,
          retryMaxMs: 500,
          onProblem() {},
        }),
      ],
    })
    const spooled = () => last.stats().handlers.reduce((sum, { spooledRows }) => sum + spooledRows, 0)
    await vi.waitFor(() => expect(spooled()).toBe(0), { timeout: MINUTE_MS, interval: 50 })
    expect(last.stats().handlers).toMatchObject([{ dropped: 0, rejected: 0 }])
    await last.close()

    const exported = await fetch(`${url}/api/logs/export?source=worker&q=line`, {
      headers: { authorization: `Bearer ${apiKey}` },
    })
    const stored = (await exported.text())
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { message: string }).message)
      .filter((message) => message.startsWith('run-'))
    const times = new Map<string, number>()
    for (const message of stored) times.set(message, (times.get(message) ?? 0) + 1)
    expect(acknowledged().filter((message) => !times.has(message))).toEqual([])
    expect([...times].filter(([, count]) => count > 1)).toEqual([])
  },
)

/** Makes holds as old as those of holders that stopped long ago: whether one runs in another container nobody can see. */
function endHolds(spool: string): void {
  const then = new Date('2020-01-01')
  for (const path of readdirSync(spool, { recursive: true, encoding: 'utf8' })) {
    if (basename(path).startsWith('held.')) utimesSync(join(spool, path), then, then)
  }
}
