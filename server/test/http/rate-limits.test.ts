import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const LIMITS = 'query=3,ingest=2,administration=20,sign_in=4,unauthenticated=3'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { RATE_LIMITS: LIMITS, TRUST_PROXY: '127.0.0.2' } })
})
afterAll(() => server.close())

const keys: string[] = []
/** The headers of a key of its own, since each caller is counted apart. */
async function newKey(scope: 'read' | 'ingest', rate_limit?: number): Promise<Record<string, string>> {
  const { body } = await server.send('POST', '/api/keys', { name: `key ${keys.length}`, scope, rate_limit })
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
    expect(refused?.headers.get('ratelimit-policy')).toBe('"query";q=3;w=60')
    expect(answers.map((answer) => answer.headers.get('ratelimit')?.replace(/t=\d+$/, 't=…'))).toEqual(
      [2, 1, 0, 0].map((left) => `"query";r=${left};t=…`),
    )
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
    const mark = await server.send('POST', '/api/marks', { text: 'deployed' }, writer)
    expect([mark.status, mark.headers.get('ratelimit-policy')]).toEqual([201, '"administration";q=20;w=60'])
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

it('counts every route that asks who somebody is', async () => {
  const headers = await newKey('read', 1)
  const statuses = []
  for (const path of ['/metrics', '/metrics', '/api/logs'])
    statuses.push((await fetch(`${server.url}${path}`, { headers })).status)
  expect(statuses).toEqual([200, 429, 429])
})

it('leaves health and the page alone', async () => {
  for (let request = 0; request < 10; request++) {
    expect((await server.get('/healthz')).status).toBe(200)
  }
})

describe('a key with a limit of its own', () => {
  it('is held to it beside the limits for everybody', async () => {
    const headers = await newKey('read', 2)
    const answers = [await read(headers), await read(headers), await read(headers)]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    const [first, , refused] = answers
    expect(first?.headers.get('ratelimit-policy')).toBe('"query";q=3;w=60, "key";q=2;w=60')
    expect(first?.headers.get('ratelimit')).toMatch(/^"query";r=2;t=\d+, "key";r=1;t=\d+$/)
    expect(first?.headers.get('x-ratelimit-limit')).toBe('2')
    expect(refused?.body.message).toMatch(/^More than 2 requests per minute \(key\)/)
  })

  it('gets no more than everybody by a higher one', async () => {
    const headers = await newKey('read', 1000)
    for (let request = 0; request < 3; request++) await read(headers)
    expect((await read(headers)).body.message).toMatch(/^More than 3 requests per minute \(query\)/)
  })

  it.each([0, 1_000_001, 1.5])('cannot be made with %d', async (rate_limit) => {
    const input = { name: 'odd', scope: 'read', rate_limit }
    const { status, body } = await server.send('POST', '/api/keys', input)
    expect([status, body.message]).toEqual([400, expect.stringMatching(/^rate_limit /)])
    if (rate_limit > 1_000_000) expect(body.message).toContain('1000000')
  })
})

it('looks at 60 wrong keys a minute of an address unless told otherwise', async () => {
  const asShipped = await startTestServer({ environment: { RATE_LIMITS: '' } })
  try {
    const headers = { authorization: 'Bearer tl_wrong' }
    // All wait for the keys to be read, and go on together.
    const client = await asShipped.database.database.pool.connect()
    await client.query('begin; lock table api_keys in access exclusive mode')
    let arrived = 0
    let answered = 0
    asShipped.system.app.server.on('request', (_, response) => {
      arrived++
      response.on('finish', () => answered++)
    })
    const answers = Array.from({ length: 100 }, () => fetch(`${asShipped.url}/api/logs`, { headers }))
    await expect.poll(() => arrived).toBe(100)
    expect(answered).toBe(0)
    await client.query('rollback')
    client.release()
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([...Array(60).fill(401), ...Array(40).fill(429)])
  } finally {
    await asShipped.close()
  }
})

describe('an address that nobody knows', () => {
  const tries = async (headers: Record<string, string>[]) => {
    const answers = []
    for (const one of headers) {
      const from = { 'x-forwarded-for': '10.1.2.3', ...one }
      answers.push(await fetch(`${behindProxy.url}/api/logs`, { headers: from }))
    }
    return answers
  }
  let behindProxy: TestServer
  beforeAll(async () => {
    const environment = { RATE_LIMITS: LIMITS, TRUST_PROXY: '127.0.0.1' }
    behindProxy = await startTestServer({ environment })
  })
  afterAll(() => behindProxy.close())

  it('is refused with 429 after some wrong keys, wrong cookies or none at all, but never a right key', async () => {
    const answers = await tries([
      { authorization: 'Bearer tl_wrong' },
      { 'x-api-key': 'tl_wronger' },
      { cookie: 'timelapser_session_00000000=x' },
      {},
      { authorization: `Bearer ${behindProxy.apiKey}` },
    ])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429, 200])
    const refused = answers[3]
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused?.headers.get('ratelimit-policy')).toBe('"unauthenticated";q=3;w=60')
    expect(await refused?.json()).toMatchObject({ code: 'RATE_LIMITED' })
    const [other] = await tries([{ 'x-forwarded-for': '10.1.2.4' }])
    expect(other?.status).toBe(401)
    // A page there can still find out that nobody is signed in, and show the form.
    const session = await fetch(`${behindProxy.url}/api/session`, {
      headers: { 'x-forwarded-for': '10.1.2.3' },
    })
    expect(session.status).toBe(401)
  })
})
