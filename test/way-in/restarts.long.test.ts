// Starts after everything was killed, and where root's database lies: slow, as each starts a PostgreSQL of its own.
import { chmodSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { messages, write } from '../support/data-folder.ts'
import { postmasterOf, processesWith } from '../support/processes.ts'
import { startProgram, temporaryFolder } from '../support/program.ts'

const isRoot = process.getuid?.() === 0

test('recovers from a killed server whose PostgreSQL still runs', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const first = startProgram({ env: { DATA_DIR: dataDir } })
  await write(await first.ready, dataDir, 'acknowledged')
  first.kill('SIGKILL')
  expect(await first.ended).toBe('SIGKILL')
  expect(processesWith(dataDir).length).toBeGreaterThan(0)

  const second = startProgram({ env: { DATA_DIR: dataDir } })
  expect(await messages(await second.ready, dataDir)).toEqual(['acknowledged'])
})

test('recovers from everything killed at once', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const first = startProgram({ env: { DATA_DIR: dataDir } })
  await write(await first.ready, dataDir, 'acknowledged')
  const postmaster = postmasterOf(dataDir)
  first.kill('SIGKILL')
  process.kill(postmaster, 'SIGKILL')
  await first.ended

  const second = startProgram({ env: { DATA_DIR: dataDir } })
  expect(await messages(await second.ready, dataDir)).toEqual(['acknowledged'])
})

test('one of two that start on the same folder at once refuses to', async () => {
  const env = { DATA_DIR: join(temporaryFolder(), 'data') }
  const both = [startProgram({ env }), startProgram({ env })]
  const outcomes = await Promise.allSettled(both.map(({ ready }) => ready))
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const loser = both[outcomes.findIndex(({ status }) => status === 'rejected')]
  expect(loser?.output()).toMatch(/is in use by another Timelapser Logs/)
})

test.skipIf(!isRoot)('says where root’s database is when nobody can enter the data folder', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o700)
  const dataDir = join(folder, 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir } })
  await program.ready
  const cluster = realpathSync(join(dataDir, 'postgres'))
  onTestFinished(() => rmSync(dirname(cluster), { recursive: true }))
  expect(program.output()).toContain(`cannot enter ${dataDir}: the database is created in ${cluster}, and`)
  program.kill('SIGTERM')
  await program.ended
  const again = startProgram({ env: { DATA_DIR: dataDir } })
  await again.ready
  expect(again.output()).not.toContain('cannot enter')
  again.kill('SIGTERM')
  await again.ended
})
