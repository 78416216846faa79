// The errors of the started program about its database.
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startProgram, temporaryFolder } from '../../test/support/program.ts'
import { expectRefusal } from '../../test/support/refusal.ts'
import { openDatabase } from '../src/store/database/open.ts'
import { asAdmin, createBareDatabase } from './support/database.ts'
import { isPgbouncerMissing, startPgbouncer, withoutPgbouncer } from './support/pgbouncer.ts'

/** 18 would take the provider of its template, the built-in one. */
const C_LOCALE = `locale_provider libc locale 'C' template template0`

async function database(options = ''): Promise<string> {
  const { url, drop } = await createBareDatabase(options)
  onTestFinished(drop)
  return url
}

/** The same database as a user who is nobody in particular. */
async function ordinaryUser(url: string): Promise<string> {
  const role = `role_${Math.random().toString(36).slice(2)}`
  await asAdmin(`create role ${role} login`)
  onTestFinished(() => asAdmin(`drop role ${role}`))
  return url.replace(/\/\/\w+@/, `//${role}@`)
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(text).finally(() => client.end())
}

function start(url: string) {
  return startProgram({ env: { DATABASE_URL: url, DATA_DIR: join(temporaryFolder(), 'data') } })
}

test('serves from the database in DATABASE_URL, and finds its schema again', async () => {
  const url = await database()
  for (const _ of ['first', 'second']) {
    const program = start(url)
    expect((await fetch(`${await program.ready}/readyz`)).status).toBe(200)
    program.kill('SIGTERM')
    expect(await program.ended).toBe(0)
  }
})

test('serves a user who may do no more than create in the schema, once pg_trgm is there', {
  tags: ['long'],
}, async () => {
  const url = await database()
  const user = await ordinaryUser(url)
  const role = new URL(user).username
  await query(url, `create extension pg_trgm; grant create on schema public to ${role}`)
  await query(url, `grant create on database ${new URL(url).pathname.slice(1)} to ${role}`)
  const program = start(user)
  expect((await fetch(`${await program.ready}/readyz`)).status).toBe(200)
  program.kill('SIGTERM')
  expect(await program.ended).toBe(0)
  await query(url, `drop owned by ${role} cascade`)
})

describe.skipIf(isPgbouncerMissing)(`refuses with a sentence a pooler${withoutPgbouncer}`, () => {
  const open = (url: string, direct?: string) => {
    const opened = openDatabase({
      connection: { connectionString: url },
      direct: direct === undefined ? undefined : { connectionString: direct },
    })
    return opened.then((database) => database.close())
  }
  const ignoring = { ignore_startup_parameters: 'options,statement_timeout' }

  test.each([
    ['that takes no settings of a session', {}, 'is behind a pooler (unsupported startup parameter: '],
    ['that drops the settings of a session', { ...ignoring, pool_mode: 'session' }, 'drops their settings'],
  ])('%s', { tags: ['long'] }, async (_, settings, sentence) => {
    const url = await database()
    const pooler = await startPgbouncer(url, settings)
    onTestFinished(pooler.stop)
    const refused = open(pooler.through(url))
    await expect(refused).rejects.toThrow(sentence)
    await expect(refused).rejects.toThrow('set DATABASE_DIRECT_URL to PostgreSQL itself')
  })

  test('that shares sessions', async () => {
    const url = await database()
    const pooler = await startPgbouncer(url, ignoring)
    onTestFinished(pooler.stop)
    await expect(open(pooler.through(url))).rejects.toThrow(
      /shares sessions between connections.*set DATABASE_DIRECT_URL to PostgreSQL itself/,
    )
  })

  test('whose sessions are past it in another database or its own; sessions that it had before are ended', {
    tags: ['long'],
  }, async () => {
    const [url, another] = [await database(), await database()]
    const user = await ordinaryUser(url)
    const pooler = await startPgbouncer(url, {}, [user])
    onTestFinished(pooler.stop)
    const through = pooler.through(url)
    await expect(open(through, another)).rejects.toThrow('points to another database than DATABASE_URL')
    await expect(open(through, through)).rejects.toThrow('set DATABASE_DIRECT_URL to PostgreSQL itself')
    const [one, other] = [new pg.Client(through), new pg.Client(through)]
    await Promise.all([one.connect(), other.connect()])
    // At the same time, so in two sessions of the pooler; both stay open, without the settings.
    await Promise.all([one, other].map((client) => client.query('select pg_sleep(0.1)')))
    await open(through, url)
    const kept = await Promise.all(
      [one, other].map((client) =>
        client.query(`select current_setting('idle_in_transaction_session_timeout') as kept, pg_sleep(0.1)`),
      ),
    )
    expect(kept.map(({ rows }) => rows[0].kept)).toEqual(['5min', '5min'])
    await Promise.all([one.end(), other.end()])
    const others = open(pooler.through(user), url)
    await expect(others).rejects.toThrow('Use the same user in DATABASE_URL and DATABASE_DIRECT_URL')
  })
})

describe('refuses with a sentence a database', () => {
  test('that does not answer', async () => {
    await expectRefusal(
      start('postgres://me@127.0.0.1:9/logs'),
      'PostgreSQL at 127.0.0.1:9 cannot be reached',
      'Start it',
    )
  })

  test('that does not exist', async () => {
    const url = (await database()).replace(/bare_\w+/, 'nowhere')
    await expectRefusal(start(url), 'database "nowhere" does not exist', 'Create it')
  })

  test('whose user is not known', async () => {
    const url = (await database()).replace(/\/\/\w+@/, '//stranger@')
    await expectRefusal(start(url), 'role "stranger" does not exist', 'name and password in DATABASE_URL')
  })

  test('in another encoding', async () => {
    const url = await database(`encoding 'LATIN1' ${C_LOCALE}`)
    await expectRefusal(start(url), 'is encoded in LATIN1, and logs need UTF8', 'create database')
  })

  test('in a locale that knows English alone', async () => {
    const url = await database(`encoding 'UTF8' ${C_LOCALE}`)
    await expectRefusal(start(url), 'has the locale "C"', 'create database')
  })

  test('without pg_trgm, to a user who may not create it', async () => {
    const url = await database()
    const user = await ordinaryUser(url)
    const role = new URL(user).username
    await query(url, `grant create on schema public to ${role}`)
    await expectRefusal(
      start(user),
      'pg_trgm is missing, and this user may not create it',
      'create extension pg_trgm',
    )
    await query(url, `drop owned by ${role} cascade`)
  })

  test('in which the user may create nothing', async () => {
    const user = await ordinaryUser(await database())
    await expectRefusal(start(user), 'may not create tables', 'grant create on schema public')
  })

  test('of a newer version', { tags: ['long'] }, async () => {
    const url = await database()
    const program = start(url)
    await program.ready
    program.kill('SIGTERM')
    await program.ended
    await query(url, `insert into migrations (id, name, checksum) values (9999, '9999_future.sql', 'x')`)
    await expectRefusal(start(url), 'has schema 9999 ("9999_future.sql")', 'Start the newer version')
  })

  test('in which another program keeps its logs', async () => {
    const url = await database()
    await query(url, 'create table logs (line text)')
    await expectRefusal(start(url), 'a table "logs" that is not of Timelapser Logs', 'empty database')
  })
})
