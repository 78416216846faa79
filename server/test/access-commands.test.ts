import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { runCommand } from './support/command.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { makeDataFolder } from './support/temporary-folder.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ dataDirectory: tmpdir() })
})
afterAll(() => server.close())

const run = (...args: string[]) => runCommand(server, args)

/** The answer of a command that has to succeed. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, '--json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

describe('users', () => {
  const signIn = async (password = 'correct horse battery') =>
    (await new Browser(server.url).post('/api/auth/sign-in', { username: 'vic', password })).status

  it('are invited, listed, changed, disabled and enabled by name', { tags: ['long'] }, async () => {
    const made = await json('users', 'invite', 'Vic', '--camera', '1', '--camera', '4')
    expect(made).toMatchObject({ username: 'Vic', role: 'viewer' })
    expect((await run('users', 'list')).stdout).toMatch(/^Vic +viewer +cameras 1, 4 +invited +never$/m)
    const secret = made.url.split('#link=')[1]
    const input = { secret, username: 'Vic', password: 'correct horse battery' }
    expect((await new Browser(server.url).post('/api/auth/link', input)).status).toBe(200)
    expect((await run('users', 'invite', 'vic')).stderr).toMatch(/^Vic is a user already/)

    expect((await run('users', 'cameras', 'vic', '2')).stdout).toBe('Vic: viewer, camera 2, active.\n')
    expect((await json('users', 'cameras', 'VIC', 'all')).cameras).toBeNull()
    expect((await json('users', 'role', 'vic', 'admin')).role).toBe('admin')
    expect((await run('users', 'disable', 'vic')).stderr).toMatch(/is the last administrator/)
  })

  it('lose and regain their way in at once', { tags: ['long'] }, async () => {
    const { url } = await json('users', 'invite', 'root', '--role', 'admin')
    const secret = url.split('#link=')[1]
    const input = { secret, username: 'root', password: 'correct horse battery' }
    await new Browser(server.url).post('/api/auth/link', input)
    expect((await run('users', 'disable', 'vic')).stdout).toBe('Vic: admin, all logs, disabled.\n')
    expect(await signIn()).toBe(401)
    expect((await json('users', 'enable', 'vic')).disabled).toBe(false)
    expect(await signIn()).toBe(200)
  })
})

describe('keys', () => {
  it('are created with all their limits, listed and revoked', async () => {
    const { key, secret } = await json(
      ...['keys', 'create', 'wall', '--scope', 'read', '--camera', '1', '--min-level', 'warning'],
      ...['--rate-limit', '600', '--expires-in-days', '90'],
    )
    expect(key).toMatchObject({ scope: 'read', cameras: [1], min_level: 'WARNING', rate_limit: 600 })
    expect(Date.parse(key.expires_at)).toBeGreaterThan(Date.now() + 89 * 86_400_000)
    const session = () => server.send('GET', '/api/session', undefined, { authorization: `Bearer ${secret}` })
    expect((await session()).body.data.name).toBe('wall')
    const { stdout } = await run('keys', 'list')
    expect(stdout).toMatch(/wall +tl_\S{8}… +read +camera 1, WARNING and above, 600 requests per minute/)
    expect(stdout).not.toContain(secret)
    expect((await run('keys', 'revoke', String(key.id))).stdout).toMatch(/^Revoked: key \d+, "wall"/)
    expect((await session()).status).toBe(401)
  })

  it('get a new secret, and the old one goes on for as long as was said', async () => {
    const { key } = await json(
      'keys',
      'create',
      'shop',
      '--scope',
      'ingest',
      '--origin',
      'https://shop.example',
    )
    const { code, stdout, stderr } = await run('keys', 'rotate', String(key.id), '--grace-hours', '48')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^tl_[\w-]{43}\n$/)
    expect(stderr).toMatch(
      /^Key (\d+), "shop" \(ingest\): pages of https:\/\/shop\.example, replaces key \d+\. It is not shown again\.\nKey \d+ stays valid until 2/,
    )
    expect((await run('keys', 'list')).stdout).toMatch(/shop .*Z, replaced by \d+ +never/)
  })

  it('cannot make a terminal do what their name says', async () => {
    const name = 'clear \u001b[2J\u202e\nscreen'
    await server.send('POST', '/api/keys', { name, scope: 'read' })
    const { stdout } = await run('keys', 'list')
    expect(stdout).toContain('clear \\u001b[2J\\u202e screen')
    expect(stdout).not.toContain('\u001b')
  })

  it('are alone on stdout when they are made', async () => {
    const { code, stdout, stderr } = await run('keys', 'create', 'camera 3', '--scope', 'ingest')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^tl_[\w-]{43}\n$/)
    expect(stderr).toMatch(/^Key \d+, "camera 3" \(ingest\): no separate limits\. It is not shown again\./)
  })
})

describe('settings', () => {
  it('are listed, read and set, as text or JSON', { tags: ['long'] }, async () => {
    const list = await run('settings', 'list')
    expect(list.stdout).toMatch(/^log_level +INFO$/m)
    expect(await json('settings', 'list')).toMatchObject({ log_level: 'INFO', retention_days: 30 })
    expect((await run('settings', 'get', 'timezone')).stdout).toBe('UTC\n')
    expect((await run('settings', 'set', 'timezone', 'Europe/Berlin')).stdout).toBe(
      'timezone is now Europe/Berlin.\n',
    )
    expect((await run('settings', 'set', 'retention_days', '2', '--dry-run')).stdout).toMatch(
      /^\d+ lines? would be deleted, 0 MB freed\. Nothing is changed\.\n$/,
    )
    expect(await json('settings', 'get', 'retention_days')).toBe(30)
    const old = {
      message: 'of two weeks ago',
      timestamp: new Date(Date.now() - 14 * 86_400_000).toISOString(),
    }
    await server.send('POST', '/api/logs', old, { 'x-import': 'true' })
    const unconfirmed = await run('settings', 'set', 'retention_days', '7')
    expect([unconfirmed.code, unconfirmed.stdout]).toEqual([3, ''])
    expect(unconfirmed.stderr).toMatch(
      /^1 line will be deleted permanently by the next run of retention\.\nNothing was changed/,
    )
    expect(await json('settings', 'get', 'retention_days')).toBe(30)
    expect((await run('settings', 'set', 'retention_days', '7', '--yes')).stdout).toBe(
      'retention_days is now 7.\n',
    )
    expect((await run('settings', 'set', 'retention_days', '30')).code).toBe(0)
    const set = await json('settings', 'set', 'retention_by_level', '{"DEBUG": 3}')
    expect(set).toEqual({ retention_by_level: { DEBUG: 3 } })
    expect(await json('settings', 'get', 'retention_by_level')).toEqual({ DEBUG: 3 })
  })
})

describe('a dry run of ingest', () => {
  it('reads stdin for a hyphen, which stands alone', async () => {
    const args = ['ingest', '-', '--source', 'hyphen', '--dry-run']
    const read = await runCommand(server, args, {}, 'ERROR one\nINFO two\n')
    expect(read).toMatchObject({ code: 0, stdout: expect.stringContaining('Read 2 lines of stdin') })
    const beside = await runCommand(server, ['ingest', '-', 'a.log'], {}, '')
    expect(beside).toMatchObject({
      code: 1,
      stderr: '- stands for stdin, which cannot be read together with files.\n',
    })
  })

  it('ends as the run does, and a retention that is raised is said to be', { tags: ['long'] }, async () => {
    const folder = makeDataFolder('dry-run')
    const file = join(folder, 'old.log')
    writeFileSync(file, `${new Date(Date.now() - 90 * 86_400_000).toISOString()} INFO old\n`)
    const ingest = (...options: string[]) => run('ingest', file, ...options)
    const [dry, real] = [await ingest('--dry-run'), await ingest()]
    expect([dry.code, real.code]).toEqual([2, 2])
    expect(dry.stderr).toBe(real.stderr)
    const raising = await ingest('--keep-days', '400', '--dry-run')
    expect([raising.code, raising.stderr]).toEqual([
      0,
      'The retention would be raised from 30 days to 400 days, for all logs, permanently.\n',
    ])
    expect(await json('settings', 'get', 'retention_days')).toBe(30)
    const raised = await ingest('--keep-days', '400')
    expect([raised.code, raised.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^The retention is raised from 30 days to 400 days, .* settings set retention_days 30" reverts this\.\n$/,
      ),
    ])
    const alone = await run('ingest', file, '--dry-run', '--url', 'http://127.0.0.1:1')
    expect([alone.code, alone.stderr]).toEqual([0, expect.stringContaining('is not checked')])
    rmSync(folder, { recursive: true })
  })
})

it.each([
  [['users', 'disable', 'nobody'], 'There is no user nobody.'],
  [['users', 'role', 'vic', 'king'], 'Allowed choices are admin, viewer'],
  [['users', 'cameras', 'vic', 'door'], '"door" is not a whole number'],
  [['keys', 'create', 'x'], "required option '--scope <scope>' not specified"],
  [
    ['keys', 'create', 'x', '--scope', 'ingest', '--camera', '1'],
    'cameras is only allowed with the scope read',
  ],
  [['keys', 'create', 'x', '--scope', 'read', '--rate-limit', '0'], 'rate_limit must be at least 1'],
  [
    ['keys', 'create', 'x', '--scope', 'read', '--min-level', 'loud'],
    'Invalid log level. Must be one of: DEBUG',
  ],
  [['keys', 'revoke', '9999'], 'There is no API key 9999'],
  [['settings', 'get', 'colour'], 'colour is not a setting. Settings: log_level'],
  [['settings', 'set', 'message_max', '5'], 'message_max must be a whole number of bytes from 100'],
  [['settings', 'set', 'timezone', 'Mars/Olympus'], 'IANA name'],
  [['settings', 'list', '--url', 'http://127.0.0.1:1'], 'No response from http://127.0.0.1:1'],
  [['keys', 'list', '--key', 'tl_wrong'], 'does not accept this API key'],
])('%j is refused with exit code 1 and a sentence', async (args, sentence) => {
  const { code, stdout, stderr } = await run(...args)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(sentence)
  expect(stderr).not.toMatch(/^\s+at /m)
})

it.each(['users', 'keys', 'settings'])('%s --help shows examples and exit codes', async (name) => {
  const { code, stdout } = await run(name, '--help')
  expect(code).toBe(0)
  expect(stdout).toContain(`  timelapser-logs ${name} list`)
  expect(stdout).toContain('Exit codes:')
})

describe('packing', () => {
  it('is turned on by its setting, and packed lines are made rows again', { tags: ['long'] }, async () => {
    expect((await run('settings', 'set', 'pack_after_days', '3')).code).toBe(0)
    const { stderr, code } = await run('unpack')
    expect(stderr).toMatch(/^0 packed lines take 0 MB now, and about 0 MB as rows\.\n/)
    expect(code).toBe(3)
    const { packing } = await json('unpack', '--yes')
    expect(packing).toMatchObject({ pack_after_days: 0, is_unpacking: false, begun_at: null })
    // With nothing to do it does not ask.
    expect((await json('unpack')).packing).toMatchObject({ pack_after_days: 0, packed_rows: 0 })
  })

  it('unpacks every line, where there is room for it', { tags: ['long'] }, async () => {
    const records = Array.from({ length: 2000 }, (_, index) => ({
      timestamp: new Date(Date.UTC(2025, 0, 2, 3, 0, index)).toISOString(),
      level: index % 10 ? 'INFO' : 'ERROR',
      source: 'packed',
      message: `line ${index} of many`,
      extra_data: index % 3 ? { n: index } : null,
    }))
    expect((await server.send('POST', '/api/logs', records, { 'x-import': 'true' })).status).toBe(200)
    const { pool } = server.database.database
    await pool.query('update log_partitions set closed_at = now(), indexed_at = now() where upper < now()')
    const lines = async () =>
      (await run('export', '--source', 'packed', '--since', '2025-01-01T00:00:00Z', '--format', 'ndjson'))
        .stdout
    const before = await lines()
    expect(before.trim().split('\n')).toHaveLength(2000)
    await run('settings', 'set', 'pack_after_days', '3')
    await pool.query(`update log_packing set begun_at = now() - interval '1 hour'`)
    await pool.query(`select pg_notify('log_packing', '')`)
    const progress = async () => (await server.get('/api/packing')).body.data.packing
    await expect.poll(progress).toMatchObject({ packed_rows: 2000, due_partitions: 0 })
    expect(await lines()).toBe(before)

    await server.send('PUT', '/api/settings', { disk_reserve_bytes: Number.MAX_SAFE_INTEGER })
    await expect
      .poll(async () => (await run('unpack', '--yes')).stderr)
      .toMatch(/Packed lines take [\d,]+ bytes more as rows, and 0 are free above disk_reserve_bytes/)
    expect(await progress()).toMatchObject({ pack_after_days: 3, is_unpacking: false })
    await server.send('PUT', '/api/settings', { disk_reserve_bytes: 0 })
    const { packing } = await json('unpack', '--yes')
    expect(packing).toMatchObject({ begun_at: null, packed_rows: 0 })
    expect(await lines()).toBe(before)
    const { rows } = await pool.query(`select count(*) as rows from only logs where source = 'packed'
      union all select count(*) from logs where source = 'packed'`)
    expect(rows).toEqual([{ rows: 0 }, { rows: 2000 }])
  })
})
