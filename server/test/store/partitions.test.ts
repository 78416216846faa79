import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTending } from '../../src/jobs/tend-partitions.ts'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { Notices, notify } from '../../src/store/database/notices.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import {
  FILTER_BURST_ROWS,
  INDEX_WORTH_ROWS,
  OpenIndexes,
  SEARCH_BURST_ROWS,
} from '../../src/store/partitions/open-indexes.ts'
import { endEarly, reopenAll } from '../../src/store/partitions/partition-closing.ts'
import {
  buildIndexes,
  dropInvalidIndexes,
  nextToIndex,
  readIndexes,
} from '../../src/store/partitions/partition-indexes.ts'
import { tendPartitions } from '../../src/store/partitions/partition-upkeep.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { DAY, HOUR, record, seeWritersPass, spread, whileWriting } from './some-records.ts'
import { expectExactCounts } from './stored-counts.ts'

const EVERYTHING = { visibility: { cameras: null } }
const MINUTE = 60_000

let database: TestDatabase
let pool: TestDatabase['database']['pool']
let logs: LogOperations
let others: LogOperations[]

beforeEach(async () => {
  database = await createTestDatabase()
  pool = database.database.pool
  others = []
  logs = newServer()
  others = []
})

afterEach(async () => {
  await Promise.all([logs, ...others].map((server) => server.close()))
  await database.close()
})

function newServer(): LogOperations {
  const server = new LogOperations({ pool, settings: new SettingsStore(pool) })
  others.push(server)
  return server
}

const iso = (millis: number) => new Date(millis).toISOString()
const wholeMinute = (millis: number) => `${iso(Math.ceil(millis / MINUTE) * MINUTE).slice(0, 19)}Z`

/** The attached partitions according to PostgreSQL, beside the registry's. */
async function attached(): Promise<{ name: string; lower: string; upper: string }[]> {
  const { rows } = await pool.query<{ name: string; bounds: string }>(`
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'logs'::regclass`)
  return rows
    .map(({ name, bounds }) => {
      const [lower = '', upper = ''] = [...bounds.matchAll(/'([^']+)'/g)].map((match) =>
        iso(Date.parse(`${match[1]?.replace(' ', 'T')}:00`)),
      )
      return { name, lower, upper }
    })
    .sort((a, b) => (a.lower < b.lower ? -1 : 1))
}

async function expectTrueRegistry(): Promise<void> {
  const { rows } = await pool.query<{ name: string; lower: string; upper: string }>(
    'select name, lower, upper from log_partitions where detached_at is null order by lower',
  )
  expect(
    rows.map(({ name, lower, upper }) => ({
      name,
      lower: iso(Date.parse(lower)),
      upper: iso(Date.parse(upper)),
    })),
  ).toEqual(await attached())
}

const openPartition = async () => {
  const open = await logs.partitions.holding(iso(Date.now()))
  if (!open) throw new Error('no partition for now')
  return open
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20)
}

describe('partitions', () => {
  it('there is always one for now and a next one', async () => {
    await tendPartitions({ pool, partitions: logs.partitions })
    const open = await openPartition()
    expect(await logs.partitions.holding(open.upper)).toBeDefined()
    expect(await readIndexes(pool, open.name)).toMatchObject({
      filter: { any: false },
      search: { any: false },
    })
    await expectTrueRegistry()
  })

  it('several servers that make the same ones at once store everything', async () => {
    const servers = [logs, newServer(), newServer(), newServer()]
    const now = Date.now()
    await Promise.all(
      servers.flatMap((server, shift) =>
        Array.from({ length: 5 }, (_, batch) =>
          server.addLogEntries(spread(200, now - (30 + batch + shift) * DAY, now - batch * 7 * HOUR)),
        ),
      ),
    )
    await expectTrueRegistry()
    await expectExactCounts(pool)
  })

  it('fills the gaps that narrower and wider ones leave', async () => {
    const day = Math.floor(Date.now() / DAY) * DAY - 3 * DAY
    await pool.query(`
      create table logs_narrow partition of logs for values from ('${iso(day + 10 * HOUR)}') to ('${iso(day + 11 * HOUR)}')`)
    await pool.query(`
      create table logs_wide partition of logs for values from ('${iso(day + 20 * HOUR)}') to ('${iso(day + 3 * DAY)}')`)
    await pool.query(
      `insert into log_partitions (name, lower, upper) values ('logs_narrow', $1, $2), ('logs_wide', $3, $4)`,
      [iso(day + 10 * HOUR), iso(day + 11 * HOUR), iso(day + 20 * HOUR), iso(day + 3 * DAY)],
    )
    logs.partitions.reload()
    expect((await logs.addLogEntries(spread(3000, day - DAY, day + 3 * DAY))).accepted).toBe(3000)
    await expectTrueRegistry()
    await expectExactCounts(pool)
  })

  it('thousands of days in one batch', { tags: ['long'] }, async () => {
    const now = Date.now()
    expect((await logs.addLogEntries(spread(4000, now - 4000 * DAY, now))).accepted).toBe(4000)
    expect((await attached()).length).toBeLessThan(200)
    await expectTrueRegistry()
    const all = await logs.getLogs({ ...EVERYTHING, cameras: [1] }, { offset: 0, limit: 5000 })
    expect(all).toHaveLength(1333)
  })
})

describe('ending a partition early', () => {
  it('loses no row and fails no writer, whether rows are late or ahead of the end', async () => {
    await logs.addLogEntries([record({})])
    const open = await openPartition()
    const other = newServer()
    const { written } = await whileWriting(logs, HOUR, async () => {
      const ahead = (async () => {
        const end = Date.now() + 70_000
        for (let index = 0; index < 20; index++) {
          await other.addLogEntries([record({ timestamp: iso(end + index * 7000) })])
        }
      })()
      // A row beyond the end may come first; the next attempt sees it.
      await until(async () => {
        const { rows } = await pool.query<{ newest: string }>('select max(timestamp) as newest from logs')
        return endEarly(pool, open, wholeMinute(Date.parse(rows[0]?.newest ?? '') + 1))
      })
      await ahead
    })
    // Those ahead may all have come before the end was found.
    await other.addLogEntries([record({ timestamp: iso(Date.now() + 400_000) })])
    await expectTrueRegistry()
    await expectExactCounts(pool)
    const { total } = await logs.countLogs(EVERYTHING)
    expect(total).toBe(written + 22)
    expect((await attached()).filter(({ lower }) => lower >= iso(Date.now() - HOUR)).length).toBeGreaterThan(
      0,
    )
  })

  it('holds nobody up for long while somebody reads for long', async () => {
    await logs.addLogEntries([record({})])
    const open = await openPartition()
    const reader = await database.database.connect()
    await reader.query('begin')
    await reader.query('select count(*) from logs')
    const ending = endEarly(pool, open, wholeMinute(Date.now() + 90_000))
    await whileWriting(logs, 0, (written) => seeWritersPass(pool, written))
    await reader.query('rollback')
    await reader.end()
    expect(await ending).toBe(true)
    await expectTrueRegistry()
  })

  it('ends the build of its search index, whose end its writers would wait for', async () => {
    await logs.addLogEntries(spread(100, Date.now() - MINUTE, Date.now()))
    const open = await openPartition()
    const builder = await pool.connect()
    await builder.query('begin')
    await builder.query('set local statement_timeout = 0')
    await builder.query(`lock table ${open.name} in share update exclusive mode`)
    const building = expect(builder.query('select pg_sleep(600)')).rejects.toThrow('canceling statement')
    expect(await endEarly(pool, open, wholeMinute(Date.now() + MINUTE))).toBe(true)
    await building
    await builder.query('rollback')
    builder.release()
  })

  it('what a server that died left is undone and its writers go on', async () => {
    await logs.addLogEntries([record({})])
    const open = await openPartition()
    await pool.query(
      `alter table ${open.name} add constraint ${open.name}_closing
      check (timestamp < '${wholeMinute(Date.now())}') not valid`,
    )
    // A writer that was refused looks anew which partitions there are.
    const lookedAnew = vi.spyOn(logs.partitions, 'reload')
    const waiting = logs.addLogEntries([record({ timestamp: iso(Date.now() + 5 * MINUTE) })])
    await expect.poll(() => lookedAnew.mock.calls.length).toBeGreaterThan(0)
    await reopenAll(pool)
    expect((await waiting).accepted).toBe(1)
    await expectTrueRegistry()
  })
})

describe('the indexes of the open partition', () => {
  const now = Date.now()
  const FILTERS = [{ levels: ['ERROR' as const] }, { cameras: [1] }, { sources: ['camera_2'] }, {}]
  const answers = () =>
    Promise.all(
      FILTERS.map(async (filter) => ({
        rows: await logs.getLogs({ ...EVERYTHING, ...filter }, { offset: 0, limit: 200 }),
        count: await logs.countLogs({ ...EVERYTHING, ...filter }),
      })),
    )
  /** As many rows as are worth a search index, written so long ago that it is no load. */
  const writeSearchable = async () => {
    const start = Math.max(now - DAY, Math.floor(now / DAY) * DAY)
    await logs.addLogEntries(spread(INDEX_WORTH_ROWS, start, Math.max(start + 1, now - 15 * MINUTE)))
    await pool.query(`update log_feed set created_at = now() - interval '15 minutes'`)
  }
  /** As if `rows` rows had been stored this moment. */
  const burst = (rows: number) =>
    pool.query(
      `insert into log_feed (id, first_id, last_id, first_timestamp, last_timestamp, rows)
      values (nextval('log_feed_ids'), 1, 1, now(), now(), $1)`,
      [rows],
    )

  it('go under load, the dearest first, and come back; what is found stays the same', async () => {
    await writeSearchable()
    const open = await openPartition()
    const before = await answers()
    const indexes = new OpenIndexes({ pool, partitions: logs.partitions })
    const client = await database.database.connect()
    const complete = async (time = Date.now()) => {
      const due = await indexes.due(time)
      if (due) await indexes.adjust(client, { ...due, remove: [] })
    }
    const relieve = async () => {
      const due = await indexes.due()
      if (due) await indexes.adjust(client, { ...due, add: [] })
      return readIndexes(pool, open.name)
    }
    await complete()
    expect(await relieve()).toMatchObject({ search: { whole: true }, filter: { whole: true } })
    await burst(SEARCH_BURST_ROWS)
    expect(await relieve()).toMatchObject({ search: { any: false }, filter: { whole: true } })
    await burst(FILTER_BURST_ROWS)
    expect(await relieve()).toMatchObject({ search: { any: false }, filter: { any: false } })
    expect(await answers()).toEqual(before)

    // Not at once: the next burst may follow.
    await complete()
    expect(await readIndexes(pool, open.name)).toMatchObject({ filter: { any: false } })
    await pool.query(`update log_feed set created_at = now() - interval '1 minute'`)
    await complete(Date.now() + 2 * MINUTE)
    expect(await readIndexes(pool, open.name)).toMatchObject({
      search: { any: false },
      filter: { whole: true },
    })
    await complete(Date.now() + 12 * MINUTE)
    expect(await readIndexes(pool, open.name)).toMatchObject({ search: { whole: true } })
    expect(await answers()).toEqual(before)
    await client.end()
  })

  it('are built whatever requests are called, and the longest of them is found', async () => {
    const long = randomBytes(3000).toString('base64')
    await writeSearchable()
    await logs.addLogEntries([
      record({ message: 'long', extra_data: { request_id: long } }),
      record({ message: 'short', extra_data: { request_id: 'r-1' } }),
      record({ message: 'old', timestamp: iso(now - 3 * DAY), extra_data: { request_id: long } }),
    ])
    const open = await openPartition()
    const client = await database.database.connect()
    const indexes = new OpenIndexes({ pool, partitions: logs.partitions })
    const due = await indexes.due()
    if (due) await indexes.adjust(client, due)
    await client.end()
    expect((await readIndexes(pool, open.name)).filter.whole).toBe(true)
    const found = async (request_id: string) =>
      (await logs.getLogs({ ...EVERYTHING, request_id }, { offset: 0, limit: 5 })).map(
        ({ message }) => message,
      )
    expect(await found(long)).toEqual(['long', 'old'])
    expect(await found('r-1')).toEqual(['short'])
  })

  it('are taken off by the server that tends', async () => {
    await writeSearchable()
    const tending = startTending({
      pool,
      partitions: logs.partitions,
      connect: () => database.database.connect(),
      onFailure: () => undefined,
      intervalMs: 30,
    })
    const open = await openPartition()
    await until(async () => (await readIndexes(pool, open.name)).search.whole)
    await burst(FILTER_BURST_ROWS)
    await logs.addLogEntries([record({})])
    await until(async () => {
      const { search, filter } = await readIndexes(pool, open.name)
      return !search.any && !filter.any
    })
    await tending.stop()
  })

  it('are taken off in the middle of a burst, long before the next round', async () => {
    await writeSearchable()
    const open = await openPartition()
    const client = await database.database.connect()
    const indexes = new OpenIndexes({ pool, partitions: logs.partitions })
    const due = await indexes.due()
    if (due) await indexes.adjust(client, due)
    await client.end()
    const sessions: unknown[] = []
    const tending = startTending({
      pool,
      partitions: logs.partitions,
      connect: async () => {
        const session = await database.database.connect()
        sessions.push(session)
        return session
      },
      onFailure: () => undefined,
      intervalMs: 600_000,
    })
    await until(async () => sessions.length > 0)
    const without = async (group: 'search' | 'filter', rows: number) => {
      await burst(rows)
      tending.noteStored(rows)
      await until(async () => !(await readIndexes(pool, open.name))[group].any)
    }
    await without('search', SEARCH_BURST_ROWS)
    expect((await readIndexes(pool, open.name)).filter.whole).toBe(true)
    await without('filter', FILTER_BURST_ROWS)
    await tending.stop()
  })

  it('are taken off in the middle of a burst that another server stores', async () => {
    await writeSearchable()
    const open = await openPartition()
    const client = await database.database.connect()
    const indexes = new OpenIndexes({ pool, partitions: logs.partitions })
    const due = await indexes.due()
    if (due) await indexes.adjust(client, due)
    await client.end()
    const notices = new Notices({ connect: () => database.database.connect() })
    await notices.open()
    let sessions = 0
    const tend = (server: LogOperations) =>
      startTending({
        pool,
        partitions: server.partitions,
        connect: async () => {
          const session = await database.database.connect()
          sessions++
          return session
        },
        onFailure: () => undefined,
        tellOfBurst: () => notify(pool, 'log_bursts', ''),
        intervalMs: 600_000,
      })
    const first = tend(logs)
    notices.on('log_bursts', () => first.lookSoon())
    await until(async () => sessions === 1)
    const second = tend(newServer())
    await until(async () => sessions === 2)
    expect((await readIndexes(pool, open.name)).search.whole).toBe(true)
    await burst(SEARCH_BURST_ROWS)
    second.noteStored(SEARCH_BURST_ROWS)
    await until(async () => !(await readIndexes(pool, open.name)).search.any)
    await Promise.all([first.stop(), second.stop()])
    await notices.close()
  })
})

describe('closed partitions', () => {
  it('get their indexes, also when a build was cut short', async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(500, now - 2 * DAY, now - DAY))
    await pool.query(`update log_partitions set created_at = now() - interval '3 hours'`)
    await tendPartitions({ pool, partitions: logs.partitions })
    const next = await nextToIndex(pool)
    if (!next) throw new Error('nothing is due')
    // A partition whose build failed a moment ago lets the others go first.
    expect((await nextToIndex(pool, [next.name]))?.name).not.toBe(next.name)
    await leaveInvalidIndex(next.name)
    const client = await database.database.connect()
    await buildIndexes(client, next)
    await client.end()
    const { rows } = await pool.query<{ valid: boolean }>(
      `select indisvalid as valid from pg_index where indrelid = $1::regclass`,
      [next.name],
    )
    expect(rows.length).toBe(8)
    expect(rows.every(({ valid }) => valid)).toBe(true)
    expect((await nextToIndex(pool))?.name).not.toBe(next.name)
  })

  it('keep an index that another connection is building', async () => {
    await logs.addLogEntries([record({})])
    const { name } = await openPartition()
    const [writer, builder, cleaner] = await Promise.all([1, 2, 3].map(() => database.database.connect()))
    try {
      // The build waits for the end of this.
      await writer?.query('begin')
      await writer?.query(`delete from ${name}`)
      const building = builder?.query(`create index concurrently ${name}_slow on ${name} (message)`)
      await until(async () => {
        const { rows } = await pool.query(
          'select indisvalid from pg_index where indexrelid = to_regclass($1)',
          [`${name}_slow`],
        )
        return rows.length > 0
      })
      await dropInvalidIndexes(cleaner as pg.Client, name)
      await writer?.query('rollback')
      await building
      const { rows } = await pool.query(
        'select indisvalid from pg_index where indexrelid = to_regclass($1)',
        [`${name}_slow`],
      )
      expect(rows).toEqual([{ indisvalid: true }])
    } finally {
      for (const client of [writer, builder, cleaner]) await client?.end()
    }
  })

  it('a stop does not wait for a build, and the next start begins it anew', async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(2000, now - 3 * DAY, now - 2 * DAY))
    await pool.query(`update log_partitions set created_at = now() - interval '3 hours'`)
    await tendPartitions({ pool, partitions: logs.partitions })
    const next = await nextToIndex(pool)
    if (!next) throw new Error('no partition is due')
    // A concurrent build waits for those who have written before it began: this one never ends by itself.
    const writer = await pool.connect()
    await writer.query('begin')
    await writer.query(`lock table ${next.name} in row exclusive mode`)
    const tend = () =>
      startTending({
        pool,
        partitions: logs.partitions,
        connect: () => database.database.connect(),
        onFailure: () => undefined,
        intervalMs: 30,
      })
    const building = tend()
    await until(isBuilding)
    await building.stop()
    expect(await isBuilding()).toBe(false)
    expect(await nextToIndex(pool)).toEqual(next)
    await writer.query('rollback')
    writer.release()
    const again = tend()
    await until(async () => (await nextToIndex(pool)) === undefined)
    await again.stop()
    const { rows } = await pool.query<{ valid: boolean }>(
      'select indisvalid as valid from pg_index where indrelid = $1::regclass',
      [next.name],
    )
    expect(rows.length).toBe(8)
    expect(rows.every(({ valid }) => valid)).toBe(true)
  })

  it('of two servers one does the work, and the other takes over', async () => {
    const now = Date.now()
    const tend = (server: LogOperations, sessions: pg.Client[]) =>
      startTending({
        pool,
        partitions: server.partitions,
        connect: async () => {
          const client = await database.database.connect()
          sessions.push(client)
          return client
        },
        onFailure: () => undefined,
        intervalMs: 30,
      })
    const sessions: pg.Client[] = []
    const first = tend(logs, sessions)
    await until(async () => sessions.length > 0)
    const second = tend(newServer(), [])
    await logs.addLogEntries(spread(100, now - 3 * DAY, now - 2 * DAY))
    await pool.query(`update log_partitions set created_at = now() - interval '3 hours'`)
    const isIndexed = async () => {
      const { rows } = await pool.query<{ due: number }>(
        `select count(*) as due from log_partitions where upper < now() - interval '1 day' and indexed_at is null`,
      )
      return rows[0]?.due === 0
    }
    await until(isIndexed)
    const { processID } = sessions[0] as pg.Client & { processID: number }
    await pool.query('select pg_terminate_backend($1)', [processID])
    await logs.addLogEntries(spread(100, now - 9 * DAY, now - 8 * DAY))
    await pool.query(`update log_partitions set created_at = now() - interval '3 hours'`)
    await until(isIndexed)
    await Promise.all([first.stop(), second.stop()])
    await foldCounts(pool)
  })

  /** Whether an index is being built in this database. */
  async function isBuilding(): Promise<boolean> {
    const { rowCount } = await pool.query(
      'select from pg_stat_progress_create_index where datname = current_database()',
    )
    return Boolean(rowCount)
  }

  /** A concurrent build that fails: the index stays, not valid. */
  async function leaveInvalidIndex(name: string): Promise<void> {
    const client = await database.database.connect()
    await pool.query(`update ${name} set message = 'same'`)
    await client
      .query(`create unique index concurrently ${name}_trgm on ${name} (message)`)
      .catch(() => undefined)
    await client.end()
  }
})
