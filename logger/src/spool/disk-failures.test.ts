// A disk that is full or was taken away: nothing hangs, and every loss is counted and reported.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { atEnd, directory, setUp, startServer } from '../../../test/support/spooling.ts'

const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line}`)

describe.each([false, true])('a spool with durable %s that is removed', (durable) => {
  it('is missed: what was in it is counted and told, and logging goes on', async () => {
    const server = await startServer(() => 503)
    const { logger, stats } = setUp({ url: server.url, durable })
    for (const line of lines(3)) logger.info(line)
    await expect.poll(() => stats().spooledRows).toBe(3)
    rmSync(directory, { recursive: true })
    await expect.poll(() => stats().dropped).toBe(3)
    server.state.answer = () => 200
    logger.info('afterwards')
    await expect.poll(() => server.stored).toContain('afterwards')
    await expect.poll(() => server.stored.join()).toContain('3 dropped')
    expect(stats()).toMatchObject({ spooledRows: 0, dropped: 3 })
  })
})

/** A file system of its own of half a megabyte; undefined with the reason where this user can mount none. */
function mountSmallDisk(path: string): string | undefined {
  mkdirSync(path)
  const { status, error, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], {
    encoding: 'utf8',
  })
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}

describe.each([false, true])('a full disk with durable %s', (durable) => {
  it('keeps lines in memory, says so, and stores each once when there is room and a server', async ({
    skip,
  }) => {
    const disk = join(directory, 'disk')
    const reason = mountSmallDisk(disk)
    if (reason) return skip(`no small disk could be mounted: ${reason}`)
    atEnd(() => spawnSync('umount', ['-l', disk]))
    const server = await startServer(() => 503)
    const { logger, stats, problems } = setUp({
      url: server.url,
      durable,
      maxBatchRows: 50,
      spool: { directory: join(disk, 'spool') },
    })
    const padding = 'x'.repeat(900)
    const count = 1_000
    for (const line of lines(count)) {
      logger.info(`${line} ${padding}`)
      // Lines come with pauses: waiting lines go to disk between them.
      if (line.endsWith('00')) await expect.poll(() => stats().retries).toBeGreaterThan(0)
    }
    await expect
      .poll(() => problems.some((sentence) => /cannot be kept on disk: .*(full|ENOSPC)/.test(sentence)))
      .toBe(true)
    await expect.poll(() => stats().queuedRows + stats().spooledRows).toBe(count)
    expect(stats().spooledRows).toBeGreaterThan(100)
    expect(stats().queuedRows).toBeGreaterThan(100)
    server.state.answer = () => 200
    await expect.poll(() => stats().delivered).toBe(count)
    const stored = server.stored.map((message) => message.replace(` ${padding}`, ''))
    expect(stored.toSorted()).toEqual(lines(count).toSorted())
    expect(stats()).toMatchObject({ dropped: 0, rejected: 0, queuedRows: 0, spooledRows: 0 })
  })

  it('and full memory drop the oldest lines, counted and told', async ({ skip }) => {
    const disk = join(directory, 'disk')
    const reason = mountSmallDisk(disk)
    if (reason) return skip(`no small disk could be mounted: ${reason}`)
    atEnd(() => spawnSync('umount', ['-l', disk]))
    const server = await startServer(() => 503)
    const spool = { directory: join(disk, 'spool') }
    const { logger, stats } = setUp({ url: server.url, durable, spool, maxQueueRows: 100 })
    // Room for the spool's folder and no more.
    expect(() => writeFileSync(join(disk, 'ballast'), Buffer.alloc(512 * 1024))).toThrow('ENOSPC')
    for (const line of lines(250)) logger.info(line)
    await expect.poll(() => stats().dropped).toBe(150)
    server.state.answer = () => 200
    await expect.poll(() => stats().delivered).toBe(101)
    expect(server.stored).toEqual([...lines(250).slice(150), expect.stringContaining('150 dropped')])
  })
})
