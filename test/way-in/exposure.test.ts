// The ports and files of a started server that others of the machine and the network can reach. It speaks HTTPS itself.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiClient } from '../../server/src/cli/client/api-client.ts'
import { readLocalAddress } from '../../server/src/cli/client/local-address.ts'
import { runCommand } from '../../server/test/support/command.ts'
import { ROOT } from '../repository/source-files.ts'
import { makeCertificate } from '../support/certificate.ts'
import { listenersOf } from '../support/listeners.ts'
import { postmasterOf } from '../support/processes.ts'
import { launchProgram, makeFolder, type Program } from '../support/program.ts'

const KEY = 'an-administrators-own-key'
let folder: string
let dataDir: string
let program: Program
let url: string
let client: ApiClient
beforeAll(async () => {
  folder = makeFolder('exposure')
  dataDir = join(folder, 'data')
  for (const name of ['old', 'new']) {
    mkdirSync(join(folder, name))
    makeCertificate(join(folder, name), `${name}.example`)
  }
  symlinkSync('old', join(folder, 'tls'))
  program = launchProgram({ env: { DATA_DIR: dataDir, ADMIN_API_KEY: KEY, ...certificateFiles() } })
  url = await program.ready
  const fingerprint = async () => (await readLocalAddress(dataDir))?.fingerprint
  client = new ApiClient({ url, apiKey: KEY, fingerprint })
})

function certificateFiles() {
  return { TLS_CERT: join(folder, 'tls/tls.crt'), TLS_KEY: join(folder, 'tls/tls.key') }
}

/** The subject of the certificate that the server shows now. */
async function shownCertificate(): Promise<string | undefined> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const subject = socket.getPeerX509Certificate()?.subject
  socket.destroy()
  return subject
}

/** A command that knows nothing but the data folder, and the key. */
function command(...args: string[]) {
  const env = { DATA_DIR: dataDir, TIMELAPSER_LOGS_URL: undefined, TIMELAPSER_LOGS_API_KEY: undefined }
  return runCommand({ url: '', apiKey: '' }, args, env)
}
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

/** A connection to its PostgreSQL from a process of that account; the code of the error or the name of the database. */
function connectAs(account: string): string {
  const [id, group] = ['-u', '-g'].map((kind) => Number(spawnSync('id', [kind, account]).stdout))
  const [, , , port, socketFolder] = readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split(
    '\n',
  )
  const script = `
    import pg from '${import.meta.resolve('pg')}'
    const client = new pg.Client({ host: process.argv[1], port: ${port}, user: 'timelapser', database: 'timelapser_logs' })
    try {
      await client.connect()
      console.log((await client.query('select current_database() as name')).rows[0].name)
      await client.end()
    } catch (error) { console.log(error.code) }`
  const options = { uid: id, gid: group, cwd: '/', encoding: 'utf8' as const }
  const args = ['--input-type=module', '-e', script, `${socketFolder}`]
  return spawnSync(process.execPath, args, options).stdout.trim()
}

test.skipIf(process.getuid?.() !== 0)(
  'has an account of its own for its PostgreSQL when root starts it, and refuses all others (skipped but for root)',
  () => {
    const statusOfIt = readFileSync(`/proc/${postmasterOf(dataDir)}/status`, 'utf8')
    const owner = /^Uid:\s+(\d+)/m.exec(statusOfIt)?.[1]
    expect(spawnSync('id', ['-nu', `${owner}`], { encoding: 'utf8' }).stdout.trim()).toBe('timelapser-logs')
    expect(connectAs('root')).toBe('timelapser_logs')
    for (const account of ['nobody', 'timelapser-logs'])
      expect(['EACCES', '28000']).toContain(connectAs(account))
    for (const account of ['nobody', 'daemon']) {
      const [id, group] = ['-u', '-g'].map((kind) => Number(spawnSync('id', [kind, account]).stdout))
      const { status } = spawnSync('/bin/ls', [join(dataDir, 'postgres/')], { uid: id, gid: group, cwd: '/' })
      expect(status).not.toBe(0)
    }
  },
)

test('tells of what was done in a line of its log, and of the details in the audit trail alone', async () => {
  await client.request('PUT', '/api/settings', {
    body: JSON.stringify({ retention_by_source: { barn: 90 } }),
    headers: { 'content-type': 'application/json' },
  })
  type Lines = { logs: { message: string; extra_data: object }[] }
  const lines = async () =>
    (await client.request<Lines>('GET', '/api/logs?logger_name=timelapser_logs.audit')).logs
  await expect.poll(lines).toHaveLength(1)
  const [line] = await lines()
  expect(line?.message).toBe('Audit: settings.update on settings by key ADMIN_API_KEY')
  expect(Object.keys(line?.extra_data ?? {}).toSorted()).toEqual(
    ['action', 'actor', 'audit_id', 'entity', 'hash', 'request_id'].toSorted(),
  )
  const trail = await client.request('GET', '/api/audit?action=settings')
  expect(JSON.stringify(trail)).toContain('barn')
})

test('speaks HTTPS: links and cookies are for it, and commands on the machine find it', async () => {
  expect(url).toMatch(/^https:/)
  const [, secret] = /Sign in +https:\S+#link=(\S+)/.exec(program.output()) ?? []
  const body = JSON.stringify({ secret, username: 'anna', password: 'a password that is long' })
  const cookies = await new Promise<string[]>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    request(`${url}/api/auth/link`, { method: 'POST', headers, rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.headers['set-cookie'] ?? [])
    })
      .on('error', reject)
      .end(body)
  })
  expect(cookies[0]).toMatch(/^__Host-timelapser_session_.*; Secure/i)

  writeFileSync(join(dataDir, 'admin-api-key'), KEY)
  const { stdout, stderr } = await command('diagnose', '--json')
  expect(stderr).toBe('')
  const { checks } = JSON.parse(stdout) as { checks: { name: string; verdict: string }[] }
  // It listened to the server's own stream, by the server's own port.
  expect(checks.find(({ name }) => name === 'test lines')?.verdict).toBe('ok')
  const env = { ...process.env, PORT: new URL(url).port, ...certificateFiles() }
  const health = spawnSync(process.execPath, [join(ROOT, 'server/bin/healthcheck.mjs')], { env })
  expect(health.status).toBe(0)
})

test('shows a renewed certificate, by which commands know it, and gives the key to no other program', async () => {
  expect(await shownCertificate()).toBe('CN=old.example')
  symlinkSync('new', join(folder, 'next'))
  renameSync(join(folder, 'next'), join(folder, 'tls'))
  await expect.poll(shownCertificate).toBe('CN=new.example')
  await expect.poll(async () => (await command('levels')).code).toBe(0)

  const stranger = new ApiClient({ url, apiKey: KEY, fingerprint: async () => '0'.repeat(64) })
  await expect(stranger.request('GET', '/api/levels')).rejects.toThrow(/another program responds there/)
})
