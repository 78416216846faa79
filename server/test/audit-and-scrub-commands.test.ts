import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endOf, runCommand, startCommand } from './support/command.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { ALERTS_KEY: 'a key of the test alone' } })
  await server.send('POST', '/api/logs', { level: 'INFO', message: 'plate LIC-1234', camera_id: 1 })
})
afterAll(() => server.close())

const run = (...args: string[]) => runCommand(server, args)

describe('timelapser-logs scrub', () => {
  const message = async () => (await server.get('/api/logs/1')).body.data.log.message

  it('tells with --dry-run what it would do, and does it without', { tags: ['long'] }, async () => {
    const dry = await run('scrub', '--pattern', 'lic-\\d+', '--dry-run')
    expect(dry).toMatchObject({ code: 0, stdout: 'Would mask 1 of 1 lines, for example\n  1  plate ***\n' })
    expect(await message()).toBe('plate LIC-1234')
    const unasked = await run('scrub', '--pattern', 'lic-\\d+')
    expect(unasked).toMatchObject({ code: 3, stderr: 'Nothing was masked; --yes masks without asking.\n' })
    expect(await message()).toBe('plate LIC-1234')
    expect((await run('scrub', '--status')).stdout).toBe('Nothing has been masked yet.\n')
    const masked = await run('scrub', '--pattern', 'lic-\\d+', '--yes')
    expect(masked).toMatchObject({ code: 0, stdout: 'Masked 1 of 1 lines.\n' })
    expect(await message()).toBe('plate ***')
  })

  it('stops at Ctrl-C what it began, and --status says so', { tags: ['long'] }, async () => {
    // Other deletes or rewrites keep it waiting.
    const client = await server.database.database.connect()
    await client.query('select pg_advisory_lock(7469004)')
    const child = startCommand(server, ['scrub', '--pattern', 'plate', '--yes'])
    const ended = endOf(child)
    const status = async () => (await run('scrub', '--status')).stdout
    await expect.poll(status).toMatch(/^Masked 0 of 0 lines so far, of 1 in total; started by key /)
    expect(await run('scrub', '--pattern', 'x', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('are already being masked'),
    })
    child.kill('SIGINT')
    const stopped = 'Stopped. Masked 0 of 0 lines; these stay masked.\n'
    expect(await ended).toMatchObject({ code: 3, stdout: stopped })
    await client.end()
    expect(await status()).toBe(stopped)
    expect(await run('scrub', '--stop')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No stored lines are being masked.'),
    })
  })

  it('wants one thing to do', async () => {
    for (const args of [[], ['--status', '--stop'], ['--pattern', 'x', '--stop']]) {
      const { code, stderr } = await run('scrub', ...args)
      expect([code, stderr]).toEqual([1, 'Give one of --pattern, --status and --stop.\n'])
    }
  })

  it('says what is wrong with a pattern, and where', async () => {
    const { code, stderr } = await run('scrub', '--pattern', 'abc(?=d)')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/at character 4: a look-around/)])
  })
})

describe('timelapser-logs audit list', () => {
  it('shows who did what to what, and the change, by filter', async () => {
    await server.send('PUT', '/api/settings', { retention_days: 31 })
    await server.send('PUT', '/api/settings', { retention_days: 30 })
    const { stdout } = await run('audit', 'list', '--action', 'settings', '--limit', '1')
    expect(stdout).toMatch(
      /^\d+ +\S+ +key ADMIN_API_KEY +settings\.update +settings +127\.0\.0\.1 +\{"retention_days":31\} -> \{"retention_days":30\}$/m,
    )
    expect(stdout).toContain('1 of 2; --limit shows more.')
    const { entries } = JSON.parse((await run('audit', 'list', '--entity', 'settings', '--json')).stdout)
    expect(entries).toHaveLength(2)
  })

  it('says what is wrong with a time', async () => {
    const { code, stderr } = await run('audit', 'list', '--since', 'soon')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/start_date is not ISO 8601: soon/)])
  })
})

describe('timelapser-logs audit verify', () => {
  it('is content with a trail that is as it was written, and names what is not', async () => {
    expect(await run('audit', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Checked (\d+) entries; \1 hashes .*\nThe audit trail is intact\.\n$/),
    })
    const client = await server.database.database.connect()
    await client.query('set session_replication_role = replica')
    await client.query(`update audit set actor = 'nobody' where id = 1`)
    await client.end()
    const { code, stderr } = await run('audit', 'verify')
    expect([code, stderr]).toEqual([2, 'Row 1 was changed.\n'])
  })
})

describe('timelapser-logs parse-rules', () => {
  const RULES = `rules:
  - name: shop # what it is called
    sources: [shop]
    parse: { as: logfmt }
    actions:
      - { do: drop, when: { field: status, equals: [204] } }
      - { do: level, field: status, values: { 500: ERROR } }
`

  it('tries the rules of a file, puts them in force and gives them back as a file', {
    tags: ['long'],
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'timelapser-rules-'))
    const file = join(folder, 'rules.yaml')
    writeFileSync(file, RULES)
    await server.send('POST', '/api/logs', [
      { message: 'status=500 user=anna', source: 'shop' },
      { message: 'status=204 user=anna', source: 'shop' },
    ])
    const tested = await run('parse-rules', 'test', file)
    expect(tested.stdout).toBe(
      'dropped   shop: status=204 user=anna\n' +
        'changed   shop: status=500 user=anna\n          level: INFO -> ERROR\n          status = 500\n          user = "anna"\n',
    )
    const dry = await run('parse-rules', 'apply', file, '--dry-run')
    expect(dry.stdout).toMatch(
      /^Of 2 stored lines since \S+, 1 would change and 1 would be dropped; .* Nothing was changed\./,
    )
    expect((await run('parse-rules', 'list')).stdout).toBe('There are no parse rules.\n')
    expect((await run('parse-rules', 'apply', file)).stdout).toBe('1 parse rules are now in force.\n')
    expect((await run('parse-rules', 'list')).stdout).toMatch(/^rule .*\nshop +shop +logfmt +0 +0 +0 +0\n$/)
    const listed = await run('parse-rules', 'list', '--yaml')
    expect(listed.stdout).toMatch(/^rules:\n {2}- name: shop\n {4}sources:\n/)
    writeFileSync(file, listed.stdout)
    expect((await run('parse-rules', 'apply', file)).code).toBe(0)
    writeFileSync(file, '[{ "name": "shop", "sources": ["shop"], "parse": { "as": "xml" } }]')
    expect(await run('parse-rules', 'apply', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('rules.0.parse.as must be one of json, logfmt'),
    })
    writeFileSync(file, 'rules: [')
    expect((await run('parse-rules', 'test', file)).stderr).toContain(`${file} is neither YAML nor JSON: `)
    rmSync(folder, { recursive: true })
  })
})

describe('timelapser-logs alerts', () => {
  const RULES = `alerts:
  - name: Camera offline
    query: ""
    group_by: camera
    condition: { kind: silence, minutes: 15 }
  - name: Plates
    query: q=plate
    condition: { kind: any }
    note: Wash them.
`
  const folder = mkdtempSync(join(tmpdir(), 'timelapser-alerts-'))
  const file = join(folder, 'alerts.yaml')
  beforeEach(() => writeFileSync(file, RULES))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('applies a file of rules, lists them and gives them back as a file, and shows the digest', async () => {
    expect((await run('alerts', 'apply', file)).stdout).toBe('made: Camera offline, Plates\n')
    const [listed, yaml, digest] = await Promise.all([
      run('alerts', 'list'),
      run('alerts', 'list', '--yaml'),
      run('alerts', 'digest', '--timezone', 'Europe/Berlin'),
    ])
    expect(listed.stdout).toMatch(
      /Camera offline +no line for 15 minutes, for each camera +- .*\n.* Plates +any line +q=plate +normal/,
    )
    expect(yaml.stdout).toMatch(/^alerts:\n {2}- name: Camera offline\n[\s\S]*note: Wash them\.\n$/)
    expect(digest.stdout).toMatch(
      /\(Europe\/Berlin\), the day before in parentheses\.[\s\S]*No daily digest is sent\. Set one with/,
    )
  })

  it('tries, silences, explains and shows rules, sets the digest, and says what is missing', {
    tags: ['long'],
  }, async () => {
    await run('alerts', 'apply', file)
    await server.send('POST', '/api/alerts/channels', {
      name: 'ops',
      webhook: { url: 'http://127.0.0.1:9/' },
    })
    const [tested, refused, silenced, why, history, set, missing, nobody] = await Promise.all([
      run('alerts', 'test', file, '--days', '1'),
      run('alerts', 'test', '--channel', 'ops'),
      run('alerts', 'silence', 'Plates', '--for', '2h', '--reason', 'car wash'),
      run('alerts', 'why', 'Plates'),
      run('alerts', 'history', 'Plates', '--json'),
      run('alerts', 'digest', '--at', '07:00', '--timezone', 'UTC', '--channel', 'ops'),
      run('alerts', 'silence', 'Plates', '--for', '2h'),
      run('alerts', 'history', 'Nobody'),
    ])
    expect(tested.stdout).toMatch(
      /^Camera offline: \d+ times in 1 days, in \d+ groups\.\n[\s\S]*Plates: \d+ times in 1 days/,
    )
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The notice was not accepted.'),
    })
    expect(silenced.stdout).toMatch(/^Plates held back until \S+ by .*: car wash \(silence 1\)\n$/)
    expect(why.stdout).toMatch(/: (normal|not evaluated)\n {2}\S/)
    expect(JSON.parse(history.stdout)).toEqual({ transitions: [] })
    expect(set.stdout).toMatch(/^Sent daily at 07:00 \(UTC\) to ops; next at \S+T07:00:00Z\.\n$/)
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('Give --for and --reason.')])
    expect(nobody.stderr).toContain('There is no alert rule "Nobody".')
    // A message cannot make a terminal do what it says, nor end its line.
    await server.send('POST', '/api/logs', {
      ...{ level: 'ERROR', message: 'gate \u001b[2J\nopen', source: 'gate' },
      timestamp: new Date(Date.now() - 120_000).toISOString(),
    })
    expect((await run('alerts', 'digest')).stdout).toMatch(/ERROR gate \\u001b\[<n>J \(1 line/)
    writeFileSync(file, 'alerts: []')
    // A rule that is deleted takes its silences along.
    const ended = await run('alerts', 'silence', '--end', '1')
    const [off, pruned] = await Promise.all([
      run('alerts', 'digest', '--off'),
      run('alerts', 'apply', file, '--prune'),
    ])
    expect(ended.stdout).toBe('The silence 1 has ended.\n')
    expect(off.stdout).toBe('The daily digest is switched off.\n')
    expect(pruned.stdout).toBe('deleted: Camera offline, Plates\n')
  })
})
