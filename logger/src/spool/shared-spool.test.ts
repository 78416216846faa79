// Several who share a spool: each folder has one holder at a time, and every line arrives once.
import { spawnSync } from 'node:child_process'
import { readdirSync, renameSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import {
  atEnd,
  directory,
  runProcess,
  setUp,
  startProcess,
  startServer,
} from '../../../test/support/spooling.ts'

const DURABLE = { durable: true, flushIntervalMs: 5, retryBaseMs: 5, retryMaxMs: 20 }

const lines = (name: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `${name} ${from + index}`)

/** Folders of senders, each with the file that says who holds it. */
const holds = () =>
  readdirSync(directory).map((sender) => ({
    sender,
    token: readdirSync(join(directory, sender)).find((name) => /^(held\.|free$)/.test(name)) ?? '',
  }))

/** Makes a hold as old as that of a holder that stopped long ago. */
function age(sender: string, token: string): void {
  const then = new Date('2020-01-01')
  utimesSync(join(directory, sender, token), then, then)
}

/** Leaves a folder with three lines, as a holder of these facts would. */
async function leaveFolder(url: string, change: (facts: string[]) => string[]): Promise<void> {
  await runProcess(
    { url, spool: { directory }, ...DURABLE },
    `for (let line = 0; line < 3; line++) logger.info('left ' + line)
     process.kill(process.pid, 'SIGKILL')`,
  )
  const [{ sender = '', token = '' } = {}] = holds()
  const folder = join(directory, sender)
  renameSync(join(folder, token), join(folder, change(token.split('.')).join('.')))
}

describe('threads of one process', () => {
  it('lose no line and send none twice', async () => {
    const server = await startServer()
    const options = { url: server.url, spool: { directory }, followLevels: false, ...DURABLE }
    const thread = `
      import { workerData } from 'node:worker_threads'
      import { createLogger, httpHandler } from '@timelapser/logger'
      const logger = createLogger({ handlers: [httpHandler(workerData.options)] })
      for (let line = 0; line < 50; line++) {
        logger.info(workerData.name + ' ' + line)
        await new Promise(setImmediate)
      }
      await logger.close()`
    const output = await runProcess(
      options,
      `const { Worker } = await import('node:worker_threads')
       await Promise.all(['a', 'b', 'c', 'd'].map((name) => {
         const worker = new Worker(${JSON.stringify(thread)}, {
           eval: true,
           workerData: { name, options: ${JSON.stringify(options)} },
         })
         return new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))
       }))
       await logger.close()
       console.log('done')`,
    )
    expect(output).toBe('done\n')
    const all = ['a', 'b', 'c', 'd'].flatMap((name) => lines(name, 0, 50))
    expect(server.stored.toSorted()).toEqual(all.toSorted())
    expect(readdirSync(directory)).toEqual([])
  })

  it('take over what a thread has left that was ended, while their process runs', async () => {
    const server = await startServer(() => 503)
    const options = { url: server.url, spool: { directory }, followLevels: false, ...DURABLE }
    const thread = `
      import { parentPort } from 'node:worker_threads'
      import { createLogger, httpHandler } from '@timelapser/logger'
      const logger = createLogger({ handlers: [httpHandler(${JSON.stringify(options)})] })
      for (let line = 0; line < 3; line++) logger.info('ended ' + line)
      parentPort.on('message', () => {}).postMessage('logged')`
    const output = await runProcess(
      options,
      `const { Worker } = await import('node:worker_threads')
       const worker = new Worker(${JSON.stringify(thread)}, { eval: true })
       await new Promise((resolve) => worker.on('message', resolve))
       const rowsOf = () => {
         const handler = httpHandler(${JSON.stringify(options)})
         const { spooledRows } = handler.stats()
         handler.close()
         return spooledRows
       }
       const whileItRuns = rowsOf()
       await worker.terminate()
       console.log(whileItRuns, rowsOf())
       process.exit()`,
    )
    expect(output).toBe('0 3\n')
  })
})

describe('a folder of a holder with the process id of this one', () => {
  it('is taken over when the id was used again', async () => {
    const server = await startServer()
    const pid = String(process.pid)
    await leaveFolder(server.url, ([held = '', id = '', machine = '']) => [held, id, machine, pid, pid, '1'])
    setUp({ url: server.url })
    await expect.poll(() => server.stored).toEqual(lines('left', 0, 3))
  })

  it('is left alone when it is held in another container, until it is no longer renewed', async () => {
    const server = await startServer()
    const pid = String(process.pid)
    const elsewhere = '0123456789abcdef'
    await leaveFolder(server.url, ([held = '', id = '']) => [held, id, elsewhere, pid, pid, '1'])
    const early = setUp({ url: server.url })
    expect(early.stats().spooledRows).toBe(0)
    for (const { sender, token } of holds()) if (token.includes(elsewhere)) age(sender, token)
    setUp({ url: server.url })
    await expect.poll(() => server.stored).toEqual(lines('left', 0, 3))
  })
})

/** Runs a program as the first process of a container: its process ids begin with 1. */
const CONTAINER = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc']

describe('containers with equal process ids on one volume', () => {
  it('lose no line and send none twice', async ({ skip }) => {
    const probe = spawnSync(CONTAINER[0] ?? '', [...CONTAINER.slice(1), 'true'], { encoding: 'utf8' })
    if (probe.status !== 0) return skip(`no container could be made: ${probe.error ?? probe.stderr}`)
    const server = await startServer(() => 503)
    const options = { url: server.url, spool: { directory }, flushOnExit: false, ...DURABLE }
    const first = startProcess(
      options,
      `for (let line = 0; line < 20; line++) logger.info('first ' + line)
       console.log(process.pid)
       process.stdin.once('data', () => {
         const now = Date.now
         Date.now = () => now() + 120_000
         for (let line = 20; line < 40; line++) logger.info('first ' + line)
         logger.flush().then(() => console.log('flushed'))
       })`,
      { wrapper: CONTAINER },
    )
    atEnd(() => first.child.kill('SIGKILL'))
    await expect.poll(first.output).toBe('1\n')
    const second = await runProcessIn(
      options,
      `console.log(process.pid, logger.stats().handlers[0].spooledRows)
       for (let line = 0; line < 20; line++) logger.info('second ' + line)
       process.exit()`,
    )
    expect(second).toBe('1 0\n')
    // Both were paused for longer than a hold lasts: one sender is gone, and the other does not know that it lost its
    // folder.
    for (const { sender, token } of holds()) age(sender, token)
    server.state.answer = () => 200
    setUp({ url: server.url })
    await expect.poll(() => server.stored.length).toBe(40)
    first.child.stdin.write('go on\n')
    await expect.poll(first.output).toContain('flushed')
    const all = [...lines('first', 0, 40), ...lines('second', 0, 20)]
    expect(server.stored.toSorted()).toEqual(all.toSorted())
  })
})

const runProcessIn = (options: object, code: string) =>
  startProcess(options, code, { wrapper: CONTAINER }).ended

describe('a holder that was paused until another took its folder', () => {
  it.each([false, true])('goes on in a new folder, with durable %s', async (durable) => {
    const server = await startServer(() => 503)
    const { logger, stats, handler } = setUp({ url: server.url, durable })
    for (const line of lines('before', 0, 5)) logger.info(line)
    await expect.poll(() => stats().spooledRows).toBe(5)
    // Another machine takes the folder, as a process here would notice after its pause.
    const [{ sender = '', token = '' } = {}] = holds()
    const [held = '', , , pid = '', thread = ''] = token.split('.')
    const taken = [held, 'a'.repeat(16), 'b'.repeat(16), pid, thread, '1'].join('.')
    renameSync(join(directory, sender, token), join(directory, sender, taken))
    vi.useFakeTimers({ toFake: ['Date'] })
    atEnd(() => vi.useRealTimers())
    vi.setSystemTime(Date.now() + 120_000)
    for (const line of lines('after', 0, 5)) logger.info(line)
    await expect.poll(() => stats().spooledRows).toBe(5)
    await expect.poll(() => holds().length).toBe(2)
    server.state.answer = () => 200
    await expect.poll(() => server.stored).toEqual(lines('after', 0, 5))
    await handler.flush()
    age(sender, taken)
    const next = setUp({ url: server.url })
    await expect.poll(() => server.stored).toEqual([...lines('after', 0, 5), ...lines('before', 0, 5)])
    expect(next.stats()).toMatchObject({ dropped: 0, rejected: 0 })
    expect(stats()).toMatchObject({ dropped: 0, rejected: 0, spooledRows: 0 })
  })
})
