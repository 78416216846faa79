import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { canReach } from '../../server/src/store/cluster/postgres-user.ts'
import { ROOT } from '../repository/source-files.ts'
import { messages, write } from '../support/data-folder.ts'
import { postmasterOf, processesWith } from '../support/processes.ts'
import { hasContainers, MAIN, startProgram, temporaryFolder } from '../support/program.ts'

const isRoot = process.getuid?.() === 0
const WAIT = { timeout: 30_000 }
const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 }

/** A container's default: 64 MB of shared memory. */
const SMALL_SHARED_MEMORY = hasContainers
  ? ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=64m none /dev/shm && exec "$@"', 'sh']
  : []

/** The server's own lines that wait for its database. */
function spooledFiles(dataDir: string): string[] {
  const names = readdirSync(join(dataDir, 'spool'), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.(low|high)\./.test(name))
}

test('prints address and key once, ends everything it started, and has kept the logs at the next start', async () => {
  const folder = temporaryFolder()
  const dataDir = join(folder, 'data')
  const first = startProgram({ env: { DATA_DIR: dataDir, BACKUP_FOLDER: folder } })
  const url = await first.ready
  const [, key = ''] = /API key +(\S+)/.exec(first.output()) ?? []
  expect(first.output()).toContain(dataDir)
  expect((await fetch(`${url}/api/logs`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200)
  expect((await fetch(`${url}/api/logs`)).status).toBe(401)
  expect(statSync(join(dataDir, 'admin-api-key')).mode & 0o777).toBe(0o600)
  await write(url, dataDir, 'kept')
  expect(processesWith(dataDir).length).toBeGreaterThan(0)
  const backups = () => readdirSync(folder).filter((name) => /^timelapser-logs-.*\.backup$/.test(name))
  await vi.waitFor(() => expect(backups()).toHaveLength(1), WAIT)
  // As from npm and the terminal, for one press of Ctrl-C.
  first.kill('SIGINT')
  first.kill('SIGINT')
  expect(await first.ended).toBe(0)
  expect(processesWith(dataDir)).toEqual([])

  // As Kubernetes does to the files of a volume that it gives to a group.
  chmodSync(join(dataDir, 'postgres'), 0o2770)
  const second = startProgram({ env: { DATA_DIR: dataDir, HOST: '0.0.0.0' }, within: SMALL_SHARED_MEMORY })
  expect(await messages(await second.ready, dataDir)).toEqual(['kept'])
  expect(second.output()).not.toContain('API key')
  const settings = readFileSync(join(dataDir, 'postgres/timelapser.conf'), 'utf8')
  if (hasContainers) expect(settings).toContain("dynamic_shared_memory_type = 'mmap'")
  expect(second.output()).toMatch(
    /links contain localhost.*\n.*Set PUBLIC_URL to the address that users open, such as PUBLIC_URL=http:\/\/\S+:\d+\./,
  )
  second.kill('SIGTERM')
  expect(await second.ended).toBe(0)
  expect(processesWith(dataDir)).toEqual([])
})

test('starts its PostgreSQL again when that is killed, and serves on', { tags: ['long'] }, async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir } })
  const url = await program.ready
  await write(url, dataDir, 'before')
  process.kill(postmasterOf(dataDir), 'SIGKILL')
  await vi.waitFor(() => expect(program.output()).toContain('PostgreSQL is running again'), WAIT)
  await vi.waitFor(async () => expect(await messages(url, dataDir)).toEqual(['before']), WAIT)
  // The lines it logged meanwhile waited on disk.
  await vi.waitFor(
    async () =>
      expect(await messages(url, dataDir, 'system')).toContainEqual(expect.stringMatching(/is lost/)),
    WAIT,
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

test.skipIf(!isRoot || !canReach(dirname(MAIN), NOBODY))(
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
