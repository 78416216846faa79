// The command lines that everybody on the machine can read: `ps` shows /proc/*/cmdline.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ROOT } from '../repository/source-files.ts'
import { bareEnvironment } from '../support/bare-environment.ts'
import { postmasterOf, processesWith } from '../support/processes.ts'
import { MAIN, startProgram, temporaryFolder } from '../support/program.ts'

const BIN = join(ROOT, 'server/bin/timelapser-logs.mjs')
const RUN = join(ROOT, 'scripts/run.mjs')

/** A command that waits for its stdin, so that it can be looked at. */
function startIngest(url: string, args: string[], env: Record<string, string>, program = [BIN]) {
  const child = spawn(process.execPath, [...program, 'ingest', '--url', url, ...args], {
    env: { ...bareEnvironment, ...env },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = new Promise<number | null>((done) => child.on('close', done))
  onTestFinished(async () => {
    child.stdin.end()
    await ended
  })
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    stdin: child.stdin,
    ended,
    errors: () => errors,
  }
}

test('shows no secret of the server, its PostgreSQL or the commands', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const operators = `operators-own-${'k'.repeat(30)}`
  const server = startProgram({ env: { DATA_DIR: dataDir, ADMIN_API_KEY: operators } })
  const url = await server.ready
  const headers = { authorization: `Bearer ${operators}`, 'content-type': 'application/json' }
  const created = await fetch(`${url}/api/keys`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name: 'ingest', scope: 'ingest' }),
  })
  const { secret } = ((await created.json()) as { data: { secret: string } }).data
  const link = /#link=(\S+)/.exec(server.output())?.[1] ?? ''
  expect(link.length).toBeGreaterThan(20)

  // The list shows what it would show them in.
  expect(readFileSync(`/proc/${postmasterOf(dataDir)}/cmdline`, 'utf8')).toContain(dataDir)
  expect(processesWith(MAIN).length).toBeGreaterThan(0)

  for (const [args, env, program] of [
    [['--live', '--key', secret], {}],
    [['--live', `--key=${secret}`], {}],
    [['--live'], { TIMELAPSER_LOGS_API_KEY: secret }],
    [['--live', '--key', secret], {}, [RUN, join(ROOT, 'server/src/cli/main.ts')]],
  ] as const) {
    const arrived = async () => {
      const found = await fetch(`${url}/api/logs?search=arrives`, { headers })
      const { data } = (await found.json()) as { data: { pagination: { total_items: number } } }
      return data.pagination.total_items
    }
    const before = await arrived()
    const command = startIngest(url, [...args], { ...env }, program && [...program])
    command.stdin.write('a line that arrives\n')
    await expect.poll(arrived).toBeGreaterThan(before)
    for (const one of [secret, operators, link]) expect(processesWith(one)).toEqual([])
    command.stdin.end()
    expect([await command.ended, command.errors()]).toEqual([0, ''])
  }
})

test.each([
  ['the command', [BIN]],
  ['run.mjs', [RUN, join(ROOT, 'server/src/cli/main.ts')]],
])('%s, when it is killed, leaves no process behind', async (_, program) => {
  const source = `orphan-${crypto.randomUUID()}`
  // Nothing is sent before a line comes, so no server is needed.
  const command = startIngest(
    'http://127.0.0.1:9',
    ['--live', '--source', source],
    { TIMELAPSER_LOGS_API_KEY: 'k' },
    [...program],
  )
  await expect.poll(() => processesWith(source).length).toBe(2)
  command.kill('SIGKILL')
  await expect.poll(() => processesWith(source)).toEqual([])
})
