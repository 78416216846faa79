import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './support/server.ts'

const PROGRAM = join(import.meta.dirname, '../src/cli/main.ts')

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.close())

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['--conditions=timelapser-source', PROGRAM, 'scenarios', ...args], {
    env: { ...process.env, TIMELAPSER_LOGS_URL: server.url, TIMELAPSER_LOGS_API_KEY: server.apiKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function outcomeOf(child: ChildProcess): Promise<{ code: number; output: string; errors: string }> {
  const texts = { output: '', errors: '' }
  child.stdout?.on('data', (text) => (texts.output += text))
  child.stderr?.on('data', (text) => (texts.errors += text))
  const [code] = await once(child, 'close')
  return { code, ...texts }
}

it('stores made-up logs and shows by what is counted that they are there', async () => {
  const { code, output } = await outcomeOf(start())
  expect([code, output]).toEqual([0, expect.stringContaining('Stored 200 records')])
  expect(output).toContain('✅ Total logs: 200 (up from 0)')
  expect(output).toMatch(
    /✅ All log levels present: DEBUG\(\d+\), INFO\(\d+\), WARNING\(\d+\), ERROR\(\d+\), CRITICAL\(\d+\)/,
  )
  expect(output).toMatch(/✅ Camera logs: \d+ camera-specific entries/)
  expect(output).toMatch(/✅ Sources: api, camera_1, .*system, worker/)
})

it('stores many over days at the pace of ingest, passwords of cameras masked', async () => {
  const { code, output } = await outcomeOf(start('--rows', '20k', '--days', '7', '--json'))
  expect(code).toBe(0)
  const { stored, after } = JSON.parse(output)
  expect([stored, after.total]).toEqual([20_000, 20_000])
  const { body } = await server.get('/api/logs?search=rtsp://&limit=1')
  expect(body.data.logs[0].message).toMatch(/rtsp:\/\/\S*@10\.0\.20\./)
  expect(body.data.logs[0].message).not.toMatch(/viewer:[0-9a-f]{6}@/)
  const tooOld = await outcomeOf(start('--days', '90'))
  expect([tooOld.code, tooOld.errors]).toEqual([1, expect.stringContaining('keeps 30 days')])
  expect((await outcomeOf(start('--days', '90', '--rows', '500', '--keep-days', '91'))).code).toBe(0)
})

it('writes the same lines for the same seed and range', async () => {
  const args = ['--print', '--rows', '50', '--until', '2026-06-01T12:00:00Z', '--seed', '7']
  const [first, second] = await Promise.all([outcomeOf(start(...args)), outcomeOf(start(...args))])
  expect(first.output.trim().split('\n').length).toBe(50)
  expect(second.output).toBe(first.output)
})

it('goes on live until it is stopped, held back by the level in force', async () => {
  await server.send('PUT', '/api/settings', { log_level: 'INFO' })
  const child = start('--live', '--rate', '200')
  const ended = outcomeOf(child)
  const stored = async () => (await server.get('/api/logs?limit=1')).body.data.pagination.total_items
  await expect.poll(stored, { timeout: 10_000 }).toBeGreaterThan(50)
  child.kill('SIGINT')
  const { code, output } = await ended
  expect([code, output]).toEqual([0, expect.stringMatching(/Held back \d+ records below the level/)])
  expect((await server.get('/api/logs?level=DEBUG')).body.data.logs).toEqual([])
})
