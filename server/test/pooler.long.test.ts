// A server whose requests go through PgBouncer in transaction mode, and all that needs a session past it.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { isPgbouncerMissing, type Pgbouncer, startPgbouncer, withoutPgbouncer } from './support/pgbouncer.ts'
import { follow, HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

describe.skipIf(isPgbouncerMissing)(`through a pooler in transaction mode${withoutPgbouncer}`, () => {
  let database: TestDatabase
  let pooler: Pgbouncer
  let servers: ServerProcess[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    pooler = await startPgbouncer(database.url)
    const url = pooler.through(database.url)
    const environment = { DATABASE_DIRECT_URL: database.url }
    // At once: both keep the settings of the role.
    servers = await Promise.all([startProcess(url, { environment }), startProcess(url, { environment })])
  })

  afterAll(async () => {
    await Promise.all(servers.map(stopProcess))
    await pooler?.stop()
    await database?.close()
  })

  const [one, other] = [() => servers[0] as ServerProcess, () => servers[1] as ServerProcess]
  const call = async (server: ServerProcess, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { ...HEADERS, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
    return { status: response.status, body: (await response.json()) as any }
  }
  const write = (server: ServerProcess, messages: string[], source = 'pooled') =>
    call(
      server,
      'POST',
      '/api/logs',
      messages.map((message) => ({ level: 'ERROR', source, message })),
    )

  it('stores what comes at the same time, once, and finds it', async () => {
    const batches = Array.from({ length: 60 }, (_, batch) =>
      Array.from({ length: 50 }, (_, line) => `b${batch} l${line}`),
    )
    const answers = await Promise.all(batches.map((batch, at) => write(at % 2 ? one() : other(), batch)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const searches = Array.from({ length: 20 }, (_, batch) =>
      call(one(), 'GET', `/api/logs?q=${encodeURIComponent(`"b${batch} l"`)}&limit=100`),
    )
    for (const { body } of await Promise.all(searches)) expect(body.data.logs).toHaveLength(50)
    const { body } = await call(other(), 'GET', '/api/logs/stats?hours=1')
    expect(body.data.summary.total_logs).toBeGreaterThanOrEqual(3000)
  })

  it('passes lines on to the streams of the other server', async () => {
    const stopped = new AbortController()
    const { seen, began, followed } = follow([other()], 'source=live', stopped.signal)
    await began
    await write(one(), ['across'], 'live')
    await expect.poll(() => seen).toEqual(['across'])
    stopped.abort()
    await followed
  })

  it('ends a search that nobody waits for', async () => {
    const gone = new AbortController()
    const search = fetch(`${one().url}/api/logs?q=${encodeURIComponent('/(a?){20}x.*b.*c$/')}`, {
      headers: HEADERS,
      signal: gone.signal,
    }).catch(() => 'gone')
    setImmediate(() => gone.abort())
    expect(await search).toBe('gone')
    await expect
      .poll(async () => {
        const { rows } = await database.database.pool.query(
          `select query from pg_stat_activity where state <> 'idle' and query like '%message%' and pid <> pg_backend_pid()
            and datname = current_database()`,
        )
        return rows
      })
      .toEqual([])
  })

  it('clears, takes it back and diagnoses: the locks of sessions hold', async () => {
    const cleared = await call(one(), 'DELETE', '/api/logs/cleanup?days_to_keep=0')
    expect(cleared.status).toBe(200)
    expect((await call(other(), 'POST', '/api/logs/cleanup/undo')).status).toBe(200)
    const { body } = await call(one(), 'GET', '/api/logs/stats?hours=1')
    expect(body.data.summary.total_logs).toBeGreaterThanOrEqual(3000)
    const { body: diagnosis } = await call(one(), 'GET', '/api/diagnostics')
    expect(diagnosis.data.checks.filter(({ verdict }: { verdict: string }) => verdict === 'failure')).toEqual(
      [],
    )
    const { rows } = await database.database.pool.query(
      `select count(*)::int as locks from pg_locks where locktype = 'advisory' and classid = 0 and objid = 7469004`,
    )
    expect(rows).toEqual([{ locks: 0 }])
  })

  it('goes on when the pooler was away', async () => {
    await pooler.restart()
    await expect.poll(async () => (await write(one(), ['after the crash'])).status).toBe(200)
    const { body } = await call(other(), 'GET', '/api/logs?q=crash')
    expect(body.data.logs.length).toBeGreaterThan(0)
  })

  it('keeps the settings of its role', async () => {
    const client = new pg.Client(pooler.through(database.url))
    await client.connect()
    const { rows } = await client.query(
      `select current_setting('TimeZone') as zone, current_setting('statement_timeout') as statement`,
    )
    await client.end()
    expect(rows).toEqual([{ zone: 'UTC', statement: '30s' }])
  })
})
