// The ports and files of a started server that others of the machine and the network can reach.
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenersOf } from '../support/listeners.ts'
import { postmasterOf } from '../support/processes.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const KEY = 'an-administrators-own-key'
let folder: string
let dataDir: string
let program: Program
let url: string
beforeAll(async () => {
  folder = makeFolder('exposure')
  dataDir = join(folder, 'data')
  program = launchProgram({ env: { DATA_DIR: dataDir, ADMIN_API_KEY: KEY } })
  url = await program.ready
})
afterAll(async () => {
  program?.kill('SIGTERM')
  await program?.ended
  rmSync(folder, { recursive: true, force: true })
})

test('listens on its address and port and on nothing else, its PostgreSQL on no port at all', () => {
  const { port } = new URL(url)
  expect(listenersOf([program.pid, postmasterOf(dataDir)])).toEqual([`127.0.0.1:${port}`])
})

test('keeps every file of its data folder from other users', () => {
  const open: string[] = []
  for (const name of readdirSync(dataDir)) {
    const { mode } = lstatSync(join(dataDir, name))
    // The folder that a link leads to decides; the start's own tests look at that.
    if ((mode & 0o077) !== 0 && !lstatSync(join(dataDir, name)).isSymbolicLink()) open.push(name)
  }
  expect(open).toEqual([])
})

test('tells of what was done in a line of its log, and of the details in the audit trail alone', async () => {
  const headers = { 'x-api-key': KEY, 'content-type': 'application/json' }
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
