import { once } from 'node:events'
import { connect } from 'node:net'
import type { LogRecord } from '@timelapser/logger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSyslog, type SyslogListener } from '../src/cli/serve/syslog-listener.ts'
import { readConfig } from '../src/config.ts'
import { expectExactCounts } from './store/stored-counts.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
let syslog: SyslogListener
const troubles: unknown[] = []

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG', retention_days: 0 })
  const config = readConfig({ SYSLOG_TCP_PORT: '0', SYSLOG_CAMERAS: 'cam-13=13' })
  syslog = await openSyslog(config.syslog, {
    ingest: server.system.ingestService,
    onTrouble: (error) => troubles.push(error),
  })
})
afterAll(async () => {
  await syslog.close()
  await server.close()
})

const TIME = '2026-01-02T03:04:05Z'

function record(changes: Partial<LogRecord>): LogRecord {
  const usual = {
    level: 'INFO',
    source: 'worker',
    logger_name: 'app',
    camera_id: null,
    extra_data: null,
  } as const
  return { ...usual, timestamp: TIME, message: 'a good line', ...changes }
}

/** The stored part of a batch: how many records, and the places of those that were not. */
type Outcome = { accepted: number; refused: number[] | undefined }

const WAYS: Record<string, (records: LogRecord[]) => Promise<Outcome>> = {
  HTTP: async (records) => {
    const { status, body } = await server.send('POST', '/api/logs', records)
    expect(status).toBe(200)
    const { accepted, rejected } = body.data
    return { accepted, refused: rejected.map(({ index }: { index: number }) => index) }
  },
  'a call in the process': async (records) => {
    const { accepted, rejected } = await server.system.logOperations.addLogEntries(records)
    return { accepted, refused: rejected.map(({ index }) => index) }
  },
  syslog: async (records) => {
    const before = await countRows()
    const port = Number(/:(\d+)$/.exec(syslog.addresses[0] ?? '')?.[1])
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.end(records.map(asSyslog).join(''))
    await once(socket, 'close')
    // Senders of syslog get no reply. The last line is valid, and a batch is stored as a whole.
    await expect.poll(async () => (await countRows()) - before).toBeGreaterThan(0)
    return { accepted: (await countRows()) - before, refused: undefined }
  },
}

function asSyslog({
  timestamp,
  level,
  source,
  logger_name,
  camera_id,
  extra_data,
  message,
}: LogRecord): string {
  const priority = level === 'CRITICAL' ? 10 : 14
  const data = extra_data === null ? '-' : '[refused@1 a="b"]'
  const host = camera_id === null ? source : `cam-${camera_id}`
  return `<${priority}>1 ${timestamp} ${host} ${logger_name} - - ${data} ${message}\n`
}

/** All rows but those of the other caller. */
async function countRows(): Promise<number> {
  const text = `select count(*)::int as rows from logs where message <> 'of another caller'`
  const { rows } = await server.database.database.pool.query<{ rows: number }>(text)
  return rows[0]?.rows ?? 0
}

/** Each column, what its table is made to refuse, and a record with it. */
const COLUMNS: [column: string, condition: string, changes: Partial<LogRecord>][] = [
  ['timestamp', `timestamp <> '2026-01-02T03:04:06Z'`, { timestamp: '2026-01-02T03:04:06Z' }],
  ['camera_id', 'camera_id <> 13', { camera_id: 13 }],
  ['level', `level <> 'CRITICAL'`, { level: 'CRITICAL' }],
  ['source', `source <> 'refused'`, { source: 'refused' }],
  ['logger_name', `logger_name <> 'refused'`, { logger_name: 'refused' }],
  ['message', `message <> 'refused'`, { message: 'refused' }],
  ['extra_data', `extra_data::text not like '%refused@1%'`, { extra_data: { 'refused@1': { a: 'b' } } }],
]

describe.each(Object.keys(WAYS))('a record that PostgreSQL refuses, by %s,', (way) => {
  const send = WAYS[way] as (records: LogRecord[]) => Promise<Outcome>

  it.each(COLUMNS)('for its %s costs itself alone', async (_, condition, changes) => {
    const { pool } = server.database.database
    await pool.query(`alter table logs add constraint refusal check (${condition}) not valid`)
    try {
      const [{ accepted, refused = [1] }, other] = await Promise.all([
        send([record({}), record(changes), record({})]),
        server.system.logOperations.addLogEntries([record({ message: 'of another caller' })]),
      ])
      expect({ accepted, refused }).toEqual({ accepted: 2, refused: [1] })
      expect(other).toMatchObject({ accepted: 1, rejected: [] })
    } finally {
      await pool.query('alter table logs drop constraint refusal')
    }
  })

  it.each([
    ['in the year 1', '0001-01-01T00:00:00Z'],
    ['in the year 50', '0050-06-15T12:00:00.123456Z'],
    ['in the year 1899', '1899-12-31T23:59:59.999999Z'],
    ['before 1970', '1969-12-31T23:59:59.999999Z'],
    ['two centuries ahead', '2226-01-01T00:00:00Z'],
  ])('is none that is dated %s', async (_, timestamp) => {
    const message = `${way}: ${timestamp}`
    const { accepted } = await send([record({}), record({ timestamp, message }), record({})])
    expect(accepted).toBe(3)
    const asked = { visibility: { cameras: null }, search: message }
    const found = await server.system.logOperations.getLogs(asked, { offset: 0, limit: 10 })
    // Times ahead of the clock become those of the arrival, where a service decides that.
    const isKept = way === 'a call in the process' || timestamp < TIME
    expect(found.map((row) => row.timestamp)).toEqual([isKept ? timestamp : expect.any(String)])
  })
})

describe('a record that is none, by a call in the process,', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  it.each<[string, Record<string, unknown>]>([
    ['a time that is no text', { timestamp: 12 }],
    ['a time that no clock shows', { timestamp: '2026-01-02T25:00:00Z' }],
    ['a day that no calendar has', { timestamp: '2026-02-30T00:00:00Z' }],
    ['a time in a zone', { timestamp: '2026-01-02T03:04:05+02:00' }],
    ['the year 0', { timestamp: '0000-12-31T23:59:59Z' }],
    ['the end of all time', { timestamp: '9999-12-31T23:59:59.999999Z' }],
    ['a level that is none', { level: 'LOUD' }],
    ['a source that is no text', { source: null }],
    ['a source that is too long', { source: 'x'.repeat(101) }],
    ['a logger that is no text', { logger_name: 7 }],
    ['a message that is no text', { message: undefined }],
    ['a message with NUL', { message: 'a\0b' }],
    ['a camera beyond the column', { camera_id: 2_147_483_648 }],
    ['a camera that is no whole number', { camera_id: 1.5 }],
    ['a camera that is not a number', { camera_id: 'one' }],
    ['fields that are no JSON', { extra_data: circle }],
    ['a field with NUL', { extra_data: { a: '\0' } }],
    ['a field of BigInt', { extra_data: { a: 1n } }],
  ])('%s, costs itself alone and is told why', async (_, changes) => {
    const { logOperations } = server.system
    const bad = record(changes as Partial<LogRecord>)
    const [own, other] = await Promise.all([
      logOperations.addLogEntries([record({}), bad, record({})]),
      logOperations.addLogEntries([record({ message: 'of another caller' })]),
    ])
    expect(own).toMatchObject({ accepted: 2, rejected: [{ index: 1, reason: expect.stringMatching(/\w/) }] })
    expect(other).toMatchObject({ accepted: 1, rejected: [] })
    const [stored] = await logOperations.getLogs({ visibility: { cameras: null } }, { offset: 0, limit: 1 })
    expect(stored).toBeDefined()
  })

  it('is refused for a camera that cannot be made, which costs others nothing', async () => {
    const { pool } = server.database.database
    await pool.query('alter table cameras add constraint refusal check (id <> 77)')
    const added = await server.system.logOperations.addLogEntries([
      record({ camera_id: 76 }),
      record({ camera_id: 77 }),
    ])
    expect(added).toMatchObject({ accepted: 2, rejected: [] })
    const { rows } = await pool.query('select id from cameras where id in (76, 77)')
    expect(rows).toEqual([{ id: 76 }])
  })
})

it('does not stop others by a mark that is none', async () => {
  const { logOperations } = server.system
  const [bad, good] = await Promise.allSettled([
    logOperations.addLogEntries([record({})], { sender: 'not a uuid', batch: 1 }),
    logOperations.addLogEntries([record({})]),
  ])
  expect(bad).toMatchObject({ status: 'rejected' })
  expect(good).toMatchObject({ status: 'fulfilled', value: { accepted: 1 } })
})

it('says how much of a batch over many days is stored when the database fails in the middle of it', async () => {
  const { pool, connect: open } = server.database.database
  const days = Array.from({ length: 100 }, (_, day) =>
    record({ timestamp: new Date(Date.UTC(2024, 0, 1 + day)).toISOString(), source: 'days' }),
  )
  expect((await WAYS.HTTP?.(days))?.accepted).toBe(100)
  // The stored part of the batch is counted against the cap of an override, and the rest is not.
  await server.send('PUT', '/api/settings', { log_level: 'INFO' })
  const override = { scope: 'source', target: 'days', level: 'DEBUG', max_lines_per_minute: 100 }
  expect((await server.send('PUT', '/api/levels', override)).status).toBe(200)
  const debug = days.map((day) => ({ ...day, level: 'DEBUG' }))
  const blocker = await open()
  await blocker.query('begin')
  await blocker.query('lock table logs_20240401_20240501 in access exclusive mode')
  const sending = server.send('POST', '/api/logs', debug)
  await expect
    .poll(async () => {
      const { rowCount } = await pool.query(`
        select pg_terminate_backend(l.pid)
        from pg_locks l
        join pg_stat_activity a using (pid)
        where l.relation = 'logs_20240401_20240501'::regclass and not l.granted and a.query like 'copy logs%'`)
      return rowCount
    })
    .toBe(1)
  const { status, body } = await sending
  await blocker.query('rollback')
  await blocker.end()
  expect({ status, code: body.code }).toEqual({ status: 503, code: 'UNAVAILABLE' })
  expect(body.message).toMatch(/first 64 of 100 records are stored.*from index 64 on/)
  const { rows } = await pool.query(`select count(*)::int as stored from logs where source = 'days'`)
  expect(rows).toEqual([{ stored: 164 }])
  const rest = await server.send('POST', '/api/logs', debug.slice(64))
  expect(rest.body.data).toMatchObject({ accepted: 36, filtered: 0 })
  const more = await server.send('POST', '/api/logs', debug.slice(0, 1))
  expect(more.body.data).toMatchObject({ accepted: 0, filtered: 1 })
  await server.send('DELETE', '/api/levels/source/days')
  await server.send('PUT', '/api/settings', { log_level: 'DEBUG' })
})

it('keeps exact counts of all years, and no trouble', async () => {
  await expectExactCounts(server.database.database.pool)
  const { logOperations } = server.system
  const { total: all } = await logOperations.countLogs({ visibility: { cameras: null } })
  const { total } = await logOperations.countLogs({
    visibility: { cameras: null },
    start: '0001-01-01T00:00:00Z',
    end: '9999-12-31T23:59:59.999999Z',
  })
  expect(total).toBe(all)
  expect(troubles).toEqual([])
})
