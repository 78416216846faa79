import { readFile, stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser } from '../support/browser.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const query = (text: string, values: unknown[] = []) => server.database.database.pool.query(text, values)
const newest = async (parameters = '') => (await server.get(`/api/audit?${parameters}`)).body.data.entries

describe('what somebody changes', () => {
  it('is written with who, what, before and after, and from where', async () => {
    const { headers } = await server.send('PUT', '/api/settings', {
      timezone: 'Europe/Berlin',
      retention_days: 30,
    })
    const [entry] = await newest()
    expect(entry).toMatchObject({
      actor: 'key ADMIN_API_KEY',
      action: 'settings.update',
      entity: 'settings',
      before: { timezone: 'UTC' },
      after: { timezone: 'Europe/Berlin' },
      address: '127.0.0.1',
      request_id: headers.get('x-request-id'),
    })
    expect(server.reports.filter(({ kind }) => kind === 'audit').at(-1)?.detail).toEqual(entry)
  })

  it('is written without what redaction looks for, which may be the secret', async () => {
    await server.send('PUT', '/api/settings', { redaction: ['hunter2', 'LIC-\\d+'] })
    const [entry] = await newest()
    expect(entry).toMatchObject({
      before: { redaction_pattern_characters: [] },
      after: { redaction_pattern_characters: [7, 7] },
    })
    expect(JSON.stringify(await newest())).not.toContain('hunter2')
    await server.send('PUT', '/api/settings', { redaction: [] })
  })

  it('is not written when nothing changed or the change was refused', async () => {
    const before = await newest()
    await server.send('PUT', '/api/settings', { timezone: 'Europe/Berlin' })
    await server.send('PUT', '/api/settings', { timezone: 'Nowhere' })
    await server.send('DELETE', '/api/cameras/77')
    expect(await newest()).toEqual(before)
  })

  it('is written for cameras and keys, and no secret with it', async () => {
    await server.send('POST', '/api/cameras', { id: 4, name: 'Front' })
    await server.send('PUT', '/api/cameras/4', { name: 'Door' })
    await server.send('DELETE', '/api/cameras/4')
    const { body } = await server.send('POST', '/api/keys', { name: 'agent', scope: 'ingest' })
    const { key, secret } = body.data
    await server.send('DELETE', `/api/keys/${key.id}`)
    const entries = await newest('limit=5')
    expect(entries.map(({ action, entity }: Record<string, string>) => `${action} ${entity}`)).toEqual([
      `key.revoke key ${key.id}`,
      `key.create key ${key.id}`,
      'camera.delete camera 4',
      'camera.rename camera 4',
      'camera.create camera 4',
    ])
    expect(entries[3]).toMatchObject({ before: { name: 'Front' }, after: { name: 'Door' } })
    expect(JSON.stringify(entries)).not.toContain(secret)
  })

  it('is written at its start and with its result when it takes long', async () => {
    await server.send('POST', '/api/logs', { level: 'INFO', message: 'one' })
    await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
    await server.send('POST', '/api/logs/cleanup/undo')
    await server.send('POST', '/api/logs/cleanup/undo')
    const entries = await newest('action=logs')
    const told = entries.map(({ action, after }: Record<string, unknown>) => [action, after])
    expect(told).toEqual([
      ['logs.undo.failed', { error: 'Nothing was cleared in the last 10 minutes.' }],
      ['logs.undo.started', {}],
      ['logs.undo', { restored_count: 1 }],
      ['logs.undo.started', {}],
      ['logs.clear', { deleted_count: 1 }],
      ['logs.clear.started', {}],
    ])
  })
})

describe('coming in', () => {
  it('is written, also when it fails, without the password', async () => {
    const { body } = await server.send('POST', '/api/users/link', { username: 'anna', role: 'viewer' })
    const browser = new Browser(server.url)
    const password = 'correct horse battery'
    await browser.post('/api/auth/link', {
      secret: body.data.url.split('#link=')[1],
      username: 'anna',
      password,
    })
    await new Browser(server.url).post('/api/auth/sign-in', { username: 'anna', password: 'wrong horse' })
    await new Browser(server.url).post('/api/auth/sign-in', { username: 'anna', password })
    await browser.post('/api/auth/sign-out', {})
    const entries = await newest('entity=user%20anna')
    expect(entries.map(({ actor, action }: Record<string, string>) => `${actor}: ${action}`)).toEqual([
      'nobody: sign-out',
      'nobody: sign-in',
      'nobody: sign-in.failed',
      'nobody: link.redeemed',
      'key ADMIN_API_KEY: user.link',
    ])
    expect(JSON.stringify(entries)).not.toMatch(/horse/)
  })

  it('is written without the name when nobody has it, for it may be a password in the wrong place', async () => {
    const attempt = { username: 'my-Password-1', password: 'anna' }
    await new Browser(server.url).post('/api/auth/sign-in', attempt)
    await new Browser(server.url).post('/api/auth/link', { ...attempt, password: 'horse 12', secret: 'none' })
    const entries = await newest('limit=2')
    expect(entries.map(({ action, entity }: Record<string, string>) => `${action}: ${entity}`)).toEqual([
      'link.refused: unknown user',
      'sign-in.failed: unknown user',
    ])
    expect(JSON.stringify(await newest('limit=1000'))).not.toContain('my-Password-1')
  })
})

describe('the trail', () => {
  it('is read in pages and by filter', async () => {
    const { body } = await server.get('/api/audit?action=camera&limit=2&page=2')
    expect(body.data.entries.map(({ action }: { action: string }) => action)).toEqual(['camera.create'])
    expect(body.data.pagination).toEqual({
      ...{ page: 2, limit: 2, total_pages: 2, total_items: 3 },
      ...{ has_next: false, has_previous: true, is_cut: false },
    })
    expect((await server.get('/api/audit?start_date=soon')).body.code).toBe('INVALID_DATE')
    expect(await newest('end_date=2020-01-01')).toEqual([])
  })

  it('cannot be changed, shortened or emptied, and its chain survives many writers at once', async () => {
    await expect(query('update audit set actor = $1', ['nobody'])).rejects.toThrow('never changed')
    await expect(query('delete from audit')).rejects.toThrow('never changed')
    await expect(query('truncate audit')).rejects.toThrow('never changed')
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        server.send('POST', '/api/cameras', { name: `Camera ${index}` }),
      ),
    )
    const { body } = await server.get('/api/audit/verify')
    expect(body.data.faults).toEqual([])
    expect(body.data.compared).toBe(body.data.checked)
  })
})

// A superuser switches the triggers off; changes made without them must be found, and undone for the next test.
describe('tampering is found', () => {
  const faults = async () => (await server.get('/api/audit/verify')).body.data.faults
  async function tamper(statements: string[], look: () => Promise<void>): Promise<void> {
    const client = await server.database.database.connect()
    try {
      await client.query('create table kept as select * from audit')
      await client.query('set session_replication_role = replica')
      for (const statement of statements) await client.query(statement)
      await look()
      await client.query('delete from audit')
      await client.query('insert into audit select * from kept')
      await client.query('drop table kept')
    } finally {
      await client.end()
    }
    expect(await faults()).toEqual([])
  }

  it.each([
    ['what a row says', `update audit set after = '{"name": "Other"}' where id = 2`],
    ['who did it', `update audit set actor = 'user ben' where id = 2`],
    ['when', `update audit set at = at + interval '1 microsecond' where id = 2`],
  ])('when %s was changed', (_what, statement) =>
    tamper([statement], async () => {
      expect(await faults()).toEqual([{ id: 2, fault: 'changed', sentence: 'Row 2 was changed.' }])
    }),
  )

  it('when a row is missing', () =>
    tamper(['delete from audit where id = 3'], async () => {
      expect(await faults()).toMatchObject([{ id: 3, fault: 'missing', sentence: 'Row 3 is missing.' }])
    }))

  it('when the end was cut off', () =>
    tamper(['delete from audit where id > 4'], async () => {
      expect(await faults()).toMatchObject([{ id: 5, fault: 'cut off' }])
    }))

  it('when the end was cut off and the head with it', async () => {
    const { rows } = await query('select * from audit_head')
    await tamper(
      [
        'delete from audit where id > 4',
        'update audit_head set (id, hash) = (select id, hash from audit order by id desc limit 1)',
      ],
      async () => {
        expect(await faults()).toMatchObject([{ id: 5, fault: 'cut off' }])
        await query('update audit_head set id = $1, hash = $2', [rows[0].id, rows[0].hash])
      },
    )
  })

  it('when all of it was written anew, hashes and all', async () => {
    const { rows } = await query('select * from audit_head')
    const rewrite = `
      do $$
      declare r audit; last bytea := '';
      begin
        update audit set actor = 'user ben' where id = 2;
        for r in select * from audit order by id loop
          r.previous_hash := last;
          last := sha256(last || convert_to(audit_content(r), 'UTF8'));
          update audit set previous_hash = r.previous_hash, hash = last where id = r.id;
        end loop;
        update audit_head set hash = last;
      end $$`
    await tamper([rewrite], async () => {
      const [first] = await faults()
      expect(first).toEqual({
        id: 2,
        fault: 'changed',
        sentence: 'Row 2 has another hash than was kept elsewhere.',
      })
      await query('update audit_head set id = $1, hash = $2', [rows[0].id, rows[0].hash])
    })
  })
})

it('leaves its routes to administrators alone', async () => {
  const { body } = await server.send('POST', '/api/keys', { name: 'reader', scope: 'read' })
  for (const path of ['/api/audit', '/api/audit/verify']) {
    const { status } = await server.send('GET', path, undefined, {
      authorization: `Bearer ${body.data.secret}`,
    })
    expect(status).toBe(403)
  }
})

it('keeps its hashes in a file of its own that only its owner reads', async () => {
  const file = `${server.dataDir}/audit-hashes`
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toMatch(/^([0-9a-f-]{36} \d+ [0-9a-f]{64}\n)+$/)
})

it('leaves nothing of a change that it could not write down', async () => {
  const { pool } = server.database.database
  const rename = (from: string, to: string) => pool.query(`alter function ${from} rename to ${to}`)
  const arrived = await server.send('POST', '/api/users/link', { username: 'before', role: 'viewer' })
  const secret = arrived.body.data.url.split('#link=')[1]
  const redeem = () =>
    server.send('POST', '/api/auth/link', { secret, username: 'before', password: 'correct horse battery' })
  await rename('append_audit', 'append_nothing')
  try {
    const refused = [
      await server.send('POST', '/api/users/link', { username: 'unwritten', role: 'viewer' }),
      await server.send('POST', '/api/keys', { name: 'unwritten', scope: 'read' }),
      await server.send('PUT', '/api/settings', { timezone: 'Asia/Tokyo' }),
      await server.send('POST', '/api/cameras', { name: 'unwritten' }),
      await server.send('PUT', '/api/levels', { scope: 'source', target: 'unwritten', level: 'DEBUG' }),
      await redeem(),
    ]
    expect(refused.map(({ status }) => status)).toEqual([500, 500, 500, 500, 500, 500])
  } finally {
    await rename('append_nothing', 'append_audit')
  }
  const paths = ['/api/users', '/api/keys', '/api/settings', '/api/cameras', '/api/levels']
  for (const path of paths)
    expect(JSON.stringify((await server.get(path)).body)).not.toMatch(/unwritten|Tokyo/)
  expect((await redeem()).status).toBe(200)
})

it('ends a page whose entries have over 8 MB together, and says so', { tags: ['long'] }, async () => {
  await query(
    `select append_audit('user x', 'test.long', 'x', null, jsonb_build_object('text', repeat('x', 4200000)), null, null)
    from generate_series(1, 3)`,
  )
  const { body } = await server.get('/api/audit?action=test.long&limit=100')
  expect([body.data.entries.length, body.data.pagination.is_cut]).toEqual([2, true])
  const { body: few } = await server.get('/api/audit?action=test.long&limit=2&page=2')
  expect([few.data.entries.length, few.data.pagination.is_cut]).toEqual([1, false])
})
