import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAccess } from '../../src/cli/serve/access.ts'
import { codeOf, wrongCodeOf } from '../support/authenticator.ts'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { TRUST_PROXY: 'true' } })
})
afterAll(() => server.close())

const query = (text: string, values: unknown[] = []) => server.database.database.pool.query(text, values)

/**
 * The secret of a link that makes the first administrator, as a start prints it; undefined when an administrator
 * exists.
 */
async function firstLink(): Promise<string | undefined> {
  const access = await openAccess({
    config: {
      adminApiKey: 'not-used-here-at-all',
      dataDir: '/nowhere',
      publicUrl: undefined,
      tls: undefined,
      oidc: undefined,
      trustedHeader: undefined,
      embed: undefined,
    },
    database: server.database.database,
    onTrouble: (message) => expect.fail(message),
    onAudit: () => {},
  })
  await access.close()
  return access.signInLink(server.url)?.split('#link=')[1]
}

async function invite(username: string, role?: string): Promise<string> {
  const ask = (body: object) => server.send('POST', '/api/users/link', body)
  const known = await ask({ username, role })
  // A name that nobody has is invited with a role alone.
  const { body } = known.status === 404 ? await ask({ username, role: 'viewer' }) : known
  return body.data.url.split('#link=')[1]
}

/** Somebody with a password who is signed in. */
async function arrive(username: string, role?: string): Promise<Browser> {
  const browser = new Browser(server.url)
  const secret = await invite(username, role)
  const { status } = await browser.post('/api/auth/link', { secret, username, password: PASSWORD })
  expect(status).toBe(200)
  return browser
}

describe('somebody who comes in over the session of another', () => {
  it('ends that one, and what is open of it', async () => {
    const browser = await arrive('before')
    const { cookie } = browser
    const stream = await fetch(`${server.url}/api/logs/stream`, { headers: { cookie } })
    const ended = stream.text().catch(() => 'cut off')
    const [, secret] = (
      await server.send('POST', '/api/users/link', { username: 'after', role: 'viewer' })
    ).body.data.url.split('#link=')
    const came = await browser.post('/api/auth/link', { secret, username: 'after', password: PASSWORD })
    expect(came.body.data.name).toBe('after')
    expect((await browser.get('/api/session')).body.data.name).toBe('after')
    expect((await fetch(`${server.url}/api/session`, { headers: { cookie } })).status).toBe(401)
    await ended
  })
})

describe('the first administrator', () => {
  it('comes in by a link that works once, and ends all other first links', async () => {
    const [secret, another] = [await firstLink(), await firstLink()]
    const browser = new Browser(server.url)
    const came = await browser.post('/api/auth/link', { secret, username: ' Root ', password: PASSWORD })
    expect(came.body).toEqual({
      success: true,
      message: 'Signed in',
      data: { kind: 'user', name: 'Root', role: 'admin', is_external: false },
    })
    expect((await browser.get('/api/session')).body.data).toEqual(came.body.data)

    for (const used of [secret, another]) {
      const again = { secret: used, username: 'second', password: PASSWORD }
      const { status, body } = await new Browser(server.url).post('/api/auth/link', again)
      expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
    }
    expect(await firstLink()).toBeUndefined()
  })
})

describe('a one-time link', () => {
  it('works once', async () => {
    const secret = await invite('once')
    const redeem = (username: string) =>
      new Browser(server.url).post('/api/auth/link', { secret, username, password: PASSWORD })
    expect((await redeem('once')).status).toBe(200)
    expect((await redeem('once')).status).toBe(403)
    expect((await redeem('twice')).status).toBe(403)
  })

  it('is refused after its day', async () => {
    const secret = await invite('late')
    await query(`update one_time_links set expires_at = now() - interval '1 second' where used_at is null`)
    const { status, body } = await new Browser(server.url).post('/api/auth/link', {
      secret,
      username: 'late',
      password: PASSWORD,
    })
    expect([status, body.message]).toEqual([
      403,
      'This link has already been used, is older than a day or was never valid.',
    ])
  })

  it('stays good when the chosen name is taken', async () => {
    await arrive('First')
    const secret = await invite('other')
    const taken = await new Browser(server.url).post('/api/auth/link', {
      secret,
      username: 'FIRST',
      password: PASSWORD,
    })
    expect([taken.status, taken.body.code]).toEqual([409, 'CONFLICT'])
    const free = await new Browser(server.url).post('/api/auth/link', {
      secret,
      username: 'other',
      password: PASSWORD,
    })
    expect(free.body.data).toEqual({ kind: 'user', name: 'other', role: 'viewer', is_external: false })
  })

  it.each([
    ['a short password', { username: 'x', password: '1234567' }],
    ['the name as password', { username: 'longname', password: 'LongName' }],
    ['a blank name', { username: '  ', password: PASSWORD }],
    ['an invisible name', { username: 'a\u202eb', password: PASSWORD }],
  ])('refuses %s and stays good', async (_what, choice) => {
    const secret = await invite('careless')
    const { status, body } = await new Browser(server.url).post('/api/auth/link', { secret, ...choice })
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
    const { rows } = await query('select 1 from one_time_links where used_at is null')
    expect(rows.length).toBeGreaterThan(0)
  })

  it('lets somebody locked out back in, and ends the sessions of whoever had the old password', async () => {
    const thief = await arrive('anna')
    const secret = await invite('ANNA')
    expect((await thief.get('/api/session')).status).toBe(200)
    const anna = new Browser(server.url)
    const came = await anna.post('/api/auth/link', { secret, username: 'Anna', password: 'something new' })
    expect(came.body.data.name).toBe('Anna')
    expect((await thief.get('/api/session')).status).toBe(401)
    const old = { username: 'anna', password: PASSWORD }
    expect((await new Browser(server.url).post('/api/auth/sign-in', old)).status).toBe(401)
  })

  it('is stored as a hash alone', async () => {
    const secret = await invite('hidden')
    const { rows } = await query('select one_time_links::text as row from one_time_links')
    for (const { row } of rows) expect(row).not.toContain(secret)
  })

  it('does not change what somebody may do', async () => {
    await arrive('plain')
    const { status, body } = await server.send('POST', '/api/users/link', {
      username: 'plain',
      role: 'admin',
    })
    expect([status, body.message]).toEqual([409, 'plain exists with the role viewer.'])
  })
})

describe('signing in', () => {
  it('takes the password, whatever the case of the name', async () => {
    await arrive('Bertha')
    const browser = new Browser(server.url)
    const { status, body, headers } = await browser.post('/api/auth/sign-in', {
      username: 'bERTHA',
      password: PASSWORD,
    })
    expect([status, body.data]).toEqual([
      200,
      { kind: 'user', name: 'Bertha', role: 'viewer', is_external: false },
    ])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('says the same of a wrong password, an unknown name, an invited and a disabled user', async () => {
    await arrive('careful')
    await arrive('gone')
    await invite('invited')
    await query(`update auth_users set disabled = true where username = 'gone'`)
    const attempts = [
      { username: 'careful', password: 'wrong horse battery' },
      { username: 'nobody', password: PASSWORD },
      { username: 'invited', password: PASSWORD },
      { username: 'gone', password: PASSWORD },
      { username: '\u0000', password: PASSWORD },
    ]
    for (const attempt of attempts) {
      const { status, body, headers } = await new Browser(server.url).post('/api/auth/sign-in', attempt)
      expect([status, body.message]).toEqual([401, 'The name or the password is wrong.'])
      expect(headers.getSetCookie()).toEqual([])
    }
  })
})

describe('a session', () => {
  it('has a cookie that scripts and other sites do not get', async () => {
    const secret = await invite('cookie')
    const { headers } = await new Browser(server.url).post('/api/auth/link', {
      secret,
      username: 'cookie',
      password: PASSWORD,
    })
    const [cookie, ...more] = headers.getSetCookie()
    expect(more).toEqual([])
    expect(cookie).toMatch(/^timelapser_session_[0-9a-f]{8}=/)
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
    expect(cookie).toMatch(/; Path=\//)
    expect(cookie).not.toMatch(/; Secure/)
  })

  it('ends at once when signing out, and its open streams with it', async () => {
    const browser = await arrive('leaver')
    const kept = browser.cookie
    const stream = await fetch(`${server.url}/api/events`, { headers: { cookie: kept } })
    expect(stream.status).toBe(200)
    expect((await browser.post('/api/auth/sign-out', {})).body).toEqual({
      success: true,
      message: 'Signed out',
      data: null,
    })
    expect(browser.cookie).toBe('')
    const after = await fetch(`${server.url}/api/session`, { headers: { cookie: kept } })
    expect(after.status).toBe(401)
    await expect(stream.text()).rejects.toThrow()
  })

  it('ends on every server', async () => {
    const second = await startTestServer({ database: server.database })
    try {
      const browser = await arrive('traveller')
      const headers = { cookie: browser.cookie }
      const statusThere = async () => (await fetch(`${second.url}/api/session`, { headers })).status
      expect(await statusThere()).toBe(200)
      await browser.post('/api/auth/sign-out', {})
      await expect.poll(statusThere).toBe(401)
    } finally {
      await second.close()
    }
  })

  it('ends when it expires', async () => {
    const browser = await arrive('sleeper')
    await query(
      `update auth_sessions set expires_at = now() - interval '1 second' where user_id = (select id from auth_users where username = 'sleeper')`,
    )
    await query(`select pg_notify('sessions', '')`)
    await expect.poll(async () => (await browser.get('/api/session')).status).toBe(401)
  })

  it('is prolonged by being used, once a day', async () => {
    const browser = await arrive('regular')
    await query(
      `update auth_sessions set expires_at = now() + interval '20 days' where user_id = (select id from auth_users where username = 'regular')`,
    )
    const { status, headers } = await browser.get('/api/session')
    expect([status, headers.getSetCookie().length]).toEqual([200, 1])
    expect((await browser.get('/api/session')).headers.getSetCookie()).toEqual([])
  })

  it.each(['tampered.c2lnbmF0dXJl', 'x', '%', ''])('is not made up by the cookie "%s"', async (value) => {
    const name = (await arrive(`n${Math.random()}`)).cookie.split('=')[0]
    const { status } = await fetch(`${server.url}/api/session`, { headers: { cookie: `${name}=${value}` } })
    expect(status).toBe(401)
  })

  it('leaves signing out open to those who have none', async () => {
    const { status } = await new Browser(server.url).post('/api/auth/sign-out', {})
    expect(status).toBe(200)
  })
})

describe('by whatever name the server is reached', () => {
  /** A request as a browser sends it under this host name; `fetch` would send the address instead. */
  const ask = (method: string, path: string, host: string, cookie: string, body?: object) =>
    new Promise<{ status: number; cookie: string; body: string }>((resolve, reject) => {
      const type = body && { 'content-type': 'application/json' }
      const headers = { host, origin: `http://${host}`, cookie, ...type }
      const sent = request(`${server.url}${path}`, { method, headers }, async (answer) => {
        const [set = ''] = answer.headers['set-cookie'] ?? []
        const text = (await answer.setEncoding('utf8').toArray()).join('')
        resolve({ status: answer.statusCode ?? 0, cookie: set.split(';')[0] ?? '', body: text })
      })
      sent.on('error', reject)
      sent.end(body && JSON.stringify(body))
    })

  it.each(['localhost', '127.0.0.1', 'logs.lan', '192.168.1.20', '[::1]'])('as %s', async (name) => {
    await arrive(`by ${name}`)
    const host = `${name}:${new URL(server.url).port}`
    const credentials = { username: `by ${name}`, password: PASSWORD }
    const { status, cookie } = await ask('POST', '/api/auth/sign-in', host, '', credentials)
    expect(status).toBe(200)
    const { id } = JSON.parse((await ask('GET', '/api/sessions', host, cookie)).body).data.sessions[1]
    expect((await ask('DELETE', `/api/sessions/${id}`, host, cookie)).status).toBe(200)
    expect((await ask('POST', '/api/auth/sign-out', host, cookie, {})).status).toBe(200)
    expect((await ask('GET', '/api/session', host, cookie)).status).toBe(401)
  })
})

describe('over TLS', () => {
  it.each([
    ['a public address', { PUBLIC_URL: 'https://logs.example.org' }, {}],
    ['a trusted proxy', { TRUST_PROXY: 'true' }, { 'x-forwarded-proto': 'https' }],
  ])('the cookie is for TLS alone, known by %s', async (_how, environment, headers) => {
    const secure = await startTestServer({ environment })
    try {
      const { body } = await secure.send('POST', '/api/users/link', { username: 'someone', role: 'viewer' })
      const answer = await new Browser(secure.url).post(
        '/api/auth/link',
        { secret: body.data.url.split('#link=')[1], username: 'someone', password: PASSWORD },
        { ...headers },
      )
      const [cookie = '', former] = answer.headers.getSetCookie()
      expect(cookie).toMatch(/; Secure/)
      if (!('PUBLIC_URL' in environment)) return
      // The cookie of before is still read, and goes when another one comes.
      const [, name, value] = /^__Host-([^=]+)=([^;]+)/.exec(cookie) ?? []
      expect(former).toMatch(new RegExp(`^${name}=; .*Max-Age=0`))
      for (const of of [name, `__Host-${name}`]) {
        const seen = await fetch(`${secure.url}/api/session`, {
          headers: { cookie: `${of}=${value}`, 'sec-fetch-site': 'same-origin' },
        })
        expect(seen.status).toBe(200)
      }
    } finally {
      await secure.close()
    }
  })
})

describe('replies', () => {
  it('hold no secret', async () => {
    const browser = new Browser(server.url)
    const secret = await invite('quiet')
    const answers = [
      await browser.post('/api/auth/link', { secret, username: 'quiet', password: PASSWORD }),
      await browser.post('/api/auth/sign-in', { username: 'quiet', password: PASSWORD }),
      await browser.get('/api/session'),
    ]
    const { rows } = await query('select token from auth_sessions')
    const secrets = [secret, PASSWORD, ...rows.map(({ token }) => token)]
    for (const { body } of answers) {
      for (const one of secrets) expect(JSON.stringify(body)).not.toContain(one)
    }
  })

  it('tell the log nothing of passwords either', async () => {
    expect(JSON.stringify(server.reports)).not.toContain(PASSWORD)
  })
})

describe('a second factor', () => {
  const actions = async (action: string) =>
    (await server.get(`/api/audit?action=${action}`)).body.data.entries.map(
      ({ entity }: { entity: string }) => entity,
    )
  const idOf = async (username: string): Promise<string> =>
    (await server.get('/api/users')).body.data.users.find(({ name }: { name: string }) => name === username)
      .id

  /** Somebody with a second factor in force; the code of now is spent. */
  async function enrol(username: string, role?: string) {
    const browser = await arrive(username, role)
    const { body } = await browser.post('/api/auth/two-factor', { password: PASSWORD })
    const { secret, backup_codes } = body.data as { secret: string; backup_codes: string[] }
    const put = await browser.post('/api/auth/two-factor/verify', { code: codeOf(secret) })
    expect(put.status).toBe(200)
    return { browser, secret, backup_codes }
  }
  const signIn = (username: string, code?: string, password = PASSWORD) =>
    new Browser(server.url).post('/api/auth/sign-in', { username, password, ...(code && { code }) })

  it('is asked for once a first code was right, and ends the sessions without it', async () => {
    const browser = await arrive('dora')
    const elsewhere = new Browser(server.url)
    await elsewhere.post('/api/auth/sign-in', { username: 'dora', password: PASSWORD })
    const state = async () => (await browser.get('/api/auth/two-factor')).body.data
    const refused = await browser.post('/api/auth/two-factor', { password: 'something else' })
    expect([refused.status, refused.body.message]).toEqual([403, 'The current password is wrong.'])
    const { body } = await browser.post('/api/auth/two-factor', { password: PASSWORD })
    const { uri, secret, backup_codes } = body.data
    expect(uri).toBe(`otpauth://totp/Timelapser%20Logs:dora?secret=${secret}&issuer=Timelapser%20Logs`)
    expect(backup_codes).toHaveLength(10)
    const wrong = await browser.post('/api/auth/two-factor/verify', { code: wrongCodeOf(secret) })
    expect(wrong.status).toBe(403)
    expect(await state()).toEqual({ enabled: false, backup_codes_left: 0 })
    expect((await signIn('dora')).status).toBe(200)

    expect((await browser.post('/api/auth/two-factor/verify', { code: codeOf(secret) })).status).toBe(200)
    expect(await state()).toEqual({ enabled: true, backup_codes_left: 10 })
    expect((await elsewhere.get('/api/session')).status).toBe(401)
    expect((await browser.post('/api/auth/two-factor', { password: PASSWORD })).status).toBe(409)
    const { users } = (await server.get('/api/users')).body.data
    expect(users.find(({ name }: { name: string }) => name === 'dora')).toMatchObject({ two_factor: true })
    expect(await actions('two-factor.enable')).toEqual(['user dora'])
  })

  it('goes with the password alone, and each code opens once', async () => {
    const { browser, secret, backup_codes } = await enrol('emil')
    const asked = await signIn('emil')
    expect([asked.status, asked.body.code]).toEqual([401, 'CODE_REQUIRED'])
    expect(asked.headers.getSetCookie()).toEqual([])
    // Without the password a code says nothing, right or wrong.
    const code = codeOf(secret, 1)
    const guess = await signIn('emil', code, 'something else')
    expect([guess.status, guess.body.message]).toEqual([401, 'The name or the password is wrong.'])
    const both = await Promise.all([
      signIn('emil', code),
      signIn('emil', ` ${code.slice(0, 3)} ${code.slice(3)}`),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401])
    const cookies = both.flatMap(({ headers }) => headers.getSetCookie())
    expect(cookies.filter((cookie) => !/Max-Age=0/i.test(cookie))).toHaveLength(1)
    // The code of the enrolment is still valid by the clock.
    for (const spent of [code, codeOf(secret)]) expect((await signIn('emil', spent)).status).toBe(401)

    const [first = '', second = ''] = backup_codes
    const backup = await Promise.all([signIn('emil', first), signIn('emil', first)])
    expect(backup.map(({ status }) => status).toSorted()).toEqual([200, 401])
    expect((await browser.get('/api/auth/two-factor')).body.data.backup_codes_left).toBe(9)
    const renewed = await browser.post('/api/auth/two-factor/backup-codes', { password: PASSWORD })
    expect((await signIn('emil', second)).status).toBe(401)
    expect((await signIn('emil', renewed.body.data.backup_codes[0])).status).toBe(200)
    expect(await actions('two-factor.backup-codes')).toEqual(['user emil'])
    expect(await actions('sign-in.failed')).toContain('user emil')
  })

  it('is not guessed: after ten wrong codes from anywhere none is taken, not even a right one', async () => {
    const { browser, secret, backup_codes } = await enrol('fritz')
    for (let index = 0; index < 10; index++)
      expect((await signIn('fritz', wrongCodeOf(secret, index))).status).toBe(401)
    for (const right of [codeOf(secret, 1), backup_codes[0]]) {
      const locked = await signIn('fritz', right)
      expect([locked.status, locked.body.code]).toEqual([429, 'RATE_LIMITED'])
    }
    // Existing sessions stay.
    expect((await browser.get('/api/session')).status).toBe(200)
  })

  it('stays when an administrator makes a new link, until they take it away', async () => {
    const { secret } = await enrol('gina')
    const link = await invite('gina')
    const password = 'another password of hers'
    const came = await new Browser(server.url).post('/api/auth/link', {
      secret: link,
      username: 'gina',
      password,
    })
    expect([came.status, came.body.code]).toEqual([401, 'CODE_REQUIRED'])
    expect(came.headers.getSetCookie()).toEqual([])
    expect((await signIn('gina', undefined, password)).body.code).toBe('CODE_REQUIRED')
    expect((await signIn('gina', codeOf(secret, 1), password)).status).toBe(200)

    const id = await idOf('gina')
    const { status, body } = await server.send('DELETE', `/api/users/${id}/two-factor`)
    expect([status, body.data.user.two_factor]).toEqual([200, false])
    expect((await signIn('gina', undefined, password)).status).toBe(200)
    expect((await server.send('DELETE', `/api/users/${id}/two-factor`)).status).toBe(409)
    expect(await actions('two-factor.reset')).toEqual(['user gina'])
  })

  it('is removed by its owner with the password, and not by a session alone', async () => {
    const { browser } = await enrol('hugo', 'admin')
    const own = await browser.send('DELETE', `/api/users/${await idOf('hugo')}/two-factor`)
    expect(own.status).toBe(409)
    expect((await browser.post('/api/auth/two-factor/disable', { password: 'a guess' })).status).toBe(403)
    expect((await signIn('hugo')).body.code).toBe('CODE_REQUIRED')
    expect((await browser.post('/api/auth/two-factor/disable', { password: PASSWORD })).status).toBe(200)
    expect((await browser.get('/api/session')).status).toBe(200)
    expect((await signIn('hugo')).status).toBe(200)
    expect(await actions('two-factor.disable')).toEqual(['user hugo'])
  })
})
