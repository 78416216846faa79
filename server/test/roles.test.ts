// Servers of one database that each have some of the roles.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let database: TestDatabase
let ingest: TestServer
let query: TestServer
let jobs: TestServer

beforeAll(async () => {
  database = await createTestDatabase()
  const start = (roles: string) =>
    startTestServer({
      database,
      environment: {
        SERVE: roles,
        DATABASE_URL: database.url,
        ALERTS_KEY: 'one key for all of these',
        ALERTS_ALLOW_LOCAL: 'true',
      },
    })
  ingest = await start('ingest')
  query = await start('query, page')
  jobs = await start('jobs')
})

afterAll(async () => {
  for (const server of [jobs, query, ingest]) await server?.close()
  await database?.close()
})

const statusOf = async ({ url, apiKey }: TestServer, method: string, path: string) => {
  const headers = { authorization: `Bearer ${apiKey}` }
  return (await fetch(`${url}${path}`, { method, headers })).status
}

it('lines that one takes in are found by another', async () => {
  const stored = await ingest.send('POST', '/api/logs', {
    level: 'ERROR',
    message: 'taken in',
    source: 'api',
  })
  expect([stored.status, stored.body.data.accepted]).toEqual([200, 1])
  const found = await query.get('/api/logs?q=taken')
  expect(found.body.data.logs).toMatchObject([{ message: 'taken in' }])
})

it('a request for another role is refused so that its sender keeps the lines and tries again', async () => {
  const refused = await query.send('POST', '/api/logs', { level: 'INFO', message: 'astray' })
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
    503,
    'NOT_SERVED',
    '5',
  ])
  expect(refused.body.message).toBe(
    'This server does not have the role ingest (SERVE), which POST /api/logs needs. Send the request to a server that has it.',
  )
  expect((await ingest.get('/api/logs')).body).toMatchObject({ status_code: 503, code: 'NOT_SERVED' })
  for (const path of ['/loki/api/v1/push', '/_bulk', '/v1/logs'])
    expect([path, await statusOf(query, 'POST', path)]).toEqual([path, 503])
  for (const server of [ingest, jobs]) expect(await statusOf(server, 'GET', '/logs')).toBe(503)
  expect(await statusOf(query, 'GET', '/logs')).toBe(200)
  // Who may not ask is not told which roles there are.
  const stranger = await fetch(`${ingest.url}/api/logs`)
  expect(stranger.status).toBe(401)
})

it('every server tells its health, its metrics and who may sign in', async () => {
  for (const server of [ingest, query, jobs]) {
    expect((await server.get('/healthz')).status).toBe(200)
    expect((await server.get('/readyz')).status).toBe(200)
    expect(await statusOf(server, 'GET', '/metrics')).toBe(200)
    expect((await server.get('/api/users')).status).toBe(200)
  }
})

it('a job that one asks for is run by the server that runs jobs', async () => {
  const deleted = async () => (await query.get('/api/logs?camera_id=7&limit=1')).body.data.logs
  await query.send('POST', '/api/cameras', { id: 7, name: 'Gate' })
  await ingest.send('POST', '/api/logs', { level: 'INFO', message: 'of a camera', camera_id: 7 })
  expect(await deleted()).toMatchObject([{ camera_id: 7 }])
  expect((await query.send('DELETE', '/api/cameras/7')).status).toBe(200)
  const rows = async () =>
    (await database.database.pool.query('select camera_id from logs where message = $1', ['of a camera']))
      .rows
  await expect.poll(rows).toEqual([{ camera_id: null }])
})

it('alert rules are evaluated by the server that runs jobs, and by no other', async () => {
  const rule = { name: 'Errors', query: 'level=ERROR', condition: { kind: 'any', minutes: 5 } }
  expect((await query.send('POST', '/api/alerts/rules', rule)).status).toBe(201)
  await ingest.send('POST', '/api/logs', { level: 'ERROR', message: 'it broke', source: 'api' })
  await expect.poll(async () => (await query.get('/api/alerts/summary')).body.data.firing).toBe(1)
  const evaluated = [ingest, query, jobs].map(async ({ url, apiKey }) => {
    const text = await (
      await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })
    ).text()
    return Number(/^timelapser_alert_rows_total (\d+)/m.exec(text)?.[1])
  })
  expect(await Promise.all(evaluated)).toEqual([0, 0, expect.toSatisfy((rows: number) => rows > 0)])
})

it('a line that the level in force holds back on one is a sign of life for the rules of another', async () => {
  await query.send('PUT', '/api/settings', { log_level: 'INFO' })
  const condition = { kind: 'silence', minutes: 5 }
  const rule = { name: 'Silent', query: '', condition, group_by: 'camera' }
  expect((await query.send('POST', '/api/alerts/rules', rule)).status).toBe(201)
  const signs = async () => {
    await ingest.send('POST', '/api/logs', { level: 'DEBUG', message: 'still here', camera_id: 9 })
    const { rows } = await database.database.pool.query('select level from alert_signs where camera_id = 9')
    return rows
  }
  await expect.poll(signs).toEqual([{ level: 'DEBUG' }])
})
