// Guessing of passwords and links is slowed down; apart from the rest of signing in, for the time all the hashing takes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { TRUST_PROXY: 'true' } })
})
afterAll(() => server.close())

async function invite(username: string): Promise<string> {
  const { body } = await server.send('POST', '/api/users/link', { username, role: 'viewer' })
  return body.data.url.split('#link=')[1]
}

async function arrive(username: string): Promise<void> {
  const secret = await invite(username)
  const link = { secret, username, password: PASSWORD }
  expect((await new Browser(server.url).post('/api/auth/link', link)).status).toBe(200)
}

describe('a one-time link', () => {
  it('is looked for thirty times in five minutes by one address', async () => {
    const guesses = Array.from({ length: 32 }, (_, index) =>
      new Browser(server.url).post(
        '/api/auth/link',
        { secret: `guess ${index}`, username: 'thief', password: PASSWORD },
        { 'x-forwarded-for': '10.7.0.1' },
      ),
    )
    const statuses = (await Promise.all(guesses)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 429).length).toBe(2)
  })
})

describe('signing in', () => {
  it('is refused for a while after five failures, also with the right password, for that name', async () => {
    await arrive('target')
    await arrive('bystander')
    const browser = new Browser(server.url)
    const wrong = { username: 'target', password: 'guess' }
    const guesses = await Promise.all([1, 2, 3, 4, 5].map(() => browser.post('/api/auth/sign-in', wrong)))
    expect(guesses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401])
    const right = await browser.post('/api/auth/sign-in', { username: 'Target', password: PASSWORD })
    expect([right.status, right.body.code]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(200)
    const other = await browser.post('/api/auth/sign-in', { username: 'bystander', password: PASSWORD })
    expect(other.status).toBe(200)
  })
})

describe('100 sign-ins at once with wrong passwords', () => {
  const statusesOf = async (nameOf: (index: number) => string) => {
    const attempts = Array.from({ length: 100 }, (_, index) =>
      server.send('POST', '/api/auth/sign-in', { username: nameOf(index), password: `guess ${index}` }),
    )
    const answers = await Promise.all(attempts)
    const refused = answers.filter(({ status }) => status === 429)
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    return Object.fromEntries(
      [...Map.groupBy(answers, ({ status }) => status)].map(([status, of]) => [status, of.length]),
    )
  }

  it('for one name: 5 are looked at', async () => {
    expect(await statusesOf(() => 'victim')).toEqual({ 401: 5, 429: 95 })
  })

  it('for a hundred names: 30 are looked at, less those before from this address', async () => {
    expect(await statusesOf((index) => `victim ${index}`)).toEqual({ 401: 25, 429: 75 })
  })
})
