import fs, { readdirSync, readlinkSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { directory, runProcess, setUp, startServer } from '../../../test/support/spooling.ts'

/** The real calls, counted. */
function countForced() {
  const spies = [vi.spyOn(fs, 'fdatasyncSync'), vi.spyOn(fs, 'fdatasync'), vi.spyOn(fs, 'fsyncSync')] as const
  syncBuiltinESMExports()
  const [atOnce, later, folders] = spies
  return {
    atOnce: () => atOnce.mock.calls.length,
    later: () => later.mock.calls.length,
    others: () => folders.mock.calls.length,
  }
}

let forced: ReturnType<typeof countForced>
beforeEach(() => {
  forced = countForced()
})
afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

describe('lines of a spool', () => {
  it('are left to the kernel by default', async () => {
    const server = await startServer(() => 503)
    const { logger, handler } = setUp({ url: server.url, durable: true })
    for (let line = 0; line < 10; line++) logger.info(`line ${line}`)
    await handler.close()
    expect([forced.atOnce(), forced.later(), forced.others()]).toEqual([0, 0, 0])
  })

  it('are each on the disk before the call returns, with their file, with fsync: line', async () => {
    const server = await startServer(() => 503)
    const { logger } = setUp({ url: server.url, durable: true, spool: { directory, fsync: 'line' } })
    const before = forced.others()
    for (let line = 1; line <= 10; line++) {
      logger.info(`line ${line}`)
      expect(forced.atOnce()).toBe(line)
    }
    // The folder, for the name of the one file.
    expect(forced.others()).toBe(before + 1)
  })

  it('are on the disk as batches with fsync: line and without durable', async () => {
    const server = await startServer(() => 503)
    const { logger, stats } = setUp({ url: server.url, spool: { directory, fsync: 'line' } })
    for (let line = 0; line < 100; line++) logger.info(`line ${line}`)
    await expect.poll(() => stats().spooledRows).toBe(100)
    expect(forced.atOnce()).toBe(1)
  })

  it('are on the disk within a second or so with fsync: interval, and no file stays open for it', async () => {
    const server = await startServer(() => 503)
    const { logger, stats } = setUp({
      url: server.url,
      durable: true,
      maxBatchRows: 10,
      spool: { directory, fsync: 'interval' },
    })
    for (let line = 0; line < 100; line++) logger.info(`line ${line}`)
    expect([forced.atOnce(), forced.later()]).toEqual([0, 0])
    await expect.poll(() => forced.later()).toBe(10)
    await expect.poll(openInSpool).toEqual([])
    server.state.answer = () => 200
    await expect.poll(() => stats().delivered).toBe(100)
  })

  it('are on the disk when the process leaves them to the next one', async () => {
    const server = await startServer(() => 503)
    const spool = { directory, fsync: 'interval' as const }
    const { logger, handler } = setUp({ url: server.url, durable: true, spool })
    logger.info('last')
    await handler.close()
    expect(forced.atOnce()).toBe(1)
    expect(openInSpool()).toEqual([])
  })

  it.each(['line', 'interval'] as const)('go out once with fsync: %s after kill -9', async (fsync) => {
    const server = await startServer(() => 503)
    const options = { url: server.url, spool: { directory, fsync }, durable: true }
    await runProcess(
      options,
      `for (let line = 0; line < 50; line++) logger.info('line ' + line)
       process.kill(process.pid, 'SIGKILL')`,
    )
    server.state.answer = () => 200
    setUp(options)
    await expect.poll(() => server.stored).toEqual(Array.from({ length: 50 }, (_, line) => `line ${line}`))
  })
})

/** Files of the spool this process has open; nothing is known of them where there is no /proc. */
function openInSpool(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`)
      return path.startsWith(directory) ? [path] : []
    } catch {
      // Closed since the folder was read.
      return []
    }
  })
}
