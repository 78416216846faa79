// Backups by the clock: one a day in the folder, made up for after a pause, by one server of several.
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { BackupClock, type BackupClockOptions } from '../src/service/administration/backup-clock.ts'
import { checkBackups } from '../src/service/diagnosis/backup-check.ts'
import { toFile } from '../src/store/backup/backup-files.ts'
import { checkBackup } from '../src/store/backup/restore.ts'
import { withMaintenance } from '../src/store/database/exclusive-access.ts'
import { findLateJobs } from '../src/store/database/job-runs.ts'
import { openDatabase } from '../src/store/database/open.ts'
import { openBucket } from './support/bucket.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'

const HOUR = 3_600_000

let database: TestDatabase
let folder: string
let now: number
let done: string[]
let failures: unknown[]
let uploads: { name: string; removed: string[] }[]

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timelapser-backups-'))
  now = Date.now()
  done = []
  failures = []
  uploads = []
})

/** A clock whose plan is an hour before now; it is looked at when it starts. */
function makeClock(options: Partial<BackupClockOptions> = {}): BackupClock {
  const anHourAgo = new Date(now - HOUR)
  const clock = new BackupClock({
    folder,
    atMinutes: anHourAgo.getUTCHours() * 60 + anHourAgo.getUTCMinutes(),
    keep: 2,
    jobPool: database.database.libraryPool,
    open: () => openDatabase({ connection: { connectionString: database.url }, statementTimeoutMs: 0 }),
    onDone: ({ file }) => done.push(file),
    onUploaded: ({ name, removed }) => uploads.push({ name, removed }),
    onFailure: (error) => failures.push(error),
    now: () => now,
    ...options,
  })
  onTestFinished(async () => {
    await clock.stop()
    await rm(folder, { recursive: true, force: true })
  })
  return clock
}

const nameAt = (millis: number) =>
  `timelapser-logs-${new Date(millis).toISOString().replaceAll(/[:-]|\.\d+/g, '')}.backup`

it('makes up for the time that was missed, keeps as many as it is told, and is content until the next', async () => {
  const old = [nameAt(now - 50 * HOUR), nameAt(now - 26 * HOUR)]
  // A server was killed while it wrote the first of these; somebody else writes the second.
  const drafts = [`${old[0]}.part`, `${nameAt(now - 2 * HOUR)}.part`]
  for (const name of [...old, ...drafts, 'others.backup']) await writeFile(join(folder, name), 'not read')
  await utimes(join(folder, drafts[0] as string), new Date(now - 7 * HOUR), new Date(now - 7 * HOUR))
  const clock = makeClock()
  expect(await clock.state()).toMatchObject({ due_since: expect.any(String), failed: null })
  clock.start()
  await expect.poll(() => done).toHaveLength(1)
  const names = (await readdir(folder)).toSorted()
  expect(names).toEqual([
    'others.backup',
    old[1],
    drafts[1],
    expect.stringMatching(/^timelapser-logs-\d{8}T\d{6}Z\.backup$/),
  ])
  expect(await clock.state()).toMatchObject({ folder, due_since: null, failed: null })
  expect(await checkBackups(() => clock.state(), now)).toMatchObject({ verdict: 'ok', name: 'backups' })

  const again = makeClock()
  again.start()
  await again.stop()
  expect(done).toHaveLength(1)
  // A day on, the next one is due.
  now += 24 * HOUR
  expect((await clock.state()).due_since).not.toBe(null)
})

it('makes one for two servers that share folder and database', async () => {
  const clocks = [makeClock(), makeClock()]
  for (const clock of clocks) clock.start()
  await expect.poll(() => done).toHaveLength(1)
  await Promise.all(clocks.map((clock) => clock.stop()))
  expect([done.length, failures]).toEqual([1, []])
  expect(await readdir(folder)).toHaveLength(1)
})

it('tells of one that fails and leaves nothing of it, and tries again an hour later', async () => {
  await rm(folder, { recursive: true })
  const clock = makeClock()
  clock.start()
  await expect.poll(() => failures).toEqual([expect.objectContaining({ code: 'ENOENT' })])
  await mkdir(folder)
  const check = await checkBackups(() => clock.state(), now)
  expect(check).toMatchObject({ verdict: 'warning', finding: `No backup in ${folder} yet` })
  expect(check.cause).toContain('ENOENT')
  await clock.stop()
  expect(await readdir(folder)).toEqual([])

  // A clock that was wrong named it: it is not the newest.
  await writeFile(join(folder, nameAt(now + 1000 * HOUR)), 'not read')
  const another = makeClock({ keep: 1 })
  another.start()
  await expect.poll(() => done).toHaveLength(1)
  expect(await readdir(folder)).toEqual([basename(done[0] as string)])
  expect(await checkBackups(() => clock.state(), now)).toMatchObject({ verdict: 'ok' })
})

it('uploads the newest backup once, retries an hour later, and keeps as many in the bucket', async () => {
  const bucket = await openBucket()
  onTestFinished(bucket.close)
  const old = [nameAt(now - 50 * HOUR), nameAt(now - 26 * HOUR)]
  for (const name of [...old, 'others.backup']) bucket.objects.set(`folder/${name}`, Buffer.from('old'))
  bucket.refuse((request) => request.method === 'PUT')
  const clock = makeClock({ bucket: bucket.config, keep: 2 })
  clock.start()
  await expect.poll(() => failures).toHaveLength(1)
  const name = basename(done[0] as string)
  const check = await checkBackups(() => clock.state(), now)
  expect(check).toMatchObject({ verdict: 'warning', finding: expect.stringContaining(bucket.config.url) })
  expect(check.cause).toContain('answered 503 SlowDown: Reduce your request rate.')
  await clock.stop()

  bucket.refuse(() => false)
  const clocks = [makeClock({ bucket: bucket.config }), makeClock({ bucket: bucket.config })]
  for (const each of clocks) each.start()
  await expect.poll(() => uploads).toEqual([{ name, removed: [old[0]] }])
  await Promise.all(clocks.map((each) => each.stop()))
  const restarted = makeClock({ bucket: bucket.config })
  restarted.start()
  await expect.poll(async () => (await restarted.state()).upload?.newest).not.toBe(null)
  expect(uploads).toHaveLength(1)
  expect([...bucket.objects.keys()].toSorted()).toEqual(
    ['others.backup', old[1], name].map((each) => `folder/${each}`),
  )
  expect(await checkBackups(() => restarted.state(), now)).toMatchObject({ verdict: 'ok' })
})

it('gives its name to no file that is not whole when it is read back', async () => {
  const file = join(folder, 'torn.backup')
  const torn = toFile(file, async (output) => void output.write('{"format":"timelapser-logs-backup"'), {
    check: checkBackup,
  })
  await expect(torn).rejects.toThrow('the backup is cut off')
  expect(await readdir(folder)).toEqual([])
})

it('is a late job when none came to its end for longer than a day, even where the folder is not there', async () => {
  const { pool } = database.database
  await pool.query('delete from job_runs')
  await rm(folder, { recursive: true })
  const clock = makeClock()
  clock.start()
  await expect.poll(() => failures).toHaveLength(1)
  await clock.stop()
  const ago = async (hours: number) =>
    void (await pool.query(
      `update job_runs set awaited_since = now() - $1 * interval '1 hour', finished_at = null where name = 'backup'`,
      [hours],
    ))
  await ago(29)
  expect(await findLateJobs(pool)).toEqual([])
  await ago(31)
  expect(await findLateJobs(pool)).toEqual([
    expect.objectContaining({ name: 'backup', failed_at: expect.any(String) }),
  ])
})

it('stops a backup under way with the server, and leaves nothing of it', async () => {
  let opened = () => undefined as unknown
  const isOpen = new Promise<void>((resolve) => (opened = () => resolve()))
  const clock = makeClock({
    open: async () => {
      const connected = await openDatabase({ connection: { connectionString: database.url } })
      opened()
      return connected
    },
  })
  clock.start()
  await isOpen
  await clock.stop()
  expect(failures).toEqual([])
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
})

it('stops with the server while it waits for a removal to end, which may take an hour', async () => {
  const { pool } = database.database
  const clock = makeClock()
  await withMaintenance(pool, async () => {
    clock.start()
    await expect
      .poll(async () => {
        const waiting = await pool.query(
          `select from pg_locks
          where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`,
        )
        return waiting.rowCount
      })
      .toBe(1)
    await clock.stop()
  })
  expect([failures, await readdir(folder)]).toEqual([[], []])
})

it('makes the next backup while a bucket does not answer, and stops at once', async () => {
  const asked: string[] = []
  const silent = createServer(({ method }) => void asked.push(String(method)))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    silent.closeAllConnections()
    await new Promise((resolve) => silent.close(resolve))
  })
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/bucket`
  const clock = makeClock({ bucket: { url, accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } })
  clock.start()
  await expect.poll(() => [done.length, asked]).toEqual([1, ['HEAD']])
  now += 24 * HOUR
  vi.advanceTimersByTime(60_000)
  await expect.poll(() => done).toHaveLength(2)
  expect(asked).toEqual(['HEAD'])
  await clock.stop()
  expect([uploads, failures]).toEqual([[], []])
})
