import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const LIMITS = 'query=3,ingest=2,administration=5,sign_in=4'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { RATE_LIMITS: LIMITS, TRUST_PROXY: '127.0.0.2' } })
})
afterAll(() => server.close())

const keys: string[] = []
/** The headers of a key of its own, since each caller is counted apart. */
async function newKey(scope: 'read' | 'ingest'): Promise<Record<string, string>> {
  const { body } = await server.send('POST', '/api/keys', { name: `key ${keys.length}`, scope })
  keys.push(body.data.secret)
  return { authorization: `Bearer ${body.data.secret}` }
}
const read = (headers: Record<string, string>) => server.send('GET', '/api/cameras', undefined, headers)

describe('a caller over the limit', () => {
  it('is refused with 429 and told when to come again', async () => {
    const headers = await newKey('read')
    const answers = [await read(headers), await read(headers), await read(headers), await read(headers)]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map((answer) => answer.headers.get('x-ratelimit-remaining'))).toEqual(['2', '1', '0', '0'])
    const [, , , refused] = answers
    expect(refused?.body).toMatchObject({ success: false, code: 'RATE_LIMITED', status_code: 429 })
    expect(refused?.headers.get('x-ratelimit-limit')).toBe('3')
    const wait = Number(refused?.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
  })

  it('does not use up what others have, nor another class', async () => {
    const [one, other] = [await newKey('read'), await newKey('read')]
    for (let request = 0; request < 4; request++) await read(one)
    expect((await read(one)).status).toBe(429)
    expect((await read(other)).status).toBe(200)
    const writer = await newKey('ingest')
    const post = () => server.send('POST', '/api/logs', { level: 'INFO', message: 'x' }, writer)
    expect([(await post()).status, (await post()).status, (await post()).status]).toEqual([200, 200, 429])
  })

  it('is known by address where nobody has to be known, whatever it says of itself', async () => {
    const attempt = (from: string) =>
      fetch(`${server.url}/api/auth/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
        body: JSON.stringify({ username: `name of ${from}`, password: 'x' }),
      }).then(({ status }) => status)
    const statuses: number[] = []
    // The test comes from 127.0.0.1, which is no proxy of ours.
    for (const from of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'])
      statuses.push(await attempt(from))
    expect(statuses).toEqual([401, 401, 401, 401, 429])
  })
})

it('leaves health and the page alone', async () => {
  for (let request = 0; request < 10; request++) {
    expect((await server.get('/healthz')).status).toBe(200)
  }
})
