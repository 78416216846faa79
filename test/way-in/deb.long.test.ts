// The Debian package on a Debian that has nothing but what it depends on: `mmdebstrap` makes one, and needs the network.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { ROOT } from '../repository/source-files.ts'
import { freePort } from '../support/free-port.ts'
import { follow } from '../support/program.ts'

const run = promisify(execFile)
const MINUTES = 60_000

const missing =
  process.getuid?.() !== 0
    ? 'root, who alone may enter another root'
    : ['mmdebstrap', 'dpkg-deb'].find((name) => spawnSync(name, ['--version']).status !== 0)

test.skipIf(missing)(
  `installs, serves as its own user, keeps the logs when removed and deletes them when purged${missing ? ` (skipped without ${missing})` : ''}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'timelapser-deb-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { stdout } = await run(process.execPath, ['scripts/make-deb.mjs', folder], { cwd: ROOT })
    const file = stdout.trim().split('\n').at(-1) ?? ''
    const root = join(folder, 'root')
    await run('mmdebstrap', ['--quiet', '--variant=minbase', 'bookworm', root])
    await run('cp', [file, join(root, 'package.deb')])
    // Which an installer writes, and mmdebstrap does not.
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
    // PostgreSQL finds its libraries from where it lies itself, which the system tells in /proc.
    const entry = ['--mount', 'sh', '-c', 'mount -t proc proc "$0/proc" && exec chroot "$@"', root]
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      PORT: `${await freePort()}`,
      NODE_ENV: 'production',
    }
    const inside = async (...command: string[]) =>
      (await run('unshare', [...entry, root, ...command], { env })).stdout

    // No network and no apt: nothing that a minimal Debian lacks.
    await inside('dpkg', '--install', '/package.deb')
    expect(await inside('dpkg', '--verify', 'timelapser-logs')).toBe('')
    expect(await inside('timelapser-logs', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(statSync(join(root, 'etc/timelapser-logs.env')).mode & 0o777).toBe(0o600)
    const unit = 'usr/lib/systemd/system/timelapser-logs.service'
    expect(readFileSync(join(root, unit), 'utf8')).toContain('ExecStart=/usr/bin/timelapser-logs serve\n')
    const wants = 'etc/systemd/system/multi-user.target.wants/timelapser-logs.service'
    expect(await inside('readlink', `/${wants}`)).toBe(`/lib/systemd/system/timelapser-logs.service\n`)

    const own = ['--userspec=timelapser-logs:timelapser-logs', root]
    const program = follow(
      spawn('unshare', [...entry, ...own, 'timelapser-logs', 'serve'], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
    onTestFinished(async () => {
      program.kill('SIGTERM')
      await program.ended
    })
    const url = await program.ready
    expect(await (await fetch(url)).text()).toContain('<script')
    expect(JSON.parse(await inside('timelapser-logs', 'settings', 'list', '--json'))).toBeTypeOf('object')
    program.kill('SIGTERM')
    expect(await program.ended).toBe(0)

    await inside('dpkg', '--remove', 'timelapser-logs')
    const data = join(root, 'var/lib/timelapser-logs')
    expect(existsSync(join(data, 'postgres/PG_VERSION'))).toBe(true)
    expect(existsSync(join(root, 'usr/lib/timelapser-logs'))).toBe(false)
    await inside('dpkg', '--purge', 'timelapser-logs')
    expect(existsSync(data)).toBe(false)
    expect(existsSync(join(root, 'etc/timelapser-logs.env'))).toBe(false)
    expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).not.toContain('timelapser-logs')
  },
  20 * MINUTES,
)
