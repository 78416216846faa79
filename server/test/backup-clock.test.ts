// Backups by the clock: one a day in the folder, made up for after a pause, by one server of several.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { BackupClock, type BackupClockOptions } from '../src/service/administration/backup-clock.ts'
import { checkBackups } from '../src/service/diagnosis/backup-check.ts'
import { openDatabase } from '../src/store/database/open.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'

const HOUR = 3_600_000

let database: TestDatabase
let folder: string
let now: number
let done: string[]
let failures: unknown[]

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timelapser-backups-'))
  now = Date.now()
  done = []
  failures = []
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
  for (const name of [...old, 'others.backup']) await writeFile(join(folder, name), 'not read')
  const clock = makeClock()
  expect(await clock.state()).toMatchObject({ due_since: expect.any(String), failed: null })
  clock.start()
  await expect.poll(() => done).toHaveLength(1)
  const names = (await readdir(folder)).toSorted()
  expect(names).toEqual([
    'others.backup',
    old[1],
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
  expect(check).toMatchObject({ verdict: 'warning', finding: `None in ${folder} yet` })
  expect(check.cause).toContain('ENOENT')
  await clock.stop()
  expect(await readdir(folder)).toEqual([])
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
