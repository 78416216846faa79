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

describe('the key of the machine', () => {
  const open = async (dataDir: string, adminApiKey?: string) => {
    const access = await openAccess({
      config: { adminApiKey, dataDir, publicUrl: undefined },
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
