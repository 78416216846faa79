import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { directory, filesOf, runProcess, setUp, startServer } from '../../../test/support/spooling.ts'
import { httpHandler } from '../http-handler.ts'

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
    await expect.poll(() => stats().spooledRows).toBe(0)
    const errors = server.stored.filter((message) => message.startsWith('error'))
    expect(errors).toHaveLength(40)
    const infos = server.stored.filter((message) => message.startsWith('info'))
    expect(infos.length + stats().dropped).toBe(40)
    expect(infos.at(-1)).toContain('info 39')
    await expect
      .poll(() => server.stored.some((message) => message.includes(`${stats().dropped} dropped`)))
      .toBe(true)
  })

  it('drops lines of the higher class only when none of the lesser are left', async () => {
    const server = await startServer(() => 503)
    const { logger, stats } = setUp({
      url: server.url,
      durable,
      maxBatchRows: 5,
      spool: { directory, maxBytes: 20_000 },
    })
    const padding = 'x'.repeat(600)
    const write = async (level: 'info' | 'error', from: number, to: number) => {
      for (let line = from; line < to; line++) {
        logger[level](`${level} ${line} ${padding}`)
        if (line % 5 === 4) await expect.poll(() => stats().queuedRows).toBe(0)
      }
    }
    const onDisk = (kind: 'low' | 'high') => filesOf().filter((name) => name.includes(`.${kind}.`)).length
    await write('error', 0, 10)
    await write('info', 10, 15)
    expect(stats().dropped).toBe(0)
    await write('error', 15, 60)
    expect(onDisk('low')).toBe(0)
    expect(onDisk('high')).toBeGreaterThan(0)
    server.state.answer = () => 200
    await expect.poll(() => stats().spooledRows).toBe(0)
    const errors = server.stored.filter((message) => message.startsWith('error'))
    expect(server.stored.filter((message) => message.startsWith('info'))).toEqual([])
    // All five of the lesser class went, and of the others the oldest.
    expect(stats().dropped - 5).toBe(55 - errors.length)
    expect(errors.at(-1)).toContain('error 59')
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
    await expect.poll(() => stats()).toMatchObject({ delivered: 9, rejected: 0 })
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

describe('a folder that two share', () => {
  const bytesThere = () => filesOf().reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)

  it('is bounded for both, and who comes late has room', async () => {
    const server = await startServer(() => 503)
    const options = {
      url: server.url,
      durable: true,
      maxBatchRows: 5,
      spool: { directory, maxBytes: 40_000 },
    }
    const padding = 'x'.repeat(900)
    const first = setUp(options)
    for (let line = 0; line < 60; line++) first.logger.info(`first ${line} ${padding}`)
    expect(first.stats().spooledBytes).toBeGreaterThan(30_000)
    const second = setUp(options)
    for (let line = 0; line < 60; line++) second.logger.info(`second ${line} ${padding}`)
    expect(second.stats().spooledBytes).toBeGreaterThan(10_000)
    expect(second.stats().spooledBytes).toBeLessThanOrEqual(20_000)
    // Within a second the first spool notices, and gives up the other's share.
    await expect
      .poll(() => {
        first.logger.info(`later ${padding}`)
        return bytesThere()
      })
      .toBeLessThanOrEqual(40_000)
    expect(first.stats().spooledBytes).toBeGreaterThan(15_000)
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
    await expect.poll(() => server.stored.length).toBe(2_501)
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

  it('is taken over by one of two processes that come at once', { tags: ['long'] }, async () => {
    const server = await startServer(() => 503)
    const options = {
      url: server.url,
      spool: { directory },
      durable: true,
      flushIntervalMs: 5,
      retryBaseMs: 5,
    }
    const left = 6
    for (let one = 0; one < left; one++) {
      await runProcess(
        options,
        `for (let line = 0; line < 20; line++) logger.info('process ${one} line ' + line)
         process.kill(process.pid, 'SIGKILL')`,
      )
    }
    server.state.answer = () => 200
    const startMs = Date.now() + 700
    // Both open the spool at the same moment.
    const race = `const spooled = () => logger.stats().handlers[0].spooledRows
      console.log(spooled())
      while (spooled() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await logger.close()`
    const outputs = await Promise.all([
      runProcess(options, race, startMs),
      runProcess(options, race, startMs),
    ])
    expect(outputs.reduce((sum, output) => sum + Number(output), 0)).toBe(left * 20)
    expect(server.stored).toHaveLength(left * 20)
    expect(new Set(server.stored).size).toBe(left * 20)
    expect(server.received).toHaveLength(left)
    expect(readdirSync(directory)).toEqual([])
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
    const second = setUp({ url: other.url })
    expect(second.stats().spooledRows).toBe(0)
    expect(second.problems[0]).toMatch(
      new RegExp(
        `^1 log line waits in ${directory}/[0-9a-f-]{36} for ${AWAY}, and this handler sends to ${other.url}`,
      ),
    )
  })

  it('is not reported while another handler sends it, nor when it is empty', async () => {
    const server = await startServer(() => 503)
    const one = setUp({ url: AWAY })
    one.logger.info('for one')
    await expect.poll(() => one.stats().spooledRows).toBe(1)
    expect(setUp({ url: server.url }).problems).toEqual([])
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
