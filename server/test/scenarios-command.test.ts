import { afterEach, beforeEach, expect, it } from 'vitest'
import { endOf, startCommand } from './support/command.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.close())

const start = (...args: string[]) => startCommand(server, ['scenarios', ...args])

it('stores generated logs and shows by what is counted that they are there', async () => {
  const { code, stdout } = await endOf(start())
  expect([code, stdout]).toEqual([0, expect.stringContaining('Stored 200 records')])
  expect(stdout).toContain('✅ Total logs: 200 (up from 0)')
  expect(stdout).toMatch(
    /✅ All log levels present: DEBUG\(\d+\), INFO\(\d+\), WARNING\(\d+\), ERROR\(\d+\), CRITICAL\(\d+\)/,
  )
  expect(stdout).toMatch(/✅ Camera logs: \d+ camera-specific entries/)
  expect(stdout).toMatch(/✅ Sources: api, camera_1, .*system, worker/)
})

it('stores many over days at the pace of ingest, passwords of cameras masked', {
  tags: ['long'],
}, async () => {
  const { code, stdout } = await endOf(start('--rows', '20k', '--days', '7', '--json'))
  expect(code).toBe(0)
  const { stored, after } = JSON.parse(stdout)
  expect([stored, after.total]).toEqual([20_000, 20_000])
  const { body } = await server.get('/api/logs?search=rtsp://&limit=1')
  expect(body.data.logs[0].message).toMatch(/rtsp:\/\/\S*@10\.0\.20\./)
  expect(body.data.logs[0].message).not.toMatch(/viewer:[0-9a-f]{6}@/)
  const tooOld = await endOf(start('--days', '90'))
  expect([tooOld.code, tooOld.stderr]).toEqual([1, expect.stringContaining('keeps 30 days')])
  expect((await endOf(start('--days', '90', '--rows', '500', '--keep-days', '91'))).code).toBe(0)
})

it('writes the same lines for the same seed and range', async () => {
  const args = ['--print', '--rows', '50', '--until', '2026-06-01T12:00:00Z', '--seed', '7']
  const [first, second] = await Promise.all([endOf(start(...args)), endOf(start(...args))])
  expect(first.stdout.trim().split('\n').length).toBe(50)
  expect(second.stdout).toBe(first.stdout)
})

it('goes on live until it is stopped, held back by the level in force', { tags: ['long'] }, async () => {
  await server.send('PUT', '/api/settings', { log_level: 'INFO' })
  const child = start('--live', '--rate', '200')
  const ended = endOf(child)
  const stored = async () => (await server.get('/api/logs?limit=1')).body.data.pagination.total_items
  await expect.poll(stored).toBeGreaterThan(50)
  child.kill('SIGINT')
  const { code, stdout } = await ended
  expect([code, stdout]).toEqual([0, expect.stringMatching(/Held back \d+ records below the level/)])
  expect((await server.get('/api/logs?level=DEBUG')).body.data.logs).toEqual([])
})
