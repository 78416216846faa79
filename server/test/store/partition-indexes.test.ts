import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTending } from '../../src/jobs/tend-partitions.ts'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { Notices, notify } from '../../src/store/database/notices.ts'
import type { LogOperations } from '../../src/store/log-operations.ts'
import {
  FILTER_BURST_ROWS,
  INDEX_WORTH_ROWS,
  OpenIndexes,
  SEARCH_BURST_ROWS,
} from '../../src/store/partitions/open-indexes.ts'
import {
  buildIndexes,
  dropInvalidIndexes,
  nextToIndex,
  readIndexes,
} from '../../src/store/partitions/partition-indexes.ts'
import { tendPartitions } from '../../src/store/partitions/partition-upkeep.ts'
import type { TestDatabase } from '../support/database.ts'
import { openPartitionOf, openPartitionServers, type PartitionServers, until } from './partition-servers.ts'
import { DAY, record, spread } from './some-records.ts'

const EVERYTHING = { visibility: { cameras: null } }
const MINUTE = 60_000

let servers: PartitionServers
let database: TestDatabase
let pool: TestDatabase['database']['pool']
let logs: LogOperations

beforeEach(async () => {
  servers = await openPartitionServers()
  ;({ database, pool, logs } = servers)
})

afterEach(() => servers.close())

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
    const open = await openPartitionOf(logs)
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
      record({
        message: 'old',
        timestamp: new Date(now - 3 * DAY).toISOString(),
        extra_data: { request_id: long },
      }),
    ])
    const open = await openPartitionOf(logs)
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
    const open = await openPartitionOf(logs)
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
    const open = await openPartitionOf(logs)
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
    const open = await openPartitionOf(logs)
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
    const second = tend(servers.newServer())
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
    const { name } = await openPartitionOf(logs)
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
    const second = tend(servers.newServer(), [])
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
