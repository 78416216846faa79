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

test('tells of what was done in a line of its log, and of the details in the audit trail alone', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const program = startProgram({ env: { DATA_DIR: dataDir, ADMIN_API_KEY: 'an-administrators-own-key' } })
  const url = await program.ready
  const headers = { 'x-api-key': 'an-administrators-own-key', 'content-type': 'application/json' }
  const body = JSON.stringify({ retention_by_source: { barn: 90 } })
  expect((await fetch(`${url}/api/settings`, { method: 'PUT', headers, body })).status).toBe(200)
  const lines = async () => {
    const answer = await fetch(`${url}/api/logs?logger_name=timelapser_logs.audit`, { headers })
    return ((await answer.json()) as { data: { logs: { message: string; extra_data: object }[] } }).data.logs
  }
  await expect.poll(lines).toHaveLength(1)
  const [line] = await lines()
  expect(line?.message).toBe('settings.update on settings, by key ADMIN_API_KEY')
  expect(Object.keys(line?.extra_data ?? {}).toSorted()).toEqual(
    ['action', 'actor', 'audit_id', 'entity', 'hash', 'request_id'].toSorted(),
  )
  const trail = await (await fetch(`${url}/api/audit?action=settings`, { headers })).text()
  expect(trail).toContain('barn')
})
