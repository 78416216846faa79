// The replies while PostgreSQL is stopped.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/store/cluster/embedded-postgres.ts'
import { migrate } from '../../src/store/database/migrate.ts'
import { openDatabase } from '../../src/store/database/open.ts'
import { startTestServer } from '../support/server.ts'

/** Has PostgreSQL ask the server's user for a password that changes, its connections ended each time. */
async function askForPasswords(connection: { user: string; database: string; host: string; port: number }) {
  let password = 'first'
  const asAdmin = async (...statements: string[]) => {
    const client = new pg.Client({ ...connection, password })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    const { rows } = await client.query('show hba_file')
    await client.end()
    return rows[0].hba_file as string
  }
  const file = await asAdmin(`alter user "${connection.user}" password 'first'`)
  const trusting = await readFile(file)
  await writeFile(file, 'local all all scram-sha-256\nhost all all all scram-sha-256\n')
  await asAdmin('select pg_reload_conf()')
  const change = async (next: string) => {
    await asAdmin(
      `alter user "${connection.user}" password '${next}'`,
      `select pg_terminate_backend(pid)
      from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
    )
    password = next
  }
  const stopAsking = async () => {
    await writeFile(file, trusting)
    await asAdmin('select pg_reload_conf()')
  }
  return { change, stopAsking }
}

it('says that it is read-only, or that its password is another by now; without it metrics go on, and readyz and a diagnosis say only that', {
  tags: ['long'],
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'timelapser-gone-'))
  await chmod(dataDir, 0o711)
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, unsafe: true })
  // With a password from the start, which its server does not ask for yet.
  const connection = { ...postgres.connection, password: 'first' }
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
    const password = await askForPasswords(postgres.connection)
    await password.change('second')
    const refusal = async () => {
      const { status, body } = await send()
      return [status, body.code, body.message]
    }
    await expect
      .poll(refusal)
      .toEqual([
        503,
        'UNAVAILABLE',
        expect.stringMatching(/^The database refuses the password of this server/),
      ])
    expect((await server.get('/readyz')).status).toBe(503)
    await password.change('first')
    await password.stopAsking()
    await expect.poll(async () => (await send()).status).toBe(200)
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
        finding: expect.stringContaining('Does not respond'),
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
