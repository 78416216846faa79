// A command that follows the log, while its server stops or is killed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { launchProgram, MAIN, temporaryFolder } from '../../test/support/program.ts'
import { createBareDatabase } from './support/database.ts'

const PROGRAM = ['--conditions=timelapser-source', MAIN]

const messagesIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).message)

it('tail -f goes on after a restart or a crash of the server with no line missing and none twice', async () => {
  const { url: database, drop } = await createBareDatabase()
  onTestFinished(drop)
  const key = 'k'.repeat(40)
  const env = { DATABASE_URL: database, DATA_DIR: join(temporaryFolder(), 'data'), ADMIN_API_KEY: key }
  let program = launchProgram({ env })
  onTestFinished(async () => {
    program.kill('SIGTERM')
    await program.ended
  })
  const url = await program.ready
  const post = (messages: readonly string[]) =>
    fetch(`${url}/api/logs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(messages.map((message) => ({ level: 'INFO', message, source: 'shop' }))),
    }).then(({ status }) => expect(status).toBe(200))
  await post(['before'])

  const tail = spawn(process.execPath, [
    ...PROGRAM,
    'tail',
    '-f',
    '--source',
    'shop',
    '--url',
    url,
    '--key',
    key,
  ])
  onTestFinished(() => void tail.kill('SIGKILL'))
  let printed = ''
  let said = ''
  tail.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  tail.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await expect.poll(() => messagesIn(printed)).toEqual(['before'])
  const expected = ['before']
  for (let round = 0; round < 2; round++) {
    const early = Array.from({ length: 50 }, (_, index) => `round ${round}, ${index}`)
    await post(early)
    // It stops, or is gone at once, while the lines are still on their way.
    program.kill(round === 0 ? 'SIGTERM' : 'SIGKILL')
    await program.ended
    program = launchProgram({ env: { ...env, PORT: new URL(url).port } })
    await program.ready
    await post([`round ${round}, after the restart`])
    expected.push(...early, `round ${round}, after the restart`)
  }
  await expect.poll(() => messagesIn(printed)).toEqual(expected)
  expect(said).toContain('Waiting for the server')
  expect(said).toContain('The server is back.')
})
