// tail, query, stats, cameras, cleanup, undo, diagnose and completion, as they are started in a shell.
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAIN, temporaryFolder } from '../../test/support/program.ts'
import { endOf, runCommand, startCommand } from './support/command.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const PROGRAM = ['--conditions=timelapser-source', MAIN]

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.send('POST', '/api/logs', [
    { level: 'INFO', message: 'one', source: 'api' },
    { level: 'WARNING', message: 'two', source: 'camera_3', camera_id: 3, extra_data: { retries: 2 } },
    { level: 'ERROR', message: 'three \u001b[2J and on', source: 'camera_3', camera_id: 3 },
  ])
})
afterAll(() => server.close())

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(server, args, { NO_COLOR: '1', ...env })

const messagesIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).message)

describe('query and tail', () => {
  it('print what matches as JSON where nobody watches, the newest last', async () => {
    const { code, stdout, stderr } = await run(['query', '--min-level', 'warning'])
    expect({ code, messages: messagesIn(stdout) }).toEqual({
      code: 0,
      messages: ['two', 'three \u001b[2J and on'],
    })
    expect(stderr).toBe('2 of 2 lines\n')
    expect(messagesIn((await run(['tail', '-n', '1', '--source', 'api'])).stdout)).toEqual(['one'])
  })

  it('print lines for people that cannot steer the terminal', async () => {
    const { stdout } = await run(['query', '--camera', '3', '--no-json'])
    expect(stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,3} +WARNING +camera_3 Camera 3 two retries=2\n/,
    )
    expect(stdout).toContain('three \\u001b[2J and on')
  })

  it('paint on a terminal', async () => {
    const { stdout } = await run(['query', '--level', 'error', '--no-json'], {
      NO_COLOR: '',
      FORCE_COLOR: '1',
    })
    expect(stdout).toContain('\u001b[31mERROR')
  })

  it('get more than a page', async () => {
    const lines = Array.from({ length: 1500 }, (_, index) => ({
      level: 'INFO',
      message: `${index}`,
      source: 'many',
    }))
    await server.send('POST', '/api/logs', lines)
    const { stdout, stderr } = await run(['query', '--source', 'many', '--limit', '1400'])
    expect(messagesIn(stdout)).toEqual(lines.slice(100).map(({ message }) => message))
    expect(stderr).toBe('1,400 of 1,500 lines\n')
  })

  it('say what was wrong, and end with 1', async () => {
    const { code, stderr } = await run(['query', '--level', 'loud'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('DEBUG, INFO') })
    expect(await run(['query', '--since', 'yesteday'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^--since "yesteday" is not a time\. Write .*yesterday/),
    })
    expect((await run(['tail'], { TIMELAPSER_LOGS_URL: 'http://127.0.0.1:1' })).code).toBe(1)
    expect((await run(['tail', '-f'], { TIMELAPSER_LOGS_API_KEY: 'wrong' })).code).toBe(1)
  })
})

describe('tail -f', () => {
  it('ends without a complaint when its reader has enough', async () => {
    const command = `set -o pipefail; "${process.execPath}" ${PROGRAM.join(' ')} tail -n 1000 | head -n 1`
    const env = { ...process.env, TIMELAPSER_LOGS_URL: server.url, TIMELAPSER_LOGS_API_KEY: server.apiKey }
    const { error, stdout, stderr } = await new Promise<{ error: unknown; stdout: string; stderr: string }>(
      (resolve) => {
        execFile('bash', ['-c', command], { env }, (failure, out, err) =>
          resolve({ error: failure, stdout: out, stderr: err }),
        )
      },
    )
    expect({ error, lines: messagesIn(stdout).length, stderr }).toEqual({ error: null, lines: 1, stderr: '' })
  })
})

describe('the others', () => {
  it('count by level and source', { tags: ['long'] }, async () => {
    const { summary, sources } = JSON.parse((await run(['stats'])).stdout)
    expect(summary).toMatchObject({ error_count: 1, warning_count: 1 })
    expect(sources.map(({ source }: { source: string }) => source)).toContain('camera_3')
    expect((await run(['stats', '--no-json'])).stdout).toMatch(/ERROR +1\n/)
    expect((await run(['stats', '--hours', '999'])).code).toBe(1)
  })

  it('print all of a long answer to a reader that takes its time', async () => {
    const { pool } = server.database.database
    await pool.query(
      `insert into cameras (id, name) select n, 'mast ' || n from generate_series(1001, 7000) n`,
    )
    const child = startCommand(server, ['cameras', 'list', '--json'])
    // Nobody reads yet. The command that waits for its reader does not end; one that does not wait ends at once.
    await Promise.race([once(child, 'exit'), delay(1000)])
    const { code, stdout } = await endOf(child)
    expect(code).toBe(0)
    expect(JSON.parse(stdout).cameras.length).toBeGreaterThanOrEqual(6000)
    await pool.query('delete from cameras where id > 1000')
    // As whoever deletes them says it: the server would know them for seconds.
    await pool.query(`select pg_notify('cameras', '1001')`)
    await expect
      .poll(async () => (await server.get('/api/cameras')).body.data.cameras.length)
      .toBeLessThan(10)
  })

  it('add, rename, list and delete cameras', { tags: ['long'] }, async () => {
    expect((await run(['cameras', 'add', 'North mast', '--id', '7', '--no-json'])).stdout).toBe(
      'Camera 7 (North mast) was added.\n',
    )
    expect((await run(['cameras', 'rename', '7', 'South mast'])).code).toBe(0)
    expect((await run(['cameras', 'list', '--no-json'])).stdout).toMatch(/7 +South mast/)
    expect((await run(['cameras', 'delete', '7'])).code).toBe(0)
    expect(await run(['cameras', 'delete', '7'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('7'),
    })
  })

  it('diagnose: 0 all is well, 1 something warns, 2 no server answers', async () => {
    const healthy = await run(['diagnose', '--json'])
    const { checks } = JSON.parse(healthy.stdout)
    expect(checks.filter(({ verdict }: { verdict: string }) => verdict !== 'ok')).toEqual([])
    expect(healthy.code).toBe(0)
    expect((await run(['diagnose'])).stdout).toContain('✅ Sources: ')
    await server.send('PUT', '/api/levels', { log_level: 'ERROR' })
    const warned = await run(['diagnose', '--no-test-lines'])
    expect(warned).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Lines below ERROR are not stored.'),
    })
    await server.send('PUT', '/api/levels', { log_level: 'INFO' })
    const gone = await run(['diagnose'], { TIMELAPSER_LOGS_URL: 'http://127.0.0.1:1' })
    expect(gone).toMatchObject({ code: 2, stdout: expect.stringContaining('❌ server') })
  })

  it('clean up only what was confirmed, and bring it back', async () => {
    const refused = await run(['cleanup', '--days', '0'])
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toMatch(/^All [\d,]+ lines, [\d.]+ MB on disk\.\nNothing was deleted/)
    const done = await run(['cleanup', '--days', '0', '--yes', '--no-json'])
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('timelapser-logs undo restores them'),
    })
    expect((await run(['query'])).stdout).toBe('')
    expect((await run(['undo', '--no-json'])).stdout).toMatch(/^[\d,]+ lines were restored\.\n$/)
    expect((await run(['undo'])).code).toBe(1)
    expect(messagesIn((await run(['query', '--source', 'api'])).stdout)).toEqual(['one'])
  })
})

describe('completion', () => {
  const complete = (script: string, line: string) => {
    const words = line.split(' ')
    const asking = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_timelapser_logs; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', asking], { encoding: 'utf8' }).stdout.trim().split('\n')
  }

  it('completes commands, subcommands and options in bash', async () => {
    const { stdout } = await run(['completion', 'bash'])
    expect(complete(stdout, 'timelapser-logs ta')).toEqual(['tail'])
    expect(complete(stdout, 'timelapser-logs cameras re')).toEqual(['rename'])
    expect(complete(stdout, 'timelapser-logs tail --min')).toEqual(['--min-level'])
    expect(complete(stdout, 'timelapser-logs tail --source camera_3 --fol')).toEqual(['--follow'])
    expect(complete(stdout, 'timelapser-logs completion f')).toEqual(['fish'])
  })

  for (const shell of ['zsh', 'fish']) {
    const isThere = !spawnSync(shell, ['--version']).error
    it.skipIf(!isThere)(
      `has no fault ${shell} sees${isThere ? '' : ` (skipped: ${shell} is not installed)`}`,
      async () => {
        const { stdout } = await run(['completion', shell])
        const file = join(temporaryFolder(), 'script')
        await writeFile(file, stdout)
        expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' })).toMatchObject({
          status: 0,
          stderr: '',
        })
      },
    )
  }
})

describe('errors, new, loggers and fields', () => {
  it('tell what messages have in common, in JSON and as a table', { tags: ['long'] }, async () => {
    const record = { level: 'ERROR', source: 'renderer', logger_name: 'worker.video' }
    const records = [1, 2, 3].map((frame) => ({ ...record, message: `Frame ${frame} is broken` }))
    await server.send('POST', '/api/logs', records)
    const { code, stdout } = await run(['errors', '--source', 'renderer', '--since', 'yesterday'])
    expect({ code, groups: JSON.parse(stdout).groups }).toEqual({
      code: 0,
      groups: [expect.objectContaining({ shape: 'Frame <n> is broken', count: 3 })],
    })
    const table = await run(['errors', '--source', 'renderer', '--no-json'])
    expect(table.stdout).toMatch(
      /^lines +level +last .*\n3 +ERROR +\S+ \S+ +renderer +Frame <n> is broken\n$/,
    )
    expect(table.stderr).toMatch(/^3 lines, since /)
    const news = await run(['new', '--source', 'renderer', '--no-json'])
    expect(news.stdout).toMatch(/Frame <n> is broken[\s\S]*new source +lines\n[\s\S]*renderer +3\n/)
    const loggers = await run(['loggers', '--source', 'renderer', '--no-json'])
    expect(loggers.stdout).toMatch(/\n3 +100\.0 % .* worker\.video +renderer\n$/)
    expect((await run(['errors', '--level', 'loud'])).code).toBe(1)
  })

  it('tell what fields hold', { tags: ['long'] }, async () => {
    const record = { source: 'fields', message: 'Request finished' }
    const records = [200, 200, 200, 500].map((status) => ({
      ...record,
      level: status === 500 ? 'ERROR' : 'INFO',
      extra_data: { http: { status }, route: '/a' },
    }))
    await server.send('POST', '/api/logs', records)
    const all = await run(['fields', '--source', 'fields', '--no-json'])
    expect(all.stdout).toMatch(/\n4 +100\.0 % +2 +http\.status +200 \(3\), 500 \(1\)\n/)
    const one = await run(['fields', 'http.status', '--source', 'fields', '--no-json'])
    expect(one.stdout).toMatch(
      /^http\.status: 4 lines\nmin 200, mean 275, p50 200, p90 500, p99 500, max 500\n/,
    )
    expect(one.stdout).toMatch(/\n3 +75\.0 % +0 +\S+ \S+ +200\n1 +25\.0 % +1 +\S+ \S+ +500\n$/)
    const { stdout } = await run(['fields', 'route', '--source', 'fields'])
    expect(JSON.parse(stdout).fields).toMatchObject([{ field: 'route', lines: 4, distinct: 1 }])
  })

  it('take days of UTC', { tags: ['long'] }, async () => {
    const count = async (since: string) => {
      const { stdout } = await run(['errors', '--source', 'renderer', '--since', since, '--level', 'error'])
      return JSON.parse(stdout).start
    }
    const today = new Date().toISOString().slice(0, 10)
    expect(await count('today')).toBe(`${today}T00:00:00Z`)
    expect(await count('today 0:05')).toBe(`${today}T00:05:00Z`)
    expect(Date.parse(today) - Date.parse(await count('yesterday'))).toBe(86_400_000)
  })
})

it('mark puts a deploy on the time axis; marks lists and deletes it', { tags: ['long'] }, async () => {
  const set = await run(['mark', 'deployed 1.4 \u001b[2J', '--kind', 'deploy', '--at', '90m', '--no-json'])
  expect(set.stdout).toMatch(/^The deploy \d+ \(deployed 1\.4 \\u001b\[2J\) at .*Z was added\.\n$/)
  const { marks } = JSON.parse((await run(['marks', 'list', '--since', '2h'])).stdout)
  expect(marks).toMatchObject([{ kind: 'deploy', text: 'deployed 1.4 \u001b[2J' }])
  expect((await run(['marks', 'list', '--since', '1h', '--no-json'])).stdout).not.toContain('deployed')
  expect((await run(['marks', 'list', '--no-json'])).stdout).toContain('deployed 1.4 \\u001b[2J')
  expect((await run(['marks', 'delete', String(marks[0].id)])).code).toBe(0)
  expect(await run(['marks', 'delete', 'all'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('all is not the id of a mark'),
  })
})
