import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tablesToBackUp } from '../src/store/backup/backup-tables.ts'
import { countMigrations, migrate } from '../src/store/database/migrate.ts'
import { type Database, openDatabase } from '../src/store/database/open.ts'
import { beginPacking, endPacking } from '../src/store/partitions/packing-switch.ts'
import { clearLogs } from '../src/store/removal/clear.ts'
import { createBareDatabase, createTestDatabase } from './support/database.ts'

const MIGRATIONS = join(import.meta.dirname, '../migrations')

let directory: string
let database: Database
let url: string
let drop: () => Promise<void>

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'migrations-'))
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

function addMigration(name: string, sql: string): void {
  writeFileSync(join(directory, name), sql)
}

test('applies what is missing, in order, and nothing twice', async () => {
  addMigration('0001_first.sql', 'create table steps (name text); insert into steps values ($$first$$)')
  expect(await migrate(database, directory)).toEqual(['0001_first.sql'])
  addMigration('0002_second.sql', 'insert into steps values ($$second$$)')
  expect(await migrate(database, directory)).toEqual(['0002_second.sql'])
  expect(await migrate(database, directory)).toEqual([])
  const { rows } = await database.pool.query('select name from steps')
  expect(rows).toEqual([{ name: 'first' }, { name: 'second' }])
})

test('leaves alone, as a backup does, what another role has under the name of the packed rows', async () => {
  const { pool } = database
  await pool.query(`
    create role neighbour;
    create role server;
    create schema timelapser_rows authorization neighbour;
    create table timelapser_rows.logs ();
    create table timelapser_rows.letters ();
    grant create on schema public to server;
    do $$ begin execute format('grant create on database %I to server', current_database()); end $$`)
  const own = await openDatabase({ connection: { connectionString: url, options: '-c role=server' } })
  try {
    addMigration('0001_first.sql', 'create table logs ()')
    expect(await migrate(own, directory)).toEqual(['0001_first.sql'])
    const client = await own.pool.connect()
    const names = (await tablesToBackUp(client)).map(({ name }) => name)
    client.release()
    expect(names).toEqual(['logs'])
  } finally {
    await own.close()
    await pool.query('drop owned by neighbour, server cascade')
    await pool.query('drop role neighbour, server')
  }
})

test('applies each once when several servers start together', async () => {
  addMigration('0001_first.sql', 'create table steps (name text); select pg_sleep(0.1)')
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database, directory)))
  expect(applied.flat()).toEqual(['0001_first.sql'])
})

test('leaves nothing behind of a migration that fails, and names it', async () => {
  addMigration('0001_broken.sql', 'create table half (name text); select 1 / 0')
  await expect(migrate(database, directory)).rejects.toThrow(
    /The migration "0001_broken.sql" failed: division by zero\./,
  )
  const { rows } = await database.pool.query(`select to_regclass('half') as half`)
  expect(rows).toEqual([{ half: null }])
})

test('refuses a database that is newer than the program', async () => {
  addMigration('0001_first.sql', 'select')
  addMigration('0002_second.sql', 'select')
  await migrate(database, directory)
  rmSync(join(directory, '0002_second.sql'))
  await expect(migrate(database, directory)).rejects.toThrow(
    /has schema 2 .* knows 1\. Start the newer version that created it, or restore the backup/,
  )
})

test('refuses a migration that was edited after it was applied', async () => {
  addMigration('0001_first.sql', 'select')
  await migrate(database, directory)
  addMigration('0001_first.sql', 'select 2')
  await expect(migrate(database, directory)).rejects.toThrow(/another "0001_first.sql"/)
})

test('refuses a database in which another program keeps its logs', async () => {
  await database.pool.query('create table logs (id integer)')
  await expect(migrate(database)).rejects.toThrow(/table "logs" that is not of Timelapser Logs/)
})

test('applies the real migrations to an empty database', async () => {
  expect(await migrate(database)).toContain('0001_initial.sql')
})

test('adds up the months of counts there are, also of what was cleared and can be had back', async () => {
  await migrate(database, undefined, 9)
  const { pool } = database
  const add = (day: string, rows: number) =>
    pool.query(`insert into log_counts_day values ($1, 'INFO', 'api', null, $2)`, [day, rows])
  await add('2024-02-28', 2)
  await add('2024-02-29', 3)
  await pool.query(`select set_aside('log_counts_day', 'log_counts_day_c1')`)
  await add('2024-03-01', 5)
  expect(await migrate(database)).toContain('0010_month_counts.sql')
  const months = async () => (await pool.query('select bucket, rows from log_counts_month')).rows
  expect(await months()).toEqual([{ bucket: '2024-03-01T00:00:00Z', rows: 5 }])
  for (const table of ['log_counts_day', 'log_counts_month']) {
    await pool.query('select set_aside($1, $2)', [table, `${table}_c2`])
    await pool.query('select put_back($1, $2)', [table, `${table}_c1`])
  }
  expect(await months()).toEqual([{ bucket: '2024-02-01T00:00:00Z', rows: 5 }])
})

test('gives every test file a migrated database in which sessions are in UTC', async () => {
  const own = await createTestDatabase()
  const { rows } = await own.database.pool.query(
    `select current_setting('TimeZone') as zone, timestamptz '2025-01-02 03:04:05.678901+00' as time, count(*) as logs
    from logs`,
  )
  expect(rows).toEqual([{ zone: 'UTC', time: '2025-01-02T03:04:05.678901Z', logs: 0 }])
  await own.close()
})

test('packing moves the table that readers of the view need not know, and later migrations find it in its place', async () => {
  await migrate(database)
  const { pool } = database
  await pool.query('create role reader')
  await pool.query('grant select on logs to reader')
  const kindOf = async (name: string) => {
    const { rows } = await pool.query('select relkind as kind from pg_class where oid = to_regclass($1)', [
      name,
    ])
    return rows[0]?.kind
  }
  const kinds = async () => [await kindOf('public.logs'), await kindOf('timelapser_rows.logs')]
  try {
    await pool.query('create view recent as select * from logs')
    await pool.query(
      'create function few() returns bigint language sql begin atomic select count(*) from logs; end',
    )
    await expect(beginPacking(pool)).rejects.toThrow(
      'views or functions of your own read logs: few(), recent. They would not see packed lines',
    )
    expect(await kinds()).toEqual(['p', undefined])
    await pool.query('drop view recent; drop function few; alter table logs enable row level security')
    await expect(beginPacking(pool)).rejects.toThrow('logs has row security of your own')
    await pool.query('alter table logs disable row level security')
    // Tables in another role's schema of this name would be taken for the server's own.
    await pool.query('create role worker; create schema timelapser_rows authorization reader')
    const searched = async () => {
      const own = await openDatabase({ connection: { connectionString: url, options: '-c role=worker' } })
      const { rows: paths } = await own.pool.query<{ search_path: string }>('show search_path')
      await own.close()
      return paths[0]?.search_path.startsWith('timelapser_rows, ')
    }
    expect(await searched()).toBe(false)
    await pool.query('drop schema timelapser_rows')
    expect(await searched()).toBe(true)
    await clearLogs(pool)
    await beginPacking(pool)
    await beginPacking(pool)
    expect(await kinds()).toEqual(['v', 'p'])
    const { rows } = await pool.query(
      `select has_table_privilege('reader', 'public.logs', 'select') as may_read`,
    )
    expect(rows).toEqual([{ may_read: true }])
    await pool.query(`
      grant usage on schema timelapser_rows to reader;
      grant select on timelapser_rows.logs, log_blocks to reader`)
    await clearLogs(pool)
    await pool.query(`
      set role reader;
      select * from public.logs;
      select * from logs_between('2026-01-01', '2026-01-02');
      reset role`)
    await pool.query(`
      revoke select on public.logs from reader;
      grant select on public.logs to public`)
    cpSync(MIGRATIONS, directory, { recursive: true })
    const later = `${String(countMigrations() + 1).padStart(4, '0')}_later.sql`
    addMigration(later, 'create index later on only logs (source); create table later_table ()')
    expect(await migrate(database, directory)).toEqual([later])
    expect(await kinds()).toEqual(['v', 'p'])
    expect([await kindOf('timelapser_rows.later'), await kindOf('public.later_table')]).toEqual(['I', 'r'])
    await endPacking(pool)
    const { rows: schemas } = await pool.query(`select to_regnamespace('timelapser_rows') as name`)
    expect(schemas).toEqual([{ name: null }])
    expect(await kinds()).toEqual(['p', undefined])
    expect((await pool.query('select * from logs')).rows).toEqual([])
    const { rows: held } = await pool.query(
      `select relacl::text as held from pg_class where relname = 'logs'`,
    )
    expect(held[0]?.held).toMatch(/[{,]=r\//)
    expect(held[0]?.held).not.toContain('reader')
  } finally {
    await pool.query('drop owned by reader')
    await pool.query('drop role reader; drop role if exists worker')
  }
})
