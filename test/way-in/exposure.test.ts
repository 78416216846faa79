// What a started server lets others of the machine and the network reach.
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listenersOf } from '../support/listeners.ts'
import { postmasterOf } from '../support/processes.ts'
import { startProgram, temporaryFolder } from '../support/program.ts'

test('listens on its address and port and on nothing else, its PostgreSQL on no port at all', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir } })
  const { port } = new URL(await program.ready)
  expect(listenersOf([program.pid, postmasterOf(dataDir)])).toEqual([`127.0.0.1:${port}`])
})

test('keeps every file of its data folder from other users', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir } })
  await program.ready
  const open: string[] = []
  for (const name of readdirSync(dataDir)) {
    const { mode } = lstatSync(join(dataDir, name))
    // Of a link the folder it leads to decides, which the start's own tests look at.
    if ((mode & 0o077) !== 0 && !lstatSync(join(dataDir, name)).isSymbolicLink()) open.push(name)
  }
  expect(open).toEqual([])
})
