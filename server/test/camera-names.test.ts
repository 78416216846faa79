// Cameras that have the names of another database, which is read and never changed.
import pg from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createBareDatabase, createTestDatabase, type TestDatabase } from './support/database.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let database: TestDatabase
let other: { url: string; drop(): Promise<void> }
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  await database.database.pool.query(`
    insert into cameras (id, name) select id, 'Named ' || id || ' here' from generate_series(1, 4) id`)
  other = await createBareDatabase()
  client = new pg.Client({ connectionString: other.url })
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await other?.drop()
  await database?.close()
})

async function startServer(): Promise<TestServer> {
  const server = await startTestServer({ database, environment: { CAMERA_NAMES_URL: other.url } })
  onTestFinished(server.close)
  return server
}

async function namesAt(server: TestServer): Promise<Record<string, string>> {
  const { body } = await server.get('/api/cameras')
  return Object.fromEntries(body.data.cameras.map(({ id, name }: { id: number; name: string }) => [id, name]))
}

it('says that the table is missing, and leaves the names', async () => {
  const server = await startServer()
  await expect.poll(() => server.reports.filter(({ kind }) => kind === 'job')).toHaveLength(1)
  expect(server.reports.find(({ kind }) => kind === 'job')?.detail).toMatchObject({
    job: 'camera-names',
    error: { message: expect.stringContaining('"cameras"') },
  })
  expect((await namesAt(server))[1]).toBe('Named 1 here')
})

it('gives known cameras their names there, with an entry in the audit trail, and makes none', async () => {
  await client.query(`
    create table cameras (id serial primary key, name varchar(255));
    insert into cameras (id, name) values (1, 'Front door'), (2, '  '), (3, repeat('x', 250)), (9, 'Unknown'),
      (4, E'Gate\\n[FIRING] all\u202e ')`)
  const server = await startServer()
  await expect
    .poll(() => namesAt(server))
    .toEqual({ 1: 'Front door', 2: 'Named 2 here', 3: 'x'.repeat(200), 4: 'Gate [FIRING] all' })
  const { body } = await server.get('/api/audit?action=camera.rename&entity=camera%201')
  expect(body.data.entries).toMatchObject([{ actor: 'system', after: { name: 'Front door' } }])
  expect(server.reports.filter(({ kind }) => kind === 'job')).toEqual([])
})
