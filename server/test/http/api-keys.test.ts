import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAccess } from '../../src/cli/serve/access.ts'
import { ApiKeys } from '../../src/service/access/api-keys.ts'
import { AuditTrail } from '../../src/service/access/audit-trail.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const query = (text: string, values: unknown[] = []) => server.database.database.pool.query(text, values)

async function create(input: object): Promise<{ id: number; secret: string }> {
  const { status, body } = await server.send('POST', '/api/keys', { name: 'a key', ...input })
  expect(status).toBe(201)
  return { id: body.data.key.id, secret: body.data.secret }
}

function ask(url: string, path: string, secret: string): Promise<Response> {
  return fetch(`${url}${path}`, { headers: { authorization: `Bearer ${secret}` } })
}

const statusWith = async (secret: string, url = server.url) => (await ask(url, '/api/session', secret)).status

/** The forms that senders of other systems know, each with a route that takes it. */
const FORMS: [string, string, (secret: string) => Record<string, string>][] = [
  ['Bearer', '/_bulk', (secret) => ({ authorization: `Bearer ${secret}` })],
  ['bearer in lower case', '/_bulk', (secret) => ({ authorization: `bearer  ${secret}` })],
  ['X-API-Key', '/_bulk', (secret) => ({ 'x-api-key': secret })],
  [
    'X-API-Key beside what a proxy sent',
    '/_bulk',
    (secret) => ({ 'x-api-key': secret, authorization: 'Bearer proxys' }),
  ],
  ['ApiKey', '/_bulk', (secret) => ({ authorization: `ApiKey ${secret}` })],
  [
    'ApiKey beside an empty X-API-Key',
    '/_bulk',
    (secret) => ({ authorization: `ApiKey ${secret}`, 'x-api-key': '' }),
  ],
  ['ApiKey of id:key', '/_bulk', (secret) => ({ authorization: `ApiKey ${base64(`an-id:${secret}`)}` })],
  ['ApiKey of id:key, not encoded', '/_bulk', (secret) => ({ authorization: `apikey an-id:${secret}` })],
  ['Basic', '/loki/api/v1/push', (secret) => ({ authorization: `Basic ${base64(`any user:${secret}`)}` })],
  ['Basic without a user', '/v1/logs', (secret) => ({ authorization: `basic ${base64(`:${secret}`)}` })],
  ['X-Seq-ApiKey', '/api/events/raw', (secret) => ({ 'x-seq-apikey': secret })],
]
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('an API key', () => {
  it('opens the ways in of other systems in every form, whatever its characters', async () => {
    const secrets: string[] = []
    // One of seven keys reads as base64 of something with a colon; four of those, and some of the others.
    const looksEncoded = (secret: string) => Buffer.from(secret, 'base64').includes(':')
    while (secrets.filter(looksEncoded).length < 4 && secrets.length < 300) {
      secrets.push((await create({ scope: 'ingest' })).secret)
    }
    expect(secrets.filter(looksEncoded)).toHaveLength(4)
    const tried = [...secrets.filter(looksEncoded), ...secrets.slice(0, 4)]
    const refused: unknown[] = []
    for (const [form, path, headers] of FORMS) {
      for (const secret of tried) {
        const body = path === '/_bulk' ? '{"create":{"_index":"keys"}}\n{"message":"a"}\n' : '{}'
        const { status } = await fetch(`${server.url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers(secret) },
          body,
        })
        if (status === 401) refused.push([form, secret])
      }
    }
    expect(refused).toEqual([])
  })

  it.each([
    ['without its scheme', (key: string) => ({ authorization: key }), 'Authorization: Bearer <key>'],
    ['with more behind it', (key: string) => ({ authorization: `Bearer ${key} x` }), 'and nothing else'],
    [
      'in the form of another system',
      (key: string) => ({ authorization: `ApiKey ${key}` }),
      'X-API-Key: <key>',
    ],
  ])('%s is refused with the form that is right', async (_how, headers, remedy) => {
    const { secret } = await create({ scope: 'read' })
    const response = await fetch(`${server.url}/api/logs`, { headers: headers(secret) as never })
    const { message } = (await response.json()) as { message: string }
    expect([response.status, message]).toEqual([401, expect.stringContaining(remedy)])
    expect(message).not.toContain(secret)
  })

  it('is shown once and stored as a hash', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: ' Barn ', scope: 'ingest' })
    const { key, secret } = body.data
    expect(secret).toMatch(/^tl_[\w-]{43}$/)
    expect(key).toMatchObject({ name: 'Barn', scope: 'ingest', prefix: secret.slice(0, 11), cameras: null })
    const list = await server.get('/api/keys')
    expect(list.body.data.keys[0]).toEqual(key)
    expect(JSON.stringify(list.body)).not.toContain(secret)
    const { rows } = await query('select api_keys::text as row from api_keys')
    for (const { row } of rows) expect(row).not.toContain(secret)
  })

  it('says whose it is', async () => {
    const { secret } = await create({ scope: 'ingest', name: 'Barn' })
    const answer = await ask(server.url, '/api/session', secret)
    expect(await answer.json()).toMatchObject({ data: { kind: 'key', name: 'Barn', role: 'ingest' } })
  })

  it('opens nothing once it is revoked, on any server, and what it had open is cut off', async () => {
    const second = await startTestServer({ database: server.database })
    try {
      const { id, secret } = await create({ scope: 'read' })
      expect(await statusWith(secret, second.url)).toBe(200)
      const stream = await ask(second.url, '/api/logs/stream', secret)
      expect(stream.status).toBe(200)
      const { status, body } = await server.send('DELETE', `/api/keys/${id}`)
      expect([status, body.data.key.id]).toEqual([200, id])
      expect(await statusWith(secret)).toBe(401)
      await expect.poll(() => statusWith(secret, second.url)).toBe(401)
      await expect(stream.text()).rejects.toThrow()
      const again = await server.send('DELETE', `/api/keys/${id}`)
      expect([again.status, again.body.code]).toEqual([404, 'NOT_FOUND'])
    } finally {
      await second.close()
    }
  })

  it('opens nothing once it has expired', async () => {
    const { id, secret } = await create({ scope: 'read', expires_in_days: 1 })
    expect(await statusWith(secret)).toBe(200)
    await query(`update api_keys set expires_at = now() where id = $1`, [id])
    await query(`select pg_notify('api_keys', '')`)
    await expect.poll(() => statusWith(secret)).toBe(401)
  })

  it('shows when it was last used', async () => {
    const { id, secret } = await create({ scope: 'read' })
    const lastUse = async () => {
      const { body } = await server.get('/api/keys')
      return body.data.keys.find((key: { id: number }) => key.id === id).last_used_at
    }
    expect(await lastUse()).toBeNull()
    const before = Date.now()
    await statusWith(secret)
    expect(Date.parse(await lastUse())).toBeGreaterThan(before - 1000)
  })

  it('reads the logs of its cameras alone', async () => {
    await server.send('POST', '/api/logs', [
      { message: 'of one', camera_id: 1 },
      { message: 'of two', camera_id: 2 },
      { message: 'of the system' },
      { message: 'by source', source: 'camera_1' },
    ])
    const { secret } = await create({ scope: 'read', cameras: [1] })
    const { body } = await server.send('GET', '/api/logs', undefined, { authorization: `Bearer ${secret}` })
    const messages = body.data.logs.map(({ message }: { message: string }) => message)
    expect(messages.sort()).toEqual(['by source', 'of one'])
    expect(body.data.pagination.total_items).toBe(2)
  })

  it.each([
    ['cameras for writing', { scope: 'ingest', cameras: [1] }],
    ['a level for writing', { scope: 'ingest', min_level: 'ERROR' }],
    ['no camera', { scope: 'read', cameras: [] }],
    ['a blank name', { scope: 'read', name: '  ' }],
    ['an unknown scope', { scope: 'all' }],
    ['no days', { scope: 'read', expires_in_days: 0 }],
    ['unknown fields', { scope: 'read', hash: 'x' }],
  ])('is not made with %s', async (_what, input) => {
    const { status, body } = await server.send('POST', '/api/keys', { name: 'a key', ...input })
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('costs no statement a request, right or wrong', async () => {
    const { secret } = await create({ scope: 'read' })
    const { pool } = server.database.database
    let statements = 0
    const counted = new Proxy(pool, {
      get: (target, name) => {
        if (name === 'query') statements++
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const auditTrail = new AuditTrail({
      pool,
      onEntry: () => {},
      hashes: { read: async () => [], keep: () => {} },
    })
    const counting = new ApiKeys({
      pool: counted,
      auditTrail,
      adminApiKey: undefined,
      onFlushFailed: () => {},
    })
    for (let request = 0; request < 100; request++) {
      expect(await counting.identify(secret)).toMatchObject({ role: 'viewer' })
      expect(await counting.identify(`${secret.slice(0, -1)}!`)).toBeUndefined()
    }
    expect(statements).toBe(1)
    await counting.close()
  })
})

describe('a rotated key', () => {
  const rotate = (id: number, body?: object) => server.send('POST', `/api/keys/${id}/rotate`, body)
  const batch = (secret: string, number: number, body: string) =>
    server.send('POST', '/api/logs', body, {
      ...{ authorization: `Bearer ${secret}`, 'content-type': 'text/plain' },
      ...{ 'x-sender': '0b54dd1c-7e5c-4b1e-9f0a-111111111111', 'x-batch': String(number) },
    })

  it('has a new secret that may do the same, and the old one goes on for a day', async () => {
    const limits = { scope: 'read', cameras: [1], min_level: 'ERROR', rate_limit: 50, expires_in_days: 90 }
    const { id, secret } = await create({ name: 'wall', ...limits })
    const { status, body } = await rotate(id)
    expect(status).toBe(201)
    const { key, replaced } = body.data
    const same = { name: 'wall', scope: 'read', cameras: [1], min_level: 'ERROR', rate_limit: 50 }
    expect([key, replaced]).toMatchObject([
      { ...same, replaced_by: null },
      { ...same, id, replaced_by: key.id },
    ])
    const DAY = 86_400_000
    const days = (text: string) => Math.round((Date.parse(text) - Date.now()) / DAY)
    expect([days(key.expires_at), days(replaced.expires_at)]).toEqual([90, 1])
    expect([await statusWith(secret), await statusWith(body.data.secret)]).toEqual([200, 200])
    const listed = (await server.get('/api/keys')).body.data.keys
    expect(listed.find((one: { id: number }) => one.id === id).replaced_by).toBe(key.id)
    const [entry] = (await server.get('/api/audit?action=key.rotate&limit=1')).body.data.entries
    expect(entry).toMatchObject({ entity: `key ${id}`, after: { key: key.id, name: 'wall' } })
    expect(JSON.stringify(entry)).not.toContain(body.data.secret)
  })

  it('answers a repeat of a batch of the old secret, which is stored once', async () => {
    const { id, secret } = await create({ scope: 'ingest' })
    const first = await batch(secret, 1, 'first of both\nsecond of both')
    const { body } = await rotate(id, { grace_hours: 0 })
    expect(await statusWith(secret)).toBe(401)
    const again = await batch(body.data.secret, 1, 'first of both\nsecond of both')
    expect(again.body.data).toEqual(first.body.data)
    expect((await batch(body.data.secret, 2, 'three')).body.data).toMatchObject({ accepted: 1 })
    const { pagination } = (await server.get('/api/logs?search=first%20of%20both')).body.data
    expect(pagination.total_items).toBe(1)
  })

  it('is rotated once, by whoever is first, and again by its newest secret alone', async () => {
    const { id } = await create({ scope: 'ingest' })
    const both = await Promise.all([rotate(id), rotate(id)])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
    const made = both.find(({ status }) => status === 201)?.body.data.key.id as number
    const refused = both.find(({ status }) => status === 409)
    expect(refused?.body.message).toContain(`Key ${made} has already replaced key ${id}`)
    const next = await rotate(made, { expires_in_days: 5 })
    expect([next.status, (await rotate(made)).status]).toEqual([201, 409])
    await server.send('DELETE', `/api/keys/${next.body.data.key.id}`)
    expect((await rotate(made)).status).toBe(201)
    for (const bad of [{ grace_hours: 721 }, { grace_hours: -1 }, { expires_in_days: 0 }, { other: 1 }]) {
      expect((await rotate(id, bad)).status).toBe(400)
    }
    await server.send('DELETE', `/api/keys/${id}`)
    expect((await rotate(id)).status).toBe(404)
  })
})

describe('a key of pages', () => {
  const SITE = 'https://shop.example'
  const send = (path: string, headers: Record<string, string>, method = 'POST') =>
    fetch(server.url + path, { method, headers, ...(method === 'POST' && { body: 'a line' }) })
  const asked = (origin: string) => ({ origin, 'access-control-request-method': 'POST' })
  const text = { 'content-type': 'text/plain' }

  it('takes lines from pages of its sites alone, also with the key in the address, and browsers are told so', async () => {
    const { secret } = await create({ scope: 'ingest', origins: [`${SITE}/`, 'http://localhost:3000'] })
    for (const path of ['/api/logs', '/v1/logs', '/loki/api/v1/push', '/shop/_bulk']) {
      const preflight = await send(path, asked(SITE), 'OPTIONS')
      expect([path, preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
        ...[path, 204, SITE],
      ])
      expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization')
      expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
      const refused = await send(path, asked('https://other.example'), 'OPTIONS')
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
    }
    const bearer = { authorization: `Bearer ${secret}` }
    const statuses = await Promise.all([
      send('/api/logs', { ...text, ...bearer, origin: SITE }),
      send(`/api/logs?key=${secret}`, { ...text, origin: SITE }),
      send(`/api/logs?key=${secret}`, { ...text, origin: 'https://other.example' }),
      send('/api/logs', { ...text, ...bearer }),
    ])
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 403, 403])
    expect(statuses.map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual([
      ...[SITE, SITE, null, null],
    ])
    expect(statuses[0]?.headers.get('vary')).toContain('Origin')
  })

  it('is the only one that is taken in an address', async () => {
    const { secret } = await create({ scope: 'ingest' })
    const reply = await send(`/api/logs?key=${secret}`, { ...text, origin: SITE })
    const { message } = (await reply.json()) as { message: string }
    expect([reply.status, message]).toEqual([401, expect.stringContaining('not a key for pages')])
    expect((await fetch(`${server.url}/api/logs?key=${server.apiKey}`)).status).toBe(401)
  })

  it.each([
    [
      'an origin with a path',
      { scope: 'ingest', origins: ['https://shop.example/app'] },
      'such as https://shop.example.',
    ],
    ['another scheme', { scope: 'ingest', origins: ['file:///x'] }, 'is not an origin'],
    ['any site', { scope: 'ingest', origins: ['*'] }, 'is not an origin'],
    ['no site', { scope: 'ingest', origins: [] }, 'origins'],
    ['the scope read', { scope: 'read', origins: [SITE] }, 'only allowed with the scope ingest'],
  ])('is not made with %s', async (_what, input, sentence) => {
    const { status, body } = await server.send('POST', '/api/keys', { name: 'pages', ...input })
    expect([status, body.message]).toEqual([400, expect.stringContaining(sentence)])
  })
})

describe('the key of the machine', () => {
  const open = async (dataDir: string, adminApiKey?: string) => {
    const access = await openAccess({
      config: {
        adminApiKey,
        dataDir,
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
    return access
  }
  const withFolder = async (run: (dataDir: string, file: string) => Promise<void>) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'timelapser-keys-'))
    await run(dataDir, join(dataDir, 'admin-api-key')).finally(() => rm(dataDir, { recursive: true }))
  }

  it('is made at the first start, kept for its owner alone, and not told again', () =>
    withFolder(async (dataDir, file) => {
      const { newApiKey } = await open(dataDir)
      expect(await readFile(file, 'utf8')).toBe(`${newApiKey}\n`)
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      await expect.poll(() => statusWith(newApiKey ?? '')).toBe(200)
      expect((await open(dataDir)).newApiKey).toBeUndefined()
      expect(await readFile(file, 'utf8')).toBe(`${newApiKey}\n`)
    }))

  it('is made known to a database that is new', () =>
    withFolder(async (dataDir) => {
      const { newApiKey } = await open(dataDir)
      await query('delete from api_keys')
      expect((await open(dataDir)).newApiKey).toBeUndefined()
      await expect.poll(() => statusWith(newApiKey ?? '')).toBe(200)
    }))

  it('is replaced at the next start when it was revoked, and never revived', () =>
    withFolder(async (dataDir) => {
      const { newApiKey } = await open(dataDir)
      await query('update api_keys set revoked_at = now()')
      await query(`select pg_notify('api_keys', '')`)
      const next = await open(dataDir)
      expect(next.newApiKey).toMatch(/^tl_/)
      expect(next.newApiKey).not.toBe(newApiKey)
      await expect.poll(() => statusWith(next.newApiKey ?? '')).toBe(200)
      expect(await statusWith(newApiKey ?? '')).toBe(401)
    }))

  it('is not made where the operator gave one, which is stored nowhere', () =>
    withFolder(async (dataDir, file) => {
      expect((await open(dataDir, 'from-the-operators-vault')).newApiKey).toBeUndefined()
      await expect(stat(file)).rejects.toThrow('ENOENT')
      const { rows } = await query('select api_keys::text as row from api_keys')
      expect(JSON.stringify(rows)).not.toContain('operators-vault')
    }))
})
