// The real program packs and unpacks, and it and the backends of PostgreSQL are killed at random moments meanwhile.
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OwnServer, startOwnServer } from './support/own-server.ts'
import { HEADERS, type ServerProcess, startProcess, stopProcess } from './support/server-process.ts'

const DAY_MS = 86_400_000
const LINES = 60_000
const BATCH = 2000
/** The statements of packing and unpacking: a backend is killed in one of them. */
const WORK =
  'pack_rows|sign_block|packing_is_done|unpack_block|unpacking_is_done|vacuum|detach partition|begin_packing|end_packing'

let database: OwnServer
let url: string
let server: ServerProcess

beforeAll(async () => {
  database = await startOwnServer()
  const { host, port, user, database: name } = database.postgres.connection
  url = `postgres://${user}@${encodeURIComponent(host)}:${port}/${name}`
  server = await startProcess(url)
})

afterAll(async () => {
  await stopProcess(server)
  await database.close()
})

/** Asks as somebody with psql would, again until PostgreSQL is running again. */
async function ask<R extends pg.QueryResultRow>(text: string): Promise<R[]> {
  const { connection } = database.postgres
  for (;;) {
    const client = new pg.Client({ ...connection, statement_timeout: 60_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query<R>(text)).rows
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (/^(42|XX)/.test(code)) throw error
      await wait(50)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

/** All lines that the test wrote, as one value. */
async function digest(): Promise<unknown> {
  const [row] = await ask(`
    select count(*)::integer as lines, count(distinct id)::integer as ids,
      md5(string_agg(md5(l::text), '' order by id)) as content
    from logs l
    where source = 'kills'`)
  return row
}

const send = (method: string, path: string, body?: object, headers = {}) =>
  fetch(`${server.url}${path}`, {
    method,
    headers: { ...HEADERS, 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })

async function fill(): Promise<void> {
  const start = Date.now() - 5 * DAY_MS
  for (let first = 0; first < LINES; first += BATCH) {
    const records = Array.from({ length: BATCH }, (_, index) => ({
      timestamp: new Date(start + ((first + index) / LINES) * 3 * DAY_MS).toISOString(),
      level: index % 10 ? 'INFO' : 'ERROR',
      source: 'kills',
      message: `line ${first + index} took ${index * 7} ms${index % 500 ? '' : ' \u001e'}`,
      extra_data: index % 3 ? { request_id: `r-${first + index}` } : null,
    }))
    expect((await send('POST', '/api/logs', records, { 'x-import': 'true' })).status).toBe(200)
  }
}

async function killServer(): Promise<void> {
  const { child, dataDir } = server
  expect(child.exitCode).toBe(null)
  child.kill('SIGKILL')
  if (child.signalCode === null) await once(child, 'exit')
  await rm(dataDir, { recursive: true, force: true })
  server = await startProcess(url)
}

/** Kills the backend that packs or unpacks, if one is at it: PostgreSQL then ends all others, and recovers. */
async function killBackend(how: 'SIGKILL' | 'terminate'): Promise<void> {
  const [worker] = await ask<{ pid: number }>(`
    select pid
    from pg_stat_activity
    where datname = current_database() and query ~ '${WORK}' and pid <> pg_backend_pid()
    order by random()
    limit 1`)
  if (!worker) return
  if (how === 'terminate') await ask(`select pg_terminate_backend(${worker.pid})`)
  else process.kill(worker.pid, 'SIGKILL')
}

/** Goes on until it is done, with something killed now and then; every line is there once at each look. */
async function withKills(rounds: number, expected: unknown, isDone: () => Promise<boolean>): Promise<void> {
  const kills = [killServer, () => killBackend('SIGKILL'), () => killBackend('terminate')]
  for (let round = 0; round < rounds; round++) {
    await wait(Math.random() * 1200)
    await kills[round % kills.length]?.()
    expect(await digest()).toEqual(expected)
  }
  await expect.poll(isDone, { interval: 500 }).toBe(true)
  expect(await digest()).toEqual(expected)
}

const setting = async (days: number) =>
  expect
    .poll(
      async () =>
        (await send('PUT', '/api/settings', { pack_after_days: days }).catch(() => undefined))?.status,
    )
    .toBe(200)

it('has every line once, whatever is killed while lines are packed and made rows again', async () => {
  await fill()
  await ask(
    `update log_partitions set closed_at = now(), indexed_at = now() where upper < now() - interval '1 day'`,
  )
  const expected = await digest()
  expect(expected).toMatchObject({ lines: LINES, ids: LINES })
  await setting(1)
  await ask(`update log_packing set begun_at = now() - interval '1 hour'`)
  await withKills(12, expected, async () => {
    const [left] = await ask<{ due: number; packed: number }>(`
      select (select count(*) from log_partitions where packed_at is null and upper < now() - interval '1 day')::integer as due,
        (select coalesce(sum(rows), 0) from log_blocks)::integer as packed`)
    return left?.due === 0 && left.packed > LINES * 0.9
  })
  expect((await send('POST', '/api/packing/unpack', {})).status).toBe(200)
  await withKills(12, expected, async () => {
    const [left] = await ask<{ is_on: boolean }>('select exists (select from log_packing) as is_on')
    return left?.is_on === false
  })
  const [kind] = await ask(`select relkind as kind from pg_class where oid = 'public.logs'::regclass`)
  expect(kind).toEqual({ kind: 'p' })
  const answer = await send('GET', '/api/logs/stats?source=kills&start_date=2000-01-01T00:00:00Z')
  const { data } = (await answer.json()) as { data: { summary: { total_logs: number } } }
  expect(data.summary.total_logs).toBe(LINES)
})
