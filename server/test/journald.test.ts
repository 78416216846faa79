// A journald of our own, in a namespace of its own, read by journalctl and piped into the command.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAIN } from '../../test/support/program.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const run = promisify(execFile)
const JOURNALD = '/lib/systemd/systemd-journald'
const NAMESPACE = `timelapser-test-${process.pid}`
const RUNTIME = `/run/systemd/journal.${NAMESPACE}`

const canRun = process.getuid?.() === 0 && existsSync(JOURNALD) && existsSync('/etc/machine-id')

describe.skipIf(!canRun)(
  'journalctl -a -o json into the command (skipped without journald, or but for root)',
  () => {
    let server: TestServer
    let journald: ReturnType<typeof spawn>

    beforeAll(async () => {
      server = await startTestServer()
      journald = spawn(JOURNALD, [NAMESPACE], { stdio: 'ignore' })
    })
    afterAll(async () => {
      await server.close()
      const exited = once(journald, 'exit')
      journald.kill('SIGTERM')
      await exited
      const machine = readFileSync('/etc/machine-id', 'utf8').trim()
      for (const folder of [`/var/log/journal/${machine}`, `/run/log/journal/${machine}`]) {
        rmSync(`${folder}.${NAMESPACE}`, { recursive: true, force: true })
      }
      rmSync(RUNTIME, { recursive: true, force: true })
    })

    it('becomes records with level, program and time', async () => {
      await expect.poll(() => existsSync(`${RUNTIME}/dev-log`)).toBe(true)
      const to = ['--socket', `${RUNTIME}/dev-log`, '--tag', 'cleaner']
      await run('logger', [...to, '--priority', 'user.warning', 'disk is at 95 %'])
      await run('logger', [...to, '--priority', 'user.crit', 'disk is full'])
      const read = () =>
        run('journalctl', [`--namespace=${NAMESPACE}`, '-a', '-o', 'json', '-t', 'cleaner', '--no-pager'])
      await expect.poll(async () => (await read()).stdout.trim().split('\n').length).toBe(2)
      const { stdout } = await read()
      const args = ['ingest', '--format', 'journald', '--url', server.url, '--live']
      const child = spawn(process.execPath, ['--conditions=timelapser-source', MAIN, ...args], {
        env: { ...process.env, TIMELAPSER_LOGS_API_KEY: server.apiKey },
        stdio: ['pipe', 'ignore', 'inherit'],
      })
      child.stdin.end(stdout)
      expect(await once(child, 'exit')).toEqual([0, null])
      const { logs } = (await server.get('/api/logs?source=cleaner')).body.data
      expect(logs.map(({ level, message }: Record<string, string>) => [level, message])).toEqual([
        ['CRITICAL', 'disk is full'],
        ['WARNING', 'disk is at 95 %'],
      ])
      expect(logs[0]).toMatchObject({
        logger_name: 'cleaner',
        extra_data: { original_level: 'CRIT', transport: 'syslog' },
      })
    })
  },
)
