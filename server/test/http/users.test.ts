import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { TRUST_PROXY: 'true' } })
})
afterAll(() => server.close())

/** Somebody invited who came; the id and the browser they are signed in with. */
async function arrive(username: string, role = 'viewer', cameras: number[] | null = null) {
  const { status, body } = await server.send('POST', '/api/users/link', { username, role, cameras })
  expect(status).toBe(201)
  const browser = new Browser(server.url)
  const secret = body.data.url.split('#link=')[1]
  expect((await browser.post('/api/auth/link', { secret, username, password: PASSWORD })).status).toBe(200)
  return { id: (await userNamed(username)).id as string, browser }
}

async function userNamed(name: string) {
  const { body } = await server.get('/api/users')
  return body.data.users.find((user: { name: string }) => user.name === name)
}

async function signIn(username: string, password = PASSWORD) {
  const browser = new Browser(server.url)
  return { browser, status: (await browser.post('/api/auth/sign-in', { username, password })).status }
}

const statusOf = async (browser: Browser) => (await browser.get('/api/session')).status

describe('where a link leads', () => {
  const linkFor = async (username: string, host: string) => {
    const body = JSON.stringify({ username, role: 'viewer' })
    const headers = {
      ...{ host, authorization: `Bearer ${server.apiKey}` },
      ...{ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
    }
    const sending = request(`${server.url}/api/users/link`, { method: 'POST', headers })
    sending.end(body)
    const [answer] = (await once(sending, 'response')) as [IncomingMessage]
    return JSON.parse(await text(answer)).data.url.split('/sign-in')[0]
  }

  it('is the address of the server, not the host that a program names', async () => {
    expect(await linkFor('host one', 'evil.example')).toBe(server.url)
    expect(await linkFor('host two', 'localhost:81')).toBe('http://localhost:81')
  })
})

describe('the address that a proxy tells of', () => {
  it('is written down when it is one', async () => {
    const told = async (forwarded: string) => {
      await server.send('PUT', '/api/settings', { message_max: 200 }, { 'x-forwarded-for': '198.51.100.1' })
      await server.send('PUT', '/api/settings', { message_max: 300 }, { 'x-forwarded-for': forwarded })
      const { body } = await server.get('/api/audit?action=settings.update&limit=1')
      return body.data.entries[0].address
    }
    expect(await told('<script>, 203.0.113.9:1234')).toBe('203.0.113.9')
    expect(await told('[2001:db8::1]:80')).toBe('2001:db8::1')
    expect(await told('nothing of the kind')).toMatch(/127\.0\.0\.1$/)
  })
})

describe('users', () => {
  it('cannot lose their last administrator, not even two at once', async () => {
    const [ada, bea] = [await arrive('Ada', 'admin'), await arrive('Bea', 'admin')]
    const demoted = await Promise.all(
      [ada, bea].map(({ id }) => server.send('PATCH', `/api/users/${id}`, { role: 'viewer' })),
    )
    expect(demoted.map(({ status }) => status).sort()).toEqual([200, 409])
    const last = demoted[0]?.status === 409 ? ada : bea
    for (const change of [{ disabled: true }, { role: 'viewer' }]) {
      expect((await server.send('PATCH', `/api/users/${last.id}`, change)).status).toBe(409)
    }
    const refused = await server.send('DELETE', `/api/users/${last.id}`)
    expect(refused.status).toBe(409)
    expect(refused.body.message).toMatch(/is the last administrator who can sign in/)
    expect(await statusOf(last.browser)).toBe(200)
  })

  it('are listed with what they may do and when they last came, without a secret', async () => {
    const before = Date.now()
    await arrive('Lena', 'viewer', [1, 4])
    const lena = await userNamed('Lena')
    expect(lena).toMatchObject({ role: 'viewer', cameras: [1, 4], disabled: false, has_password: true })
    expect(Date.parse(lena.last_sign_in_at)).toBeGreaterThan(before - 1000)
    expect(Object.keys(lena)).not.toContain('password')
  })

  it('lose everything they have open the moment they are disabled, on every server', async () => {
    const second = await startTestServer({ database: server.database })
    try {
      const { id, browser } = await arrive('Dora')
      const stream = await fetch(`${second.url}/api/logs/stream`, { headers: { cookie: browser.cookie } })
      expect(stream.status).toBe(200)
      expect((await server.send('PATCH', `/api/users/${id}`, { disabled: true })).status).toBe(200)
      await expect(stream.text()).rejects.toThrow()
      expect(await statusOf(browser)).toBe(401)
      expect((await signIn('Dora')).status).toBe(401)
      await server.send('PATCH', `/api/users/${id}`, { disabled: false })
      expect((await signIn('Dora')).status).toBe(200)
    } finally {
      await second.close()
    }
  })

  it('see other cameras with the next request, and get another role with it', async () => {
    await server.send('POST', '/api/cameras', { id: 1, name: 'Door' })
    await server.send('POST', '/api/cameras', { id: 2, name: 'Barn' })
    const { id, browser } = await arrive('Vera', 'viewer', [1])
    const seen = async () => {
      const { body } = await browser.get('/api/cameras')
      return body.data.cameras.map((camera: { id: number }) => camera.id)
    }
    expect(await seen()).toEqual([1])
    await server.send('PATCH', `/api/users/${id}`, { cameras: [2] })
    expect(await seen()).toEqual([2])
    expect((await browser.get('/api/users')).status).toBe(403)
    await server.send('PATCH', `/api/users/${id}`, { role: 'admin' })
    expect((await browser.get('/api/users')).status).toBe(200)
    expect((await userNamed('Vera')).cameras).toBeNull()
    await server.send('DELETE', `/api/users/${id}`)
    expect(await statusOf(browser)).toBe(401)
  })

  it('are not there under ids that nobody has or that are none', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000'
    expect((await server.send('PATCH', `/api/users/${nobody}`, { disabled: true })).status).toBe(404)
    expect((await server.send('PATCH', '/api/users/1', { disabled: true })).status).toBe(400)
    expect((await server.send('PATCH', `/api/users/${nobody}`, {})).status).toBe(400)
  })
})

describe('sessions', () => {
  it('are listed to administrators and ended by them one by one, on every server', async () => {
    const second = await startTestServer({ database: server.database })
    try {
      const { id, browser } = await arrive('Tess')
      const { browser: phone } = await signIn('Tess')
      const statusThere = async () =>
        (await fetch(`${second.url}/api/session`, { headers: { cookie: phone.cookie } })).status
      expect(await statusThere()).toBe(200)
      const { body } = await server.get(`/api/users/${id}/sessions`)
      expect(body.data.total_sessions).toBe(2)
      expect(body.data.sessions.map(({ current }: { current: boolean }) => current)).toEqual([false, false])
      expect(JSON.stringify(body)).not.toContain(
        decodeURIComponent(phone.cookie.split('=')[1] ?? '').split('.')[0],
      )
      const [newest] = body.data.sessions
      const end = () => server.send('DELETE', `/api/users/${id}/sessions/${newest.id}`)
      expect((await end()).status).toBe(200)
      await expect.poll(statusThere).toBe(401)
      expect([await statusOf(phone), await statusOf(browser)]).toEqual([401, 200])
      expect((await end()).status).toBe(404)
      const { browser: admin, id: own } = await arrive('Ute', 'admin')
      const { sessions } = (await admin.get(`/api/users/${own}/sessions`)).body.data
      expect(sessions.map(({ current }: { current: boolean }) => current)).toEqual([true])
      const { entries } = (await server.get('/api/audit?action=session.end&limit=1')).body.data
      expect(entries[0]).toMatchObject({ entity: 'user Tess' })
    } finally {
      await second.close()
    }
  })

  it('are listed to their owner, and end one by one or all at once', async () => {
    const { browser } = await arrive('Sara')
    const { browser: phone } = await signIn('Sara')
    const { browser: stranger } = await arrive('Stan')
    const { sessions } = (await browser.get('/api/sessions')).body.data
    expect(sessions.map((session: { current: boolean }) => session.current)).toEqual([false, true])
    const [other] = sessions
    expect((await stranger.send('DELETE', `/api/sessions/${other.id}`)).status).toBe(404)
    expect((await browser.send('DELETE', `/api/sessions/${other.id}`)).status).toBe(200)
    expect([await statusOf(phone), await statusOf(browser)]).toEqual([401, 200])
    await signIn('Sara')
    const { browser: tablet } = await signIn('Sara')
    const others = await browser.send('DELETE', '/api/sessions')
    expect(others.body).toMatchObject({ message: 'Other sessions ended', data: { ended_sessions: 2 } })
    expect([await statusOf(tablet), await statusOf(browser)]).toEqual([401, 200])
    await signIn('Sara')
    const { body } = await browser.send('DELETE', '/api/sessions?include_current=true')
    expect(body.data.ended_sessions).toBe(2)
    expect(await statusOf(browser)).toBe(401)
  })

  it('of a user are ended by an administrator', async () => {
    const { id, browser } = await arrive('Tess')
    expect((await server.send('DELETE', `/api/users/${id}/sessions`)).status).toBe(200)
    expect(await statusOf(browser)).toBe(401)
  })

  it('are nothing that a key has', async () => {
    expect((await server.get('/api/sessions')).status).toBe(403)
  })
})

describe('a password', () => {
  const next = 'another long sentence'

  it('is changed by whoever knows the current one, which ends all other sessions', async () => {
    const { browser } = await arrive('Pia')
    const { browser: phone } = await signIn('Pia')
    const change = (current_password: string) =>
      browser.post('/api/auth/password', { current_password, new_password: next })
    expect((await change('wrong password')).status).toBe(403)
    expect((await change(PASSWORD)).status).toBe(200)
    expect([await statusOf(browser), await statusOf(phone)]).toEqual([200, 401])
    expect((await signIn('Pia')).status).toBe(401)
    expect((await signIn('Pia', next)).status).toBe(200)
  })
})
