import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { writeBackup } from '../../src/store/backup/backup.ts'
import { NOT_IN_BACKUPS, tablesToBackUp } from '../../src/store/backup/backup-tables.ts'
import { checkBackup, restoreBackup } from '../../src/store/backup/restore.ts'
import { startEmbeddedPostgres } from '../../src/store/cluster/embedded-postgres.ts'
import { migrate } from '../../src/store/database/migrate.ts'
import { type Database, openDatabase } from '../../src/store/database/open.ts'
import { Browser } from '../support/browser.ts'
import { createBareDatabase } from '../support/database.ts'
import { findMachinePostgres } from '../support/machine-postgres.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const HOSTILE = [
  'tab\tand\nnew line',
  '\\.',
  'one\n\\.\ntwo',
  'back\\slash \\N',
  'ünïcödé 🎞️',
  '{"end":true}',
  '  ',
]

let server: TestServer
let backup: Buffer

beforeAll(async () => {
  server = await startTestServer()
  const hours = (count: number) => new Date(Date.now() - count * 3_600_000).toISOString()
  const lines = Array.from({ length: 3000 }, (_, index) => ({
    level: ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'][index % 5],
    message: `${HOSTILE[index % HOSTILE.length]} ${index}`,
    source: index % 3 === 0 ? 'camera_2' : 'worker',
    camera_id: index % 3 === 0 ? 2 : null,
    timestamp: hours(index / 20),
    extra_data: { index, text: HOSTILE[index % HOSTILE.length] },
  }))
  await server.send('POST', '/api/logs', lines, {
    'x-import': 'true',
    'x-sender': crypto.randomUUID(),
    'x-batch': '1',
  })
  await server.send('PUT', '/api/settings', { retention_days: 77, timezone: 'Europe/Berlin' })
  await server.send('PUT', '/api/levels', { scope: 'camera', target: '2', level: 'DEBUG', minutes: 30 })
  await server.send('POST', '/api/keys', { name: 'reads', scope: 'read', cameras: [2] })
  const link = await server.send('POST', '/api/users/link', { username: 'anna', role: 'admin' })
  await new Browser(server.url).post('/api/auth/link', {
    secret: link.body.data.url.split('#link=')[1],
    username: 'anna',
    password: 'correct horse battery',
  })
  backup = await take(server.database.database)
})
afterAll(() => server.close())

async function take(database: Database): Promise<Buffer> {
  const chunks: Buffer[] = []
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  await writeBackup(database.pool, output)
  return Buffer.concat(chunks)
}

/** In pieces whose ends fall anywhere. */
async function* pieces(whole: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
}

async function emptyDatabase(): Promise<Database> {
  const { url, drop } = await createBareDatabase()
  const database = await openDatabase({ connection: { connectionString: url } })
  onTestFinished(async () => {
    await database.close()
    await drop()
  })
  return database
}

/** All but the line with the time and the PostgreSQL of the backup. */
const contents = (of: Buffer) => of.subarray(of.indexOf('\n')).toString('utf8')

describe('a backup', () => {
  it('has every table, those of tomorrow among them', async () => {
    const { pool } = server.database.database
    const { rows } = await pool.query<{ name: string }>(
      `select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
    )
    const client = await pool.connect()
    const tables = (await tablesToBackUp(client)).map(({ name }) => name)
    client.release()
    expect([...tables, ...NOT_IN_BACKUPS, 'log_blocks', 'logs'].toSorted()).toEqual(
      rows.map(({ name }) => name).toSorted(),
    )
  })

  it('has nothing of a partition that is being written anew, or of what was cleared', async () => {
    const client = await server.database.database.pool.connect()
    const tables = async () => (await tablesToBackUp(client)).map(({ name }) => name)
    const before = await tables()
    await client.query('begin')
    for (const name of ['logs_rewrite', 'logs_rewrite_removed', 'log_counts_day_c12', 'logs_copying_c12'])
      await client.query(`create table ${name} (id bigint)`)
    expect(await tables()).toEqual(before)
    await client.query('rollback')
    client.release()
  })

  it('that cannot be written to its end says so, and leaves nothing that waits', async () => {
    const { pool } = server.database.database
    // More than the sockets between hold.
    await pool.query(
      'create table wide as select repeat(md5(n::text), 3000) as text from generate_series(1, 100) n',
    )
    onTestFinished(async () => void (await pool.query('drop table wide')))
    let room = 2_000_000
    const full = new Writable({
      write(chunk: Buffer, _encoding, done) {
        room -= chunk.length
        done(room < 0 ? new Error('no space left on device') : null)
      },
    })
    await expect(writeBackup(pool, full)).rejects.toThrow('no space left on device')
    expect((await take(server.database.database)).length).toBeGreaterThan(2_000_000)
    await expect.poll(() => pool.totalCount - pool.idleCount).toBe(0)
  })

  it.each([7, 65_536])('restored from pieces of %i bytes is the same again', async (size) => {
    const database = await emptyDatabase()
    const { rows, partitions } = await restoreBackup(database, pieces(backup, size))
    expect(rows.logs).toBeGreaterThanOrEqual(3000)
    expect(rows.auth_users).toBe(1)
    expect(partitions).toBeGreaterThan(5)
    expect(contents(await take(database))).toBe(contents(backup))
  })

  it('is a whole system: the same lines, the same keys, the same way in, and it goes on', async () => {
    const database = await emptyDatabase()
    await restoreBackup(database, pieces(backup, 10_000))
    const test = { ...server.database, database, close: async () => undefined }
    const restored = await startTestServer({ database: test, environment: { ADMIN_API_KEY: '' } })
    onTestFinished(() => restored.close())
    const browser = new Browser(restored.url)
    const signedIn = await browser.post('/api/auth/sign-in', {
      username: 'anna',
      password: 'correct horse battery',
    })
    expect(signedIn.status).toBe(200)
    const list = '/api/logs?source=worker&limit=500&search=back'
    const before = (await server.get(list)).body.data
    const after = (await browser.get(list)).body
    expect(after.data.logs).toEqual(before.logs)
    const verified = (await browser.get('/api/audit/verify')).body
    expect(verified.data.faults).toEqual([])
    expect((await browser.get('/api/settings')).body.data.settings).toMatchObject({
      retention_days: 77,
    })
    // Ids go on behind the old ones.
    const { rows } = await database.pool.query<{ last: number }>('select max(id) as last from logs')
    await restored.system.logOperations.addLogEntries([
      {
        ...{ timestamp: new Date().toISOString(), level: 'INFO', message: 'after', source: 'api' },
        ...{ logger_name: null, camera_id: null, extra_data: null },
      },
    ])
    const found = (await browser.get('/api/logs?search=after&source=api')).body
    expect(found.data.logs[0].id).toBeGreaterThan(rows[0]?.last ?? 0)
  })

  it('is refused by a database that is in use, and when it is cut off, damaged or something else', async () => {
    await expect(restoreBackup(server.database.database, pieces(backup, 65_536))).rejects.toThrow(/not empty/)
    const database = await emptyDatabase()
    const cut = backup.subarray(0, backup.length - 200)
    await expect(restoreBackup(database, pieces(cut, 65_536))).rejects.toThrow(/cut off/)
    const { rows } = await database.pool.query('select from logs')
    expect(rows).toEqual([])
    const fewer = Buffer.from(backup.toString('latin1').replace(/\n\d+\t[^\n]*tab[^\n]*/, ''), 'latin1')
    await expect(restoreBackup(database, pieces(fewer, 65_536))).rejects.toThrow(
      /logs has \d+ rows, and the backup says/,
    )
    await expect(restoreBackup(database, pieces(Buffer.from('hello\n'), 100))).rejects.toThrow(/not a backup/)
    await expect(checkBackup(pieces(cut, 999))).rejects.toThrow(/cut off/)
    // The failed restore left nothing in the way.
    expect((await restoreBackup(database, pieces(backup, 65_536))).rows).toEqual(
      (await checkBackup(pieces(backup, 999))).rows,
    )
  })

  it.each([
    ['a bound', /"lower":"([^"]+)"/, `"lower":"0001-01-01T00:00:00Z') ; create table harm () ; --"`],
    ['a bound that is no time', /"upper":"([^"]+)"/, '"upper":"infinity"'],
    ['when a partition was closed', /"closed_at":(null|"[^"]+")/, `"closed_at":"'; create table harm ()"`],
    ['a table', /"table":"saved_views"/, '"table":"log_partitions"'],
    ['a column', /"columns":\["id"/, `"columns":["id) from stdin; create table harm (a"`],
    ['a sequence', /"last_value":\d+/, `"last_value":"1); create table harm ("`],
  ])('is refused, and does nothing, when %s in it is another than a backup has', async (_, part, harm) => {
    const database = await emptyDatabase()
    const text = backup.toString('latin1')
    expect(text).toMatch(part)
    const harmful = Buffer.from(text.replace(part, harm), 'latin1')
    await expect(restoreBackup(database, pieces(harmful, 65_536))).rejects.toThrow(/the backup is damaged/)
    const { rows } = await database.pool.query(`select to_regclass('harm') as harm from (select) one`)
    expect(rows).toEqual([{ harm: null }])
    expect((await database.pool.query('select from logs')).rowCount).toBe(0)
  })

  it('of an older schema is brought up to the present', async () => {
    const database = await emptyDatabase()
    await migrate(database, undefined, 3)
    const old = await take(database)
    const target = await emptyDatabase()
    await restoreBackup(target, pieces(old, 65_536))
    const { rows } = await target.pool.query('select count(*)::integer as migrations from migrations')
    const current = await server.database.database.pool.query(
      'select count(*)::integer as migrations from migrations',
    )
    expect(rows).toEqual(current.rows)
  })
})

const machine = findMachinePostgres()
const skipped = machine ? '' : ' (skipped: no second PostgreSQL on this machine)'

it.skipIf(!machine)(
  `goes from one PostgreSQL to another and back${skipped}`,
  { tags: ['long'] },
  async () => {
    if (!machine) return
    const dataDir = await mkdtemp(join(tmpdir(), 'timelapser-other-'))
    // Root runs PostgreSQL as somebody else, who has to get in.
    await chmod(dataDir, 0o711)
    const postgres = await startEmbeddedPostgres({
      dataDir,
      log: () => undefined,
      binaries: machine,
      unsafe: true,
    })
    const other = await openDatabase({ connection: postgres.connection })
    try {
      await restoreBackup(other, pieces(backup, 65_536))
      const there = await take(other)
      expect(contents(there)).toBe(contents(backup))
      const back = await emptyDatabase()
      await restoreBackup(back, pieces(there, 65_536))
      expect(contents(await take(back))).toBe(contents(backup))
    } finally {
      await other.close()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  },
)
