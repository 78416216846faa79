import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from './support/command.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await runCommand(server, args)
  return { code, output: code === 0 ? stdout : stderr }
}

it('sets, shows and clears levels, and says why a line is not stored', { tags: ['long'] }, async () => {
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
  const quarter = (await run('levels', 'set', 'debug', '--source', 'api', '--for', '15m')).output
  const until = Date.parse(/source api: DEBUG until (\S+),/.exec(quarter)?.[1] ?? '')
  expect(Math.round((until - Date.now()) / 60_000)).toBe(15)
  await run('levels', 'clear', '--source', 'api')
  expect((await run('levels', 'set', 'warning')).output).toContain('Global level: WARNING')
  expect((await run('levels', 'clear', '--camera', '3')).output).not.toContain('camera 3')
  expect((await run('levels')).output).toBe('Global level: WARNING\n')
})

it.each([
  [['levels', 'set', 'loud'], 'Must be one of'],
  [['levels', 'set', 'debug', '--camera', '1', '--source', 'api'], 'Name one of'],
  [['levels', 'set', 'debug', '--minutes', '5'], 'global level takes no'],
  [['levels', 'set', 'debug', '--camera', '1', '--minutes', 'soon'], 'minutes must be'],
  [['levels', 'set', 'debug', '--camera', '1', '--for', 'soon'], '--for "soon" is not a duration'],
  [['levels', 'set', 'debug', '--camera', '1', '--for', '1h', '--minutes', '5'], 'Give one of --for'],
  [['levels', 'set', 'debug', '--camera', '1', '--for', '900d'], 'minutes'],
  [['levels', 'set', 'debug', '--camera', '1', '--for', '5s'], '--for "5s" is not a whole number of minutes'],
  [['levels', 'clear'], 'Name the override to clear'],
  [['levels', 'clear', '--source', 'none'], 'no level override for source none'],
])('refuses %j with a sentence', async (args, sentence) => {
  const { code, output } = await run(...args)
  expect(code).toBe(1)
  expect(output).toContain(sentence)
})
