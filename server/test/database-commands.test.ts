// The commands that work on a database without a server.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countMigrations, migrate } from '../src/store/database/migrate.ts'
import { type Database, openDatabase } from '../src/store/database/open.ts'
import { runCommand } from './support/command.ts'
import { createBareDatabase } from './support/database.ts'

let directory: string
let database: Database
let url: string
let drop: () => Promise<void>

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'database-commands-'))
  const bare = await createBareDatabase()
  database = await openDatabase({ connection: { connectionString: bare.url } })
  drop = bare.drop
  url = bare.url
})

afterEach(async () => {
  await database.close()
  await drop()
  rmSync(directory, { recursive: true })
})

/** A command on this database, with an empty data folder. */
const command = (...args: string[]) =>
  runCommand({ url: '', apiKey: '' }, args, { DATABASE_URL: url, DATA_DIR: directory })

test('upgrade --check says what a start would do, and what to do about a newer schema', async () => {
  const all = countMigrations()
  const empty = await command('upgrade', '--check')
  expect([empty.code, empty.stdout]).toEqual([0, expect.stringContaining('no schema yet')])
  await migrate(database, undefined, all - 2)
  const older = await command('upgrade', '--check', '--json')
  expect(older.code).toBe(0)
  const found = JSON.parse(older.stdout)
  expect(found).toMatchObject({ schema: all - 2, known_schema: all, refusal: null })
  expect(found.missing).toHaveLength(2)

  expect(await migrate(database)).toEqual(found.missing)
  expect((await command('upgrade', '--check')).stdout).toContain('changes nothing in it')
  await database.pool.query(`insert into migrations values ($1, '9999_later.sql', 'x')`, [all + 1])
  const newer = await command('upgrade', '--check')
  expect([newer.code, newer.stdout]).toEqual([
    1,
    expect.stringMatching(/has schema \d+ \("9999_later\.sql"\).*timelapser-logs restore FILE/s),
  ])
})

test('backup --folder reads back what it wrote, and keeps as many as it is told', async () => {
  await migrate(database)
  const folder = join(directory, 'backups')
  expect((await command('backup', '--folder', folder)).stderr).toContain(
    'the file or its folder does not exist',
  )
  for (const [args, sentence] of [
    [['backup'], 'Give either an output file or --folder'],
    [['backup', '--folder', directory, '--keep', '0'], 'a whole number from 1 to 1000'],
  ] as const) {
    const refused = await command(...args)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(sentence)])
  }
  const old = ['20260101T000000Z', '20260102T000000Z'].map((time) => `timelapser-logs-${time}.backup`)
  for (const name of [...old, 'another.backup', 'timelapser-logs-20260103T000000Z.backup.part'])
    writeFileSync(join(directory, name), 'not read')
  const made = await command('backup', '--folder', directory, '--keep', '2', '--json')
  expect([made.stderr, made.code]).toEqual(['', 0])
  const { file, removed, rows } = JSON.parse(made.stdout)
  expect(removed).toEqual([old[0]])
  expect(rows).toMatchObject({ settings: 0 })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const left = readdirSync(directory).filter((name) => name.includes('backup'))
  expect(left.toSorted()).toEqual(
    [
      'another.backup',
      old[1],
      'timelapser-logs-20260103T000000Z.backup.part',
      file.slice(directory.length + 1),
    ].toSorted(),
  )
})
