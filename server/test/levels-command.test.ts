import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './support/server.ts'

const PROGRAM = join(import.meta.dirname, '../src/cli/main.ts')

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  const options = {
    env: { ...process.env, TIMELAPSER_LOGS_URL: server.url, TIMELAPSER_LOGS_API_KEY: server.apiKey },
  }
  const command = ['--conditions=timelapser-source', PROGRAM, ...args]
  return promisify(execFile)(process.execPath, command, options).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stderr: string }) => ({ code: error.code, output: error.stderr }),
  )
}

it('sets, shows and clears levels, and says why a line is not stored', async () => {
  const why = ['why', '--source', 'camera_3', '--level', 'debug']
  expect((await run(...why)).output).toContain('Held back: DEBUG is below INFO, set by the global level.')
  const set = await run(
    'levels',
    'set',
    'debug',
    '--camera',
    '3',
    '--minutes',
    '30',
    '--reason',
    'late frames',
  )
  expect(set.output).toMatch(/camera 3: DEBUG until .*late frames/)
  expect((await run(...why)).output).toContain(
    'Stored: DEBUG reaches DEBUG, set by the override of camera 3 until',
  )
  expect((await run('levels', 'set', 'warning')).output).toContain('Global level: WARNING')
  expect((await run('levels', 'clear', '--camera', '3')).output).not.toContain('camera 3')
  expect((await run('levels')).output).toBe('Global level: WARNING\n')
})

it.each([
  [['levels', 'set', 'loud'], 'Must be one of'],
  [['levels', 'set', 'debug', '--camera', '1', '--source', 'api'], 'Name one of'],
  [['levels', 'set', 'debug', '--minutes', '5'], 'global level takes no'],
  [['levels', 'set', 'debug', '--camera', '1', '--minutes', 'soon'], 'minutes has to be'],
  [['levels', 'clear'], 'Name what to clear'],
  [['levels', 'clear', '--source', 'none'], 'no level override for source none'],
])('refuses %j with a sentence', async (args, sentence) => {
  const { code, output } = await run(...args)
  expect(code).toBe(1)
  expect(output).toContain(sentence)
})
