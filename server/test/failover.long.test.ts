// The primary dies and its standby takes over: a server that knows both hosts goes on there.
import { rmSync, symlinkSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { createLogger, httpHandler } from '@timelapser/logger'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../src/store/database/open.ts'
import {
  follow,
  HEADERS,
  KEY,
  type ServerProcess,
  startProcess,
  stopProcess,
} from './support/server-process.ts'
import { isStandbyMissing, type Replicated, startReplicated, withoutStandby } from './support/standby.ts'

describe.skipIf(isStandbyMissing)(`failover to a standby${withoutStandby}`, () => {
  let nodes: Replicated
  let server: ServerProcess

  beforeAll(async () => {
    nodes = await startReplicated()
    // A reply means that the standby has the lines as well.
    await nodes.primary.run(`alter system set synchronous_standby_names = '*'`)
    await nodes.primary.run('select pg_reload_conf()')
    // The standby first: it is no primary yet.
    server = await startProcess(bothOf(nodes))
  })

  afterAll(async () => {
    if (server) await stopProcess(server)
    await nodes?.stop()
  })

  it('loses no line and stores none twice, and streams go on', async () => {
    const stopping = new AbortController()
    const reader = follow([server], 'source=failover', stopping.signal)
    await reader.began
    const handler = httpHandler({ url: server.url, apiKey: KEY, onProblem: () => undefined })
    const logger = createLogger({ source: 'failover', handlers: [handler] })
    const written: string[] = []
    const write = async (lines: number) => {
      for (let line = 0; line < lines; line++) {
        written.push(`failover ${written.length}`)
        logger.info(written.at(-1) as string)
        await wait(2)
      }
    }
    await write(200)
    await expect.poll(() => reader.seen.length).toBe(written.length)
    const writing = write(600)
    await expect.poll(() => reader.seen.length).toBeGreaterThan(300)
    await nodes.primary.kill()
    await nodes.standby.run('alter system reset synchronous_standby_names')
    await nodes.standby.run('select pg_promote()')
    await nodes.standby.run('select pg_reload_conf()')
    await writing
    await expect.poll(() => reader.seen.length).toBeGreaterThanOrEqual(written.length)
    await logger.close()
    stopping.abort()
    await reader.followed
    expect(reader.seen.toSorted()).toEqual(written.toSorted())
    const client = new pg.Client(nodes.standby.url)
    await client.connect()
    const { rows } = await client.query(`select message from logs where source = 'failover'`)
    await client.end()
    expect(rows.map(({ message }) => message).toSorted()).toEqual(written.toSorted())
    const ready = await fetch(`${server.url}/readyz`, { headers: HEADERS })
    expect(ready.status).toBe(200)
  })

  it('a server that starts afterwards finds the new primary', async () => {
    const other = await startProcess(bothOf(nodes))
    const reply = await fetch(`${other.url}/api/logs?source=failover&limit=1`, { headers: HEADERS })
    await stopProcess(other)
    expect(await reply.json()).toMatchObject({ data: { pagination: { total_items: 800 } } })
  })
})

it.skipIf(isStandbyMissing)('no connection is kept to a host that came back as a standby', async () => {
  const nodes = await startReplicated()
  const database = await openDatabase({ connection: { connectionString: bothOf(nodes) } })
  try {
    const isStandby = async () => {
      const { rows } = await database.pool.query('select pg_is_in_recovery() as is_standby')
      return rows[0].is_standby
    }
    expect(await isStandby()).toBe(false)
    await nodes.primary.kill()
    const [former, own] = [nodes.primary, nodes.standby].map(socketOf) as [string, string]
    rmSync(former, { force: true })
    symlinkSync(own, former)
    await expect.poll(() => isStandby().catch(({ message }: Error) => message)).toBe('The host is a standby.')
    await expect(openDatabase({ connection: { connectionString: bothOf(nodes) } })).rejects.toThrow(
      /^PostgreSQL at .+ is a standby, and no other host in DATABASE_URL is the primary\. Promote one/,
    )
    await nodes.standby.run('select pg_promote()')
    await expect.poll(() => isStandby().catch(({ message }: Error) => message)).toBe(false)
  } finally {
    await database.close()
    await nodes.stop()
  }
})

function socketOf({ url }: Replicated['primary']): string {
  const [, folder, port] = /@([^:]+):(\d+)/.exec(url) as unknown as [string, string, string]
  return `${decodeURIComponent(folder)}/.s.PGSQL.${port}`
}

/** The URL with both hosts, the standby first. */
function bothOf({ primary, standby }: Replicated): string {
  const [, host] = /@([^/]+)/.exec(standby.url) as unknown as [string, string]
  return primary.url.replace('@', `@${host},`)
}
