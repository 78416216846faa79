import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from '../repository/source-files.ts'
import { bareEnvironment } from '../support/bare-environment.ts'
import { postmasterOf, processesWith } from '../support/processes.ts'
import { follow, MAIN, startProgram, temporaryFolder } from '../support/program.ts'

const run = promisify(execFile)

/** A command as people type it beside the data folder. */
async function command(dataDir: string, args: string[], env: Record<string, string> = {}) {
  const all = ['--conditions=timelapser-source', MAIN, ...args]
  const options = { env: { ...bareEnvironment, DATA_DIR: dataDir, ...env }, cwd: '/' }
  return run(process.execPath, all, options).catch(
    (error: { stdout: string; stderr: string; code: number }) => error,
  )
}

test('commands find the server of a data folder on whatever port it listens', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const server = startProgram({ env: { DATA_DIR: dataDir } })
  const url = await server.ready
  await expect.poll(async () => (await command(dataDir, ['query'])).stdout).toContain(`Started on ${url}`)
  server.kill('SIGTERM')
  await server.ended
  expect(existsSync(join(dataDir, 'address'))).toBe(false)
  expect((await command(dataDir, ['query'])).stderr).toContain('No response from http://127.0.0.1:4700')
})

test('a key of one’s own is not sent to an address that a folder names', { tags: ['long'] }, async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const server = startProgram({ env: { DATA_DIR: dataDir } })
  await server.ready
  const { stderr } = await command(dataDir, ['query'], { TIMELAPSER_LOGS_API_KEY: 'mine' })
  expect(stderr).toContain('http://127.0.0.1:4700')
})

test('a mistyped command is answered with the right one, not with a page of help', async () => {
  const { stderr } = await command('/nowhere', ['qurey'])
  expect(stderr).toContain('Did you mean query?')
  expect(stderr.trim().split('\n').length).toBeLessThan(5)
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'the server of npm start ends when npm gets %s',
  { tags: ['long'] },
  async (signal) => {
    const dataDir = join(temporaryFolder(), 'data')
    const npm = follow(
      spawn('npm', ['start'], {
        cwd: ROOT,
        env: { ...bareEnvironment, DATA_DIR: dataDir, PORT: '0' },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
    await npm.ready
    const postmaster = postmasterOf(dataDir)
    expect(readFileSync(join(dataDir, 'admin-api-key'), 'utf8')).not.toBe('')
    npm.kill(signal)
    await expect.poll(() => existsSync(`/proc/${postmaster}`)).toBe(false)
    await expect.poll(() => processesWith(dataDir)).toEqual([])
  },
)
