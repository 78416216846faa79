import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LogOperations } from '../../src/store/log-operations.ts'
import { endEarly, reopenAll } from '../../src/store/partitions/partition-closing.ts'
import { readIndexes } from '../../src/store/partitions/partition-indexes.ts'
import { tendPartitions } from '../../src/store/partitions/partition-upkeep.ts'
import type { TestDatabase } from '../support/database.ts'
import { openPartitionOf, openPartitionServers, type PartitionServers, until } from './partition-servers.ts'
import { DAY, HOUR, record, seeWritersPass, spread, whileWriting } from './some-records.ts'
import { expectExactCounts } from './stored-counts.ts'

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

describe('partitions', () => {
  it('there is always one for now and a next one', async () => {
    await tendPartitions({ pool, partitions: logs.partitions })
    const open = await openPartitionOf(logs)
    expect(await logs.partitions.holding(open.upper)).toBeDefined()
    expect(await readIndexes(pool, open.name)).toMatchObject({
      filter: { any: false },
      search: { any: false },
    })
    await expectTrueRegistry()
  })

  it('several servers that make the same ones at once store everything', async () => {
    const all = [logs, servers.newServer(), servers.newServer(), servers.newServer()]
    const now = Date.now()
    await Promise.all(
      all.flatMap((server, shift) =>
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
    const open = await openPartitionOf(logs)
    const other = servers.newServer()
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
    const open = await openPartitionOf(logs)
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
    const open = await openPartitionOf(logs)
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
    const open = await openPartitionOf(logs)
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
