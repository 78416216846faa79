// Inputs made to do harm; docs/security.md has the table of them.
import { lstat, readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Sends bytes as they are; the first line of what comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url)
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
      if (answer.includes('\r\n')) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''))
  })
}

describe('what is too large is refused', () => {
  it('a body over 16 MB, also one that unpacks to it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a'))
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' }
    expect((await server.send('POST', '/api/logs', bomb, headers)).status).toBe(413)
  })

  it('a body over 1 MB anywhere else', async () => {
    const { status } = await server.send('POST', '/api/cameras', { name: 'x'.repeat(1024 * 1024 + 1) })
    expect(status).toBe(413)
  })

  it('headers over 16 kB, and an address over it', async () => {
    const long = 'x'.repeat(20_000)
    expect(await raw(`GET /healthz HTTP/1.1\r\nhost: a\r\nx-long: ${long}\r\n\r\n`)).toMatch(/ 431 /)
    expect(await raw(`GET /${long} HTTP/1.1\r\nhost: a\r\n\r\n`)).toMatch(/ 431 /)
  })

  it('JSON nested 100,000 deep', async () => {
    const deep = `{"level":"INFO","message":"x","extra_data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`
    const { status, body } = await server.send('POST', '/api/logs', deep, {
      'content-type': 'application/json',
    })
    expect([status, body.data?.accepted ?? 0]).toEqual([expect.any(Number), 0])
    expect(status).toBeLessThan(500)
    expect((await server.get('/readyz')).status).toBe(200)
  })
})

describe('what would be read as something else is taken as it is', () => {
  it.each([
    ["'; drop table logs; --"],
    ["' or '1'='1"],
    ['%_\\'],
    ['<script>alert(1)</script>'],
    ['{jndi:ldap://x}'],
    ['../../etc/passwd'],
    ['\u202Etxt.exe'],
  ])('%j as a message, a source and a search', async (text) => {
    await server.send('POST', '/api/logs', { level: 'INFO', message: text, source: text, logger_name: text })
    const { body } = await server.get(`/api/logs?search=${encodeURIComponent(text)}`)
    expect(body.data.logs[0]).toMatchObject({ message: text, source: text, logger_name: text })
    const { body: bySource } = await server.get(`/api/logs?source=${encodeURIComponent(text)}`)
    expect(bySource.data.logs).toHaveLength(1)
  })

  it('names that JavaScript gives a meaning', async () => {
    const record = '{"level":"INFO","message":"p","extra_data":{"__proto__":{"admin":true},"constructor":1}}'
    await server.send('POST', '/api/logs', record, { 'content-type': 'application/json' })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    expect(
      (await server.send('PUT', '/api/settings', JSON.parse('{"__proto__":{"log_level":"DEBUG"}}'))).status,
    ).toBe(400)
  })

  it('a path that leaves the page’s folder', async () => {
    for (const path of [
      '/assets/..%2f..%2fpackage.json',
      '/assets/../../../etc/passwd',
      '/..%2f..%2fpackage.json',
    ]) {
      const answer = await fetch(`${server.url}${path}`)
      expect([path, [403, 404].includes(answer.status)]).toEqual([path, true])
    }
  })

  it('two lengths, or a length and chunks', async () => {
    const post = 'POST /api/logs HTTP/1.1\r\nhost: a\r\n'
    expect(await raw(`${post}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`)).toMatch(/ 400 /)
    expect(await raw(`${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(
      / 400 /,
    )
  })
})

it('a crowd that asks for /readyz while the database is slow costs it one look', async () => {
  const { pool } = server.database.database
  const original = pool.query
  const slow = Promise.withResolvers<void>()
  let statements = 0
  pool.query = ((...args: Parameters<typeof original>) => {
    statements++
    return slow.promise.then(() => original.apply(pool, args))
  }) as typeof original
  try {
    const crowd = Array.from({ length: 200 }, () => fetch(`${server.url}/readyz`))
    const connected = () =>
      new Promise((resolve) => server.system.app.server.getConnections((_, count) => resolve(count)))
    await expect.poll(connected).toBeGreaterThanOrEqual(200)
    expect(statements).toBeLessThan(50)
    slow.resolve()
    for (const { status } of await Promise.all(crowd)) expect(status).toBe(200)
  } finally {
    pool.query = original
  }
})

describe('every reply', () => {
  it.each(['/', '/api/session', '/api/nothing', '/healthz'])(
    'of %s carries the headers that protect it',
    async (path) => {
      const { headers } = await fetch(`${server.url}${path}`)
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': expect.stringMatching(
          /^default-src 'self';.*frame-ancestors 'none';.*script-src 'self';/,
        ),
        'x-content-type-options': 'nosniff',
        'x-frame-options': expect.stringMatching(/DENY|SAMEORIGIN/),
        'referrer-policy': 'no-referrer',
      })
      expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/)
      expect(headers.get('x-powered-by')).toBeNull()
    },
  )

  it('tells nothing of stacks, statements or files when something fails', async () => {
    const answers = await Promise.all([
      server.get('/api/logs?cursor=broken'),
      server.get(`/api/logs?q=${encodeURIComponent('/(/')}`),
      server.send('PUT', '/api/settings', { timezone: { $gt: '' } }),
      server.send('POST', '/api/keys', { name: 'x', scope: 'root' }),
    ])
    for (const { status, body } of answers) {
      expect(status).toBe(400)
      expect(JSON.stringify(body)).not.toMatch(/select |\.ts:|node_modules|\/work|stack/i)
    }
  })
})

it('keeps its own files from other users of the machine', async () => {
  const open: string[] = []
  for (const name of await readdir(server.dataDir)) {
    const { mode } = await lstat(join(server.dataDir, name))
    if ((mode & 0o077) !== 0) open.push(name)
  }
  expect(open).toEqual([])
})

it('stores no credential that a line carries, and logs none of its own', async () => {
  const secret = 'hunter2geheim'
  await server.send('POST', '/api/logs', {
    level: 'INFO',
    message: `rtsp://admin:${secret}@10.0.0.9/1 password=${secret} Authorization: Bearer ${secret}99`,
    extra_data: { headers: { cookie: `session=${secret}` }, url: `http://a/?token=${secret}` },
  })
  await server.send('POST', '/api/auth/sign-in', { username: 'x', password: secret })
  const { body } = await server.get('/api/logs?limit=1000')
  expect(JSON.stringify(body)).not.toContain(secret)
  expect(JSON.stringify(server.reports)).not.toMatch(new RegExp(`${secret}|${server.apiKey}`))
  const { rows } = await server.database.database.pool.query(
    'select row_to_json(a)::text as text from audit a',
  )
  expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${secret}|${server.apiKey}`))
})
