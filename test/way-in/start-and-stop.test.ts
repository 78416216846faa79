import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { canReach } from '../../server/src/store/cluster/postgres-user.ts'
import { ROOT } from '../repository/source-files.ts'
import { postmasterOf, processesWith } from '../support/processes.ts'
import { MAIN, startProgram, temporaryFolder } from '../support/program.ts'

const isRoot = process.getuid?.() === 0
const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 }

async function write(url: string, dataDir: string, message: string): Promise<void> {
  const response = await fetch(`${url}/api/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...keyOf(dataDir) },
    body: JSON.stringify({ level: 'INFO', message, source: 'test' }),
  })
  expect(response.status, await response.text()).toBeLessThan(300)
}

async function messages(url: string, dataDir: string, source = 'test'): Promise<string[]> {
  const response = await fetch(`${url}/api/logs?source=${source}`, { headers: keyOf(dataDir) })
  expect(response.status, await response.clone().text()).toBe(200)
  const body = (await response.json()) as { data: { logs: { message: string }[] } }
  return body.data.logs.map(({ message }) => message)
}

/** The server's own lines that wait for its database. */
function spooledFiles(dataDir: string): string[] {
  const names = readdirSync(join(dataDir, 'spool'), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.(low|high)\./.test(name))
}

function keyOf(dataDir: string): Record<string, string> {
  return { 'x-api-key': readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim() }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('told to stop by %s', (signal) => {
  test('ends everything it started, and has kept the logs at the next start', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const first = startProgram({ env: { DATA_DIR: dataDir } })
    await write(await first.ready, dataDir, 'kept')
    expect(processesWith(dataDir).length).toBeGreaterThan(0)
    first.kill(signal)
    expect(await first.ended).toBe(0)
    expect(processesWith(dataDir)).toEqual([])

    const second = startProgram({ env: { DATA_DIR: dataDir } })
    expect(await messages(await second.ready, dataDir)).toEqual(['kept'])
  })
})

test('takes a signal that arrives twice at once, as from npm and the terminal, for one', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir } })
  await program.ready
  program.kill('SIGINT')
  program.kill('SIGINT')
  expect(await program.ended).toBe(0)
})

test('prints address, data folder and the key of the first start, and the key never again', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const first = startProgram({ env: { DATA_DIR: dataDir } })
  const url = await first.ready
  const [, key = ''] = /API key +(\S+)/.exec(first.output()) ?? []
  expect(first.output()).toContain(dataDir)
  expect((await fetch(`${url}/api/logs`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200)
  expect((await fetch(`${url}/api/logs`)).status).toBe(401)
  expect(statSync(join(dataDir, 'admin-api-key')).mode & 0o777).toBe(0o600)
  first.kill('SIGTERM')
  await first.ended

  const second = startProgram({ env: { DATA_DIR: dataDir } })
  await second.ready
  expect(second.output()).not.toContain('API key')
})

test('recovers from a killed server whose PostgreSQL still runs', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const first = startProgram({ env: { DATA_DIR: dataDir } })
  await write(await first.ready, dataDir, 'acknowledged')
  first.kill('SIGKILL')
  expect(await first.ended).toBe('SIGKILL')
  expect(processesWith(dataDir).length).toBeGreaterThan(0)

  const second = startProgram({ env: { DATA_DIR: dataDir } })
  expect(await messages(await second.ready, dataDir)).toEqual(['acknowledged'])
})

test('recovers from everything killed at once', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const first = startProgram({ env: { DATA_DIR: dataDir } })
  await write(await first.ready, dataDir, 'acknowledged')
  const postmaster = postmasterOf(dataDir)
  first.kill('SIGKILL')
  process.kill(postmaster, 'SIGKILL')
  await first.ended

  const second = startProgram({ env: { DATA_DIR: dataDir } })
  expect(await messages(await second.ready, dataDir)).toEqual(['acknowledged'])
})

test('starts its PostgreSQL again when that is killed, and serves on', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir } })
  const url = await program.ready
  await write(url, dataDir, 'before')
  process.kill(postmasterOf(dataDir), 'SIGKILL')
  await vi.waitFor(() => expect(program.output()).toContain('PostgreSQL is back'), { timeout: 20_000 })
  await vi.waitFor(async () => expect(await messages(url, dataDir)).toEqual(['before']), { timeout: 10_000 })
  // What it said meanwhile waited on disk.
  await vi.waitFor(
    async () =>
      expect(await messages(url, dataDir, 'system')).toContainEqual(expect.stringMatching(/is lost/)),
    { timeout: 10_000 },
  )
  await expect.poll(() => spooledFiles(dataDir)).toEqual([])
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(processesWith(dataDir)).toEqual([])
})

test.skipIf(!isRoot)(
  'root runs PostgreSQL as a user of its own, in a folder only that one can enter',
  async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const program = startProgram({ env: { DATA_DIR: dataDir } })
    await program.ready
    expect(statSync(`/proc/${postmasterOf(dataDir)}`).uid).toBe(statSync(join(dataDir, 'postgres')).uid)
    // On a machine without `useradd` it is nobody, which is said.
    const { uid, gid } = statSync(join(dataDir, 'postgres'))
    expect(uid).not.toBe(0)
    expect(program.output().includes('other programs of that user can read')).toBe(uid === NOBODY.uid)
    expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700)
    // Not even that user's processes are let in: root's server and root's commands are.
    const connect = `import pg from 'pg'
    const client = new pg.Client({ host: '${dataDir}/postgres', user: 'timelapser', database: 'timelapser_logs' })
    await client.connect().then(() => client.end()).then(() => console.log('let in'), (error) => console.log(error.message))`
    const answerTo = (ids: object) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', connect], {
        cwd: ROOT,
        encoding: 'utf8',
        ...ids,
      }).stdout.trim()
    expect(answerTo({})).toBe('let in')
    if (canReach(process.execPath, NOBODY)) {
      expect(answerTo({ uid, gid })).toBe('Peer authentication failed for user "timelapser"')
    }
  },
)

test.skipIf(!isRoot)('says where root’s database is when nobody can enter the data folder', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o700)
  const dataDir = join(folder, 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir } })
  await program.ready
  const cluster = realpathSync(join(dataDir, 'postgres'))
  onTestFinished(() => rmSync(dirname(cluster), { recursive: true }))
  expect(program.output()).toContain(`cannot enter ${dataDir}: the database is made in ${cluster}, and`)
  program.kill('SIGTERM')
  await program.ended
  const again = startProgram({ env: { DATA_DIR: dataDir } })
  await again.ready
  expect(again.output()).not.toContain('cannot enter')
  again.kill('SIGTERM')
  await again.ended
})

test.skipIf(!isRoot || !canReach(MAIN.replace('main.ts', ''), NOBODY))(
  'runs for an ordinary user, whose files are nobody else’s',
  async () => {
    const folder = temporaryFolder()
    const dataDir = join(folder, 'data')
    chownSync(folder, NOBODY.uid, NOBODY.gid)
    const program = startProgram({ env: { DATA_DIR: dataDir }, uid: NOBODY.uid, gid: NOBODY.gid })
    await write(await program.ready, dataDir, 'mine')
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(NOBODY.uid)
    program.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(processesWith(dataDir)).toEqual([])
  },
)
