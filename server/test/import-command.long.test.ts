// A database of Timelapser v4, as its own description has the tables, taken over by the command.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/program.ts'
import { runCommand } from './support/command.ts'
import { createBareDatabase } from './support/database.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const TABLES = `
  create table cameras (id serial primary key, name varchar(255) not null);
  create table logs (
    id serial primary key,
    level varchar(20) not null check (level in ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')),
    message text not null,
    timestamp timestamp with time zone default now(),
    camera_id integer references cameras(id) on delete set null,
    source varchar(100) default 'system',
    logger_name varchar(200),
    extra_data jsonb
  );
  create index idx_logs_timestamp on logs (timestamp desc);
  insert into cameras (id, name) values (1, 'Front door'), (2, 'Mast'), (7, 'Yard');
  insert into logs (level, message, timestamp, camera_id, source, logger_name, extra_data)
  select
    (array['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])[1 + n % 5], 'line ' || n,
    now() - interval '2 days' + n * interval '1 second 1 microsecond',
    case n % 4 when 1 then 1 when 2 then 7 end, nullif('source_' || n % 3, 'source_0'), 'worker',
    case n % 3 when 1 then jsonb_build_object('n', n) when 2 then '[1, 2]'::jsonb end
  from generate_series(1, 12000) as n;
  update logs set message = repeat('long ', 50000) where id between 6000 and 6019;
  update logs set message = E'nul-less \\\\u0000 \\n and more' where id = 7001;
`

let server: TestServer
let old: { url: string; drop(): Promise<void> }
let client: pg.Client
beforeAll(async () => {
  server = await startTestServer()
  old = await createBareDatabase()
  client = new pg.Client({ connectionString: old.url })
  await client.connect()
  await client.query(`set timezone to 'UTC'`)
  await client.query(TABLES)
  // One that lines have made, and one that people have named.
  await server.send('POST', '/api/logs', [{ level: 'INFO', message: 'here', camera_id: 1 }])
  await server.send('POST', '/api/cameras', { id: 2, name: 'Named here' })
})
afterAll(async () => {
  await client?.end()
  await server?.close()
  await old?.drop()
})

/** Rows as text, in the order of their ids in the old table. */
async function rowsOf(database: pg.Client | pg.Pool, select: string): Promise<string[]> {
  const { rows } = await database.query(
    `select to_jsonb(one)::text as row from (${select}) as one order by one.id::int`,
  )
  return rows.map(({ row }) => row)
}

const STORED = `
  select extra_data ->> 'imported_id' as id, level, message, extract(epoch from timestamp) as timestamp, camera_id, source, logger_name,
    extra_data - 'imported_id' as extra_data
  from logs where extra_data ? 'imported_id'`

/** The rows that are to be stored. */
const WANTED = `
  select id::text as id, level, message, extract(epoch from timestamp) as timestamp, camera_id, coalesce(source, 'system') as source, logger_name,
    case jsonb_typeof(extra_data)
      when 'object' then extra_data when 'array' then jsonb_build_object('extra_data', extra_data) else '{}'::jsonb
    end as extra_data
  from logs`

it('takes over every row once, interrupted, repeated and with rows that came since', async () => {
  const position = join(temporaryFolder(), 'position.json')
  const run = (...more: string[]) =>
    runCommand(server, ['import', '--from', old.url, '--position', position, ...more])

  const first = await run()
  expect(first.code, first.stderr).toBe(0)
  expect(first.stdout).toMatch(/Read 12,000 lines of the table logs\.\nStored 12,000 records/)
  expect(first.stdout).toContain('Imported 2 cameras.')
  const { body } = await server.get('/api/cameras')
  const named = body.data.cameras.map(({ id, name }: { id: number; name: string }) => `${id} ${name}`)
  expect(named.sort()).toEqual(['1 Front door', '2 Named here', '7 Yard'])

  // The last batch was stored, and the run ended before it heard so; then more rows came.
  const { sender, after } = JSON.parse(await readFile(position, 'utf8'))
  expect(after).toBe(12_000)
  await client.query(`insert into logs (level, message) values ('INFO', 'later')`)
  await writeFile(position, JSON.stringify({ sender, after: 11_000, until: 12_000 }))
  expect((await run()).stdout).toContain('Imported 0 cameras.')
  expect((await run()).stdout).toContain('Read 0 lines of the table logs after the id 12001.')

  expect(await rowsOf(server.database.database.pool, STORED)).toEqual(await rowsOf(client, WANTED))
})

it('says in a sentence what is no database of Timelapser v4, too old, or another one', async () => {
  const position = join(temporaryFolder(), 'position.json')
  const failed = async (...args: string[]) => {
    const { code, stderr } = await runCommand(server, ['import', '--position', position, ...args])
    return `${code} ${stderr}`
  }
  expect(await failed('--from', server.database.url)).toMatch(/^1 .*belongs to Timelapser Logs/)
  expect(await failed('--from', 'postgres://nobody@127.0.0.1:1/none')).toMatch(
    /^1 .*cannot be read: .*ECONNREFUSED/,
  )
  expect(await failed('--from', 'not an address')).toMatch(/^1 --from is not valid \(not shown here\)/)
  expect(await failed('--from', 'postgres://one,two/timelapser')).toMatch(/^1 --from contains several hosts/)
  await writeFile(position, JSON.stringify({ sender: 'import-0', after: 5, until: null }))
  expect(await failed('--from', old.url)).toMatch(/^1 .*the import of another database/)
  await writeFile(position, 'something else')
  expect(await failed('--from', old.url)).toMatch(/^1 .*is not the position file of an import/)

  await client.query(
    `insert into logs (level, message, timestamp) values ('INFO', 'old', now() - interval '5 years')`,
  )
  const fresh = join(temporaryFolder(), 'position.json')
  expect(await failed('--position', fresh, '--from', old.url)).toMatch(
    /^2 The oldest row is of 20\d\d-.* Nothing was sent\. Give --keep-days 18\d\d, or 0/,
  )
})
