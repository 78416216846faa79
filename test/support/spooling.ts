import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, type HttpOptions, httpHandler, type LogRecord } from '@timelapser/logger'
import { afterEach, beforeEach } from 'vitest'

type Received = { sender: string; batch: number; records: LogRecord[] }

const opened: { close(): unknown }[] = []

/** Done when the test is over, after what came later and before the folder goes. */
export function atEnd(close: () => unknown): void {
  opened.push({ close })
}

/** A folder of each test's own. */
export let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'timelapser-spool-'))
})

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
  rmSync(directory, { recursive: true, force: true })
})

/** A server that stores as ours does: a batch of a sender once, with any status it answers. */
export async function startServer(answer: (received: Received) => number | 'hang' = () => 200) {
  const received: Received[] = []
  const last = new Map<string, number>()
  const stored: string[] = []
  const state = { answer }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    if (request.method === 'GET') return void response.writeHead(404).end()
    const sender = String(request.headers['x-sender'])
    const batch = Number(request.headers['x-batch'])
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogRecord)
    const one = { sender, batch, records }
    received.push(one)
    const status = state.answer(one)
    if (status !== 503 && status !== 413 && (last.get(sender) ?? 0) < batch) {
      last.set(sender, batch)
      stored.push(...records.map(({ message }) => message))
    }
    if (status === 'hang') return
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, stored, state }
}

/** A handler that spools into the folder, and is quick to try again; closed with the test. */
export function setUp(options: Partial<HttpOptions> & { url: string }) {
  const problems: string[] = []
  const handler = httpHandler({
    flushIntervalMs: 5,
    retryBaseMs: 5,
    retryMaxMs: 20,
    noticeIntervalMs: 0,
    flushTimeoutMs: 100,
    followLevels: false,
    flushOnExit: false,
    spool: { directory },
    onProblem: (sentence) => problems.push(sentence),
    ...options,
  })
  opened.push(handler)
  const stats = () => {
    const all = handler.stats?.()
    if (!all) throw new Error('the handler has no stats')
    return all
  }
  return { handler, logger: createLogger({ source: 'worker', handlers: [handler] }), problems, stats }
}

/** Files of batches in the folder. */
export const filesOf = () =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(low|high)\./.test(name))

/** A process that logs and is then killed, or ends as `code` says; resolves with its output. It begins at `startMs`. */
export function runProcess(options: object, code: string, startMs = 0): Promise<string> {
  return startProcess(options, code, { startMs }).ended
}

type Start = {
  startMs?: number
  /** A command that runs the program, with its arguments. */
  wrapper?: readonly string[]
}

/** The same, while it runs: `output()` returns its text so far. */
export function startProcess(options: object, code: string, { startMs = 0, wrapper = [] }: Start = {}) {
  const program = `
    import { createLogger, httpHandler } from '@timelapser/logger'
    while (Date.now() < ${startMs});
    const logger = createLogger({ handlers: [httpHandler(${JSON.stringify({ followLevels: false, ...options })})] })
    ${code}`
  const node = [process.execPath, '--conditions=timelapser-source', '--input-type=module', '-e', program]
  const [command = '', ...args] = [...wrapper, ...node]
  const child = spawn(command, args, {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<string>((resolve) => child.on('close', () => resolve(output)))
  return { child, ended, output: () => output }
}
