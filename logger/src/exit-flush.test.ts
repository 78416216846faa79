import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const index = new URL('./index.ts', import.meta.url).href
let server: Server
let url: string
let lines: string[] = []

beforeAll(async () => {
  server = createServer(async (request, response) => {
    // It knows of no levels.
    if (request.method === 'GET') return void response.writeHead(404).end()
    let text = ''
    for await (const chunk of request) text += chunk
    for (const line of text.trimEnd().split('\n'))
      lines.push((JSON.parse(line) as { message: string }).message)
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  lines = []
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Runs an application with a logger whose lines wait for a minute; `signal` is sent once it prints "ready". */
async function run(body: string, options: { signal?: NodeJS.Signals; to?: string; uncaught?: boolean } = {}) {
  const source = `
    import { createLogger, httpHandler } from ${JSON.stringify(index)}
    const handler = httpHandler({ url: ${JSON.stringify(options.to ?? url)}, flushIntervalMs: 60000 })
    const logger = createLogger({ handlers: [handler], uncaught: ${options.uncaught ?? false} })
    ${body}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source])
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    if (options.signal && stdout.includes('ready')) child.kill(options.signal)
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, stdout, stderr }
}

const WAIT = `console.log('ready'); setInterval(() => {}, 1000)`

describe('a process with an httpHandler', () => {
  it('delivers when there is nothing left to do, and ends', async () => {
    expect(await run(`logger.info('last')`)).toMatchObject({ code: 0 })
    expect(lines).toEqual(['last'])
  })

  it('ends with the server away', async () => {
    const result = await run(`logger.info('last')`, { to: 'http://127.0.0.1:1' })
    expect(result.code).toBe(0)
    expect(result.stderr).toContain('1 log line could not be delivered before the exit')
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('delivers on %s and still dies of it', async (signal) => {
    expect(await run(`logger.info('last'); ${WAIT}`, { signal })).toMatchObject({ code: null, signal })
    expect(lines).toEqual(['last'])
  })

  it('leaves a signal to the application that handles it', async () => {
    const handle = `process.on('SIGTERM', async () => { logger.info('stopping'); await logger.close(); process.exit(7) })`
    expect(await run(`${handle}; ${WAIT}`, { signal: 'SIGTERM' })).toMatchObject({ code: 7 })
    expect(lines).toEqual(['stopping'])
  })

  it('delivers before an uncaught exception ends it, which Node reports as ever', async () => {
    const result = await run(`logger.info('last'); setTimeout(() => { throw new Error('boom') }); ${WAIT}`)
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('Error: boom')
    expect(lines).toEqual(['last'])
  })

  it('delivers before an unhandled rejection ends it', async () => {
    const result = await run(`logger.info('last'); Promise.reject(new Error('boom')); ${WAIT}`)
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('Error: boom')
    expect(lines).toEqual(['last'])
  })

  it('leaves an exception to the application that catches it', async () => {
    const result = await run(`
      process.on('uncaughtException', () => { console.log('caught'); logger.info('went on') })
      setTimeout(() => { throw new Error('boom') })`)
    expect(result).toMatchObject({ code: 0, stdout: 'caught\n' })
    expect(lines).toEqual(['went on'])
  })

  it('says at close() what is dropped, though it has told of the outage within the minute', async () => {
    const { stderr } = await run(
      `const away = httpHandler({
         url: 'http://127.0.0.1:1', flushIntervalMs: 5, retryBaseMs: 5, maxQueueRows: 10, flushTimeoutMs: 50,
       })
       const own = createLogger({ handlers: [away] })
       for (let line = 0; line < 25; line++) own.info('line ' + line)
       while (away.stats().retries < 2) await new Promise(setImmediate)
       await own.close()
       await logger.close()`,
    )
    expect(stderr).toMatch(/cannot be reached: .*; \d+ log lines wait for the next attempt/)
    expect(stderr).toMatch(
      /1[01] log lines could not be delivered and are dropped: .*; 15 log lines had been dropped before for want of room/,
    )
  })

  it('takes its listeners off when closed', async () => {
    const count = `['SIGTERM', 'SIGINT', 'SIGHUP', 'beforeExit', 'exit', 'uncaughtExceptionMonitor'].map((name) => process.listenerCount(name)).join()`
    const result = await run(`console.log(${count}); await logger.close(); console.log(${count})`)
    expect(result.stdout).toBe('1,1,1,1,1,1\n0,0,0,0,0,0\n')
  })

  describe('that logs what nobody catches', () => {
    it.each([
      ['exception', `setTimeout(() => { throw new Error('boom') })`, 'Uncaught exception: boom'],
      ['rejection', `Promise.reject(new Error('boom'))`, 'Unhandled rejection: boom'],
    ])('delivers an %s as a line and ends as Node does', async (_, body, line) => {
      const ended = await run(`${body}; ${WAIT}`, { uncaught: true })
      expect(ended).toMatchObject({ code: 1, signal: null })
      expect(ended.stderr).toContain('Error: boom')
      expect(lines).toEqual([line])
    })

    it('goes on where the application catches it', async () => {
      const body = `process.on('uncaughtException', () => logger.info('caught')); setTimeout(() => { throw 7 })`
      expect(await run(body, { uncaught: true })).toMatchObject({ code: 0, stderr: '' })
      expect(lines).toEqual(['Uncaught exception: 7', 'caught'])
    })
  })
})
