import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../create-logger.ts'
import { type HttpOptions, httpHandler } from '../http-handler.ts'
import type { LogRecord } from '../record.ts'

type Received = { sender: string; batch: number; records: LogRecord[] }

const opened: { close(): unknown }[] = []
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'timelapser-spool-'))
})

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
  rmSync(directory, { recursive: true, force: true })
})

/** A server that stores as ours does: a batch of a sender once, whatever it is answered. */
async function startServer(answer: (received: Received) => number | 'hang' = () => 200) {
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

function setUp(options: Partial<HttpOptions> & { url: string }) {
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

const filesOf = () =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(low|high)\./.test(name))

/** A process of its own that logs and is then killed, or ends as `code` has it; what it printed. */
function runProcess(options: object, code: string): Promise<string> {
  const program = `
    import { createLogger, httpHandler } from '@timelapser/logger'
    const logger = createLogger({ handlers: [httpHandler(${JSON.stringify({ followLevels: false, ...options })})] })
    ${code}`
  const child = spawn(
    process.execPath,
    ['--conditions=timelapser-source', '--input-type=module', '-e', program],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve) => child.on('close', () => resolve(output)))
}

const AWAY = 'http://127.0.0.1:9'

describe.each([false, true])('with durable %s', (durable) => {
  it('keeps lines on disk while the server is away, and delivers them in order, once', async () => {
    const server = await startServer(() => 503)
    const { logger, stats } = setUp({ url: server.url, durable, maxBatchRows: 3 })
    for (let line = 0; line < 10; line++) logger.info(`line ${line}`)
    await expect.poll(() => stats().spooledRows).toBe(10)
    expect(stats()).toMatchObject({ queuedRows: 0, delivered: 0, dropped: 0 })
    await expect.poll(() => stats().lastError ?? '').toContain('503')
    server.state.answer = () => 200
    await expect.poll(() => server.stored).toEqual(Array.from({ length: 10 }, (_, line) => `line ${line}`))
    await expect.poll(() => stats()).toMatchObject({ spooledRows: 0, spooledBytes: 0, delivered: 10 })
    expect(filesOf()).toEqual([])
  })

  it('leaves what it could not deliver to the next process', async () => {
    const server = await startServer()
    const first = setUp({ url: server.url, durable })
    server.state.answer = () => 503
    for (const name of ['a', 'b', 'c']) first.logger.warning(name)
    await first.handler.close()
    expect(first.problems.at(-1)).toContain(`3 log lines wait in ${directory}`)
    server.state.answer = () => 200
    const second = setUp({ url: server.url, durable })
    await expect.poll(() => server.stored).toEqual(['a', 'b', 'c'])
    await expect.poll(() => second.stats().spooledRows).toBe(0)
    await second.handler.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('stores a batch once whose reply was lost with its process', async () => {
    const server = await startServer(() => 'hang')
    const output = runProcess(
      { url: server.url, spool: { directory }, durable, flushIntervalMs: 5 },
      `for (let line = 0; line < 5; line++) logger.info('line ' + line)
       setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_600)`,
    )
    await output
    server.state.answer = () => 200
    setUp({ url: server.url, durable })
    await expect.poll(() => server.received.length).toBe(2)
    expect(server.received[1]).toEqual(server.received[0])
    expect(server.stored).toHaveLength(5)
  })

  it('drops the oldest lines of the lesser class when it is full, and says how many', async () => {
    const server = await startServer(() => 503)
    const { logger, stats } = setUp({
      url: server.url,
      durable,
      maxBatchRows: 10,
      spool: { directory, maxBytes: 40_000 },
    })
    const padding = 'x'.repeat(600)
    for (let line = 0; line < 40; line++) {
      logger.info(`info ${line} ${padding}`)
      logger.error(`error ${line} ${padding}`)
      // As lines come: the spool is looked at between batches.
      if (line % 5 === 4) await expect.poll(() => stats().queuedRows).toBe(0)
    }
    await expect.poll(() => stats().dropped).toBeGreaterThan(0)
    expect(stats().spooledBytes).toBeLessThanOrEqual(40_000)
    server.state.answer = () => 200
    await expect.poll(() => stats().spooledRows, { timeout: 3_000 }).toBe(0)
    const errors = server.stored.filter((message) => message.startsWith('error'))
    expect(errors).toHaveLength(40)
    const infos = server.stored.filter((message) => message.startsWith('info'))
    expect(infos.length + stats().dropped).toBe(40)
    expect(infos.at(-1)).toContain('info 39')
    await expect
      .poll(() => server.stored.some((message) => message.includes(`${stats().dropped} dropped`)))
      .toBe(true)
  })

  it('sends a batch that is too large in halves', async () => {
    const server = await startServer(() => 503)
    const { logger, stats } = setUp({ url: server.url, durable })
    for (let line = 0; line < 9; line++) logger.info(`line ${line}`)
    await expect.poll(() => stats().spooledRows).toBe(9)
    server.state.answer = ({ records }) => (records.length > 2 ? 413 : 200)
    await expect.poll(() => server.stored).toEqual(Array.from({ length: 9 }, (_, line) => `line ${line}`))
    expect(stats()).toMatchObject({ delivered: 9, rejected: 0 })
  })

  it('waits in memory when the folder cannot be used', async () => {
    const server = await startServer()
    const path = join(directory, 'a-file')
    writeFileSync(path, '')
    const { logger, problems } = setUp({ url: server.url, durable, spool: { directory: path } })
    expect(problems[0]).toContain(`The spool ${path} cannot be used`)
    logger.info('all the same')
    await expect.poll(() => server.stored).toEqual(['all the same'])
  })
})

describe('what a process leaves', () => {
  it('that was killed: every line whose call had returned, with durable', async () => {
    const server = await startServer(() => 503)
    await runProcess(
      { url: server.url, spool: { directory }, durable: true },
      `for (let line = 0; line <= 2_500; line++) logger.info('line ' + line)
       process.kill(process.pid, 'SIGKILL')`,
    )
    server.state.answer = () => 200
    const { stats } = setUp({ url: server.url })
    await expect.poll(() => server.stored.length, { timeout: 5_000 }).toBe(2_501)
    expect(new Set(server.stored).size).toBe(2_501)
    expect(stats().dropped).toBe(0)
  })

  it('that called process.exit(): what was in memory too', async () => {
    const server = await startServer(() => 503)
    await runProcess(
      { url: server.url, spool: { directory } },
      `logger.info('last words')
       process.exit()`,
    )
    server.state.answer = () => 200
    setUp({ url: server.url })
    await expect.poll(() => server.stored).toEqual(['last words'])
  })

  it('is left to it while it lives', async () => {
    const server = await startServer(() => 503)
    const first = setUp({ url: server.url })
    first.logger.info('mine')
    await expect.poll(() => first.stats().spooledRows).toBe(1)
    expect(setUp({ url: server.url }).stats().spooledRows).toBe(0)
  })

  it('is not sent to another server', async () => {
    const one = setUp({ url: AWAY })
    one.logger.info('for one')
    await one.handler.close()
    const other = await startServer()
    expect(setUp({ url: other.url }).stats().spooledRows).toBe(0)
  })

  it('is read up to a torn end, and without a line that a disk has spoilt', async () => {
    const server = await startServer(() => 503)
    await runProcess(
      { url: server.url, spool: { directory }, durable: true },
      `for (let line = 0; line < 5; line++) logger.info('line ' + line)
       process.kill(process.pid, 'SIGKILL')`,
    )
    const path = join(directory, filesOf()[0] ?? '')
    truncateSync(path, statSync(path).size - 20)
    writeFileSync(path, readFileSync(path, 'utf8').replace('line 1', 'line 7'))
    server.state.answer = () => 200
    const { stats } = setUp({ url: server.url })
    await expect
      .poll(() => server.stored)
      .toEqual(['line 0', 'line 2', 'line 3', expect.stringContaining('1 dropped')])
    await expect.poll(() => stats().spooledRows).toBe(0)
    expect(stats().dropped).toBe(1)
    expect(existsSync(path)).toBe(false)
  })
})

it('names what durable lacks', () => {
  expect(() => httpHandler({ url: AWAY, durable: true })).toThrow('durable needs a spool')
})
