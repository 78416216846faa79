// What is told while PostgreSQL is stopped.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/store/cluster/embedded-postgres.ts'
import { migrate } from '../../src/store/database/migrate.ts'
import { openDatabase } from '../../src/store/database/open.ts'
import { startTestServer } from '../support/server.ts'

it('readyz names it, metrics go on without it, and a diagnosis says only that', {
  timeout: 40_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'timelapser-gone-'))
  await chmod(dataDir, 0o711)
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, unsafe: true })
  const { connection } = postgres
  const database = await openDatabase({ connection })
  await migrate(database)
  const server = await startTestServer({
    database: { database, connection, url: '', major: postgres.version, close: () => database.close() },
  })
  try {
    expect((await server.get('/readyz')).status).toBe(200)
    const { pool } = database
    const send = () => server.send('POST', '/api/logs', { message: 'a' })
    const makeReadOnly = async (value: 'on' | 'off') => {
      await pool.query(`alter system set default_transaction_read_only = ${value}`)
      await pool.query('select pg_reload_conf()')
    }
    await makeReadOnly('on')
    await expect
      .poll(async () => (await server.get('/readyz')).body)
      .toMatchObject({
        status: 'degraded',
        checks: { database: 'ok', writable: 'failed' },
      })
    const refused = await send()
    expect([refused.status, refused.body.code]).toEqual([503, 'UNAVAILABLE'])
    expect(refused.body.message).toMatch(/^The database is read-only/)
    expect((await server.get('/api/logs')).status).toBe(200)
    await expect(migrate(database)).rejects.toThrow(/^The database is read-only: a standby/)
    await makeReadOnly('off')
    await expect.poll(async () => (await server.get('/readyz')).body.status).toBe('ready')
    await postgres.stop()
    await expect.poll(async () => (await server.get('/readyz')).status).toBe(503)
    expect((await server.get('/readyz')).body).toEqual({
      status: 'unavailable',
      checks: {
        ...{ database: 'failed', migrations: 'failed', feed: 'failed', disk: 'ok', writable: 'failed' },
        jobs: 'failed',
      },
    })
    expect((await server.get('/healthz')).status).toBe(200)
    const headers = { authorization: `Bearer ${server.apiKey}` }
    const metrics = await (await fetch(`${server.url}/metrics`, { headers })).text()
    expect(metrics).toContain('\ntimelapser_database_up 0\n')
    // An old number would be believed.
    expect(metrics).not.toMatch(/^timelapser_partitions /m)
    const { body } = await server.send('POST', '/api/diagnostics')
    expect(body.data).toMatchObject({ verdict: 'failure', comparison: null, test_lines_until: null })
    expect(body.data.checks).toHaveLength(1)
    expect(body.data.checks[0]).toMatchObject({
      ...{ name: 'database', verdict: 'failure' },
      ...{
        finding: expect.stringContaining('Does not answer'),
        advice: expect.stringContaining('Start PostgreSQL'),
      },
    })
  } finally {
    await server.close().catch(() => undefined)
    await database.close().catch(() => undefined)
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
})
