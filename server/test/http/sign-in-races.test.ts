// Signing in takes a while, since passwords are slow to check; changes in between must hold for the new session too.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const OLD = 'correct horse battery'
const NEW = 'another horse battery'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ realPasswords: true })
})
afterAll(() => server.close())

async function arrive(username: string): Promise<Browser> {
  const { body } = await server.send('POST', '/api/users/link', { username, role: 'viewer' })
  const secret = body.data.url.split('#link=')[1]
  const browser = new Browser(server.url)
  expect((await browser.post('/api/auth/link', { secret, username, password: OLD })).status).toBe(200)
  return browser
}

/** Holds what the statement locks while `work` runs. */
async function whileLocked(statement: string, values: unknown[], work: () => Promise<void>): Promise<void> {
  const client = await server.database.database.pool.connect()
  try {
    await client.query('begin')
    await client.query(statement, values)
    await work()
    await client.query('commit')
  } finally {
    client.release()
  }
}

/** `count` connections wait for a lock. */
const waiting = async (count: number) => {
  const { pool } = server.database.database
  const text = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and backend_type = 'client backend'`
  await expect.poll(async () => (await pool.query(text)).rowCount).toBe(count)
}

const signIn = (username: string, password = OLD) => {
  const browser = new Browser(server.url)
  return browser.post('/api/auth/sign-in', { username, password }).then(({ status }) => ({ browser, status }))
}
const sessionsOf = async (name: string) => {
  const text = `select 1 from auth_sessions s join auth_users u on u.id = s.user_id where u.username = $1`
  return (await server.database.database.pool.query(text, [name])).rowCount
}
/** A new session's user is looked up under this lock: a sign-in waits at its very end. */
const USER_LOCK = 'select 1 from auth_users where username = $1 for update'
/** The audit trail's, which a change of ours takes last: it has done everything but COMMIT. */
const AUDIT_LOCK = 'select pg_advisory_xact_lock(7469007)'

const change = (browser: Browser) =>
  browser.post('/api/auth/password', { current_password: OLD, new_password: NEW })

it('is refused when the password was changed after it was found right', { tags: ['long'] }, async () => {
  const anna = await arrive('anna')
  let late: ReturnType<typeof signIn> | undefined
  await whileLocked(USER_LOCK, ['anna'], async () => {
    late = signIn('anna')
    await waiting(1)
    expect((await change(anna)).status).toBe(200)
  })
  expect((await late)?.status).toBe(401)
  expect((await (await late)?.browser.get('/api/session'))?.status).toBe(401)
  expect(await sessionsOf('anna')).toBe(1)
  expect((await signIn('anna', NEW)).status).toBe(200)
})

it('is refused when the change of the password was not yet committed', { tags: ['long'] }, async () => {
  const bea = await arrive('bea')
  let changing: ReturnType<typeof change> | undefined
  let late: ReturnType<typeof signIn> | undefined
  await whileLocked(AUDIT_LOCK, [], async () => {
    changing = change(bea)
    await waiting(1)
    late = signIn('bea')
    await waiting(2)
  })
  expect([(await changing)?.status, (await late)?.status]).toEqual([200, 401])
  expect(await sessionsOf('bea')).toBe(1)
})

it('leaves no session behind for somebody who was disabled meanwhile', async () => {
  await arrive('cleo')
  const { body } = await server.get('/api/users')
  const { id } = body.data.users.find((user: { name: string }) => user.name === 'cleo')
  let disabling: Promise<{ status: number }> | undefined
  let late: ReturnType<typeof signIn> | undefined
  await whileLocked(AUDIT_LOCK, [], async () => {
    disabling = server.send('PATCH', `/api/users/${id}`, { disabled: true })
    await waiting(1)
    late = signIn('cleo')
    await waiting(2)
  })
  expect([(await disabling)?.status, (await late)?.status]).toEqual([200, 401])
  await server.send('PATCH', `/api/users/${id}`, { disabled: false })
  expect(await sessionsOf('cleo')).toBe(0)
})
