import { PassThrough, Readable } from 'node:stream'
import { LEVELS, type LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeBackup } from '../../src/store/backup/backup.ts'
import { restoreBackup } from '../../src/store/backup/restore.ts'
import { verifyBlocks } from '../../src/store/blocks/verify-blocks.ts'
import { createCamera, deleteCamera } from '../../src/store/cameras/cameras.ts'
import { openDatabase } from '../../src/store/database/open.ts'
import { exportRows } from '../../src/store/export/export-rows.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { addNumbers, blockWithoutNumbers } from '../../src/store/partitions/missing-numbers.ts'
import { packPartition } from '../../src/store/partitions/pack-partition.ts'
import { askToUnpack, beginPacking } from '../../src/store/partitions/packing-switch.ts'
import { endWhenUnpacked, nextToUnpack, unpackPartition } from '../../src/store/partitions/unpacking.ts'
import { verifyCounts } from '../../src/store/partitions/verify-counts.ts'
import { scanFields } from '../../src/store/reading/field-scan.ts'
import type { FoldedCell } from '../../src/store/reading/folded-parts.ts'
import { summariseSources } from '../../src/store/reading/log-overview.ts'
import { readLogPage } from '../../src/store/reading/log-pages.ts'
import { countLoggers } from '../../src/store/reading/logger-counts.ts'
import { scanMessages } from '../../src/store/reading/message-scan.ts'
import { newestByCamera } from '../../src/store/reading/newest-by-camera.ts'
import { foldSample } from '../../src/store/reading/sampled-folds.ts'
import { foldValues } from '../../src/store/reading/value-folds.ts'
import { scanValues } from '../../src/store/reading/value-scan.ts'
import { previewMatching } from '../../src/store/removal/delete-matching.ts'
import { scrubRows } from '../../src/store/removal/scrub.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createBareDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { foldedFigures } from './folded-figures.ts'
import { searchedRecords, searches } from './search-model.ts'

const EVERYTHING: LogFilter = { visibility: { cameras: null } }
const START = Date.parse('2026-04-10T12:00:00Z')
const HOUR = 3_600_000
const ALL_TIME = { start: '2026-04-10T00:00:00Z', end: '2026-04-14T00:00:00Z' }

const times = fc.integer({ min: 0, max: 72 * HOUR }).map((offset) => new Date(START + offset).toISOString())
const cameras = fc.integer({ min: 1, max: 3 })
const some = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { minLength: 1, maxLength: 2 })

const filters: fc.Arbitrary<LogFilter> = fc
  .record(
    {
      visibility: fc.record({ cameras: fc.option(fc.uniqueArray(cameras, { maxLength: 2 }), { freq: 1 }) }),
      levels: some(fc.constantFrom(...LEVELS)),
      exclude_sources: some(fc.constantFrom('api', 'camera_1')),
      sources: some(fc.constantFrom('api', 'worker', 'camera_2')),
      cameras: some(cameras),
      logger_names: some(fc.constantFrom('camera_worker', 'app.db')),
      request_id: fc.constantFrom('r1', 'r2', 'request-17'),
      search: fc.constantFrom('timeout', 'out RT', 'istanbul', 'straße', 'camera_w', 'nothing like it', '%'),
      q: searches,
      start: times,
      end: times,
    },
    { requiredKeys: ['visibility'] },
  )
  .filter(({ start, end }) => start === undefined || end === undefined || start <= end)

/** The same records in two databases; of one the rows are packed. */
type Side = { database: TestDatabase; logs: LogOperations; feed: Feed }

let plain: Side
let packed: Side

async function openSide(): Promise<Side> {
  const database = await createTestDatabase()
  const { pool } = database.database
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  for (const id of [1, 2, 3]) await createCamera(pool, { id, name: `Camera ${id}` })
  return { database, logs, feed: new Feed(pool, logs.partitions, () => logs.deletedCameras()) }
}

const both = <T>(work: (side: Side) => Promise<T>) => Promise.all([work(plain), work(packed)])

async function pack({ database, logs }: Side, blockRows = 100): Promise<number> {
  const { pool } = database.database
  await pool.query('update log_partitions set closed_at = now()')
  let rows = 0
  logs.partitions.reload()
  for (const partition of await logs.partitions.list())
    rows += (await packPartition(pool, partition, { blockRows })).packed
  return rows
}

async function add(records: readonly LogRecord[]): Promise<void> {
  const [a, b] = await both(({ logs }) => logs.addLogEntries(records))
  expect(a.first_id).toBe(b.first_id)
}

const special = (index: number): Partial<LogRecord> =>
  [
    { message: `a line with its own separator \u001e ${index}` },
    { message: `${'long '.repeat(14_000)}${index}` },
    { message: '' },
    { extra_data: { request_id: 'request-17', n: 3, big: { deep: [null, { x: 'C:\\dir "q"' }] } } },
    { extra_data: { ms: { total: index % 3 ? index / 8 - 20 : `${index}.50` }, retry_count: index * 1e9 } },
    { extra_data: { ms: { total: [' 7 ', 'slow', 1e-310, null, { of: [1, 2] }, 2 ** 52][index % 6] } } },
    { timestamp: '2026-04-11T00:00:00Z' },
    { timestamp: '2026-04-10T23:59:59.999999Z' },
    { timestamp: '2026-04-11T05:00:00.000001Z' },
  ][index % 9] as Partial<LogRecord>

/** The answers of each way out. */
async function answers({ logs, feed }: Side, filter: LogFilter, offset: number): Promise<unknown> {
  const page = await logs.read(readLogPage, filter, undefined, { offset, limit: 40 })
  const beyond = page.rows.at(-1) ?? { timestamp: '2026-04-11T18:00:00Z', id: 400 }
  const range = {
    ...filter,
    start: filter.start ?? '2026-04-10T00:00:00Z',
    end: filter.end ?? '2026-04-14T00:00:00Z',
  }
  const lines: string[] = []
  for (const order of ['newest', 'oldest'] as const) {
    const { chunks, total } = await logs.read(exportRows, filter, undefined, {
      format: 'ndjson',
      fields: ['id', 'message', 'extra_data', 'source', 'level', 'timestamp'],
      order,
    })
    for await (const chunk of chunks) lines.push(chunk.lines)
    lines.push(`${total.total}`)
  }
  const scanned: unknown[] = []
  for await (const { messages } of logs.scan(scanMessages, filter, undefined)) scanned.push(...messages)
  for await (const { lines: fields } of logs.scan(scanFields, filter, undefined, ['a']))
    scanned.push(...fields)
  const places = ['level', 'source', 'logger', 'camera', ['a', 'b']] as const
  for await (const { lines: values } of logs.scan(scanValues, filter, undefined, places))
    scanned.push(...values)
  const fold = { field: ['a', 'b'], by: ['camera', 'logger'], starts: [START, START + HOUR] } as const
  const folded = { spread: new Cells(), different: new Cells() }
  for (const kind of ['spread', 'different'] as const) {
    for await (const { lines: cells } of logs.scan(foldValues, range, undefined, { ...fold, kind }))
      folded[kind].add(cells as FoldedCell[])
  }
  scanned.push(folded.spread.list(), folded.different.list())
  // In three passes, each over other parts of every stretch.
  const sampled = new Cells()
  const spread = { ...fold, kind: 'spread' } as const
  let share = 0
  for await (const piece of logs.scan(foldSample, range, undefined, spread, 60_000)) {
    sampled.add(piece.cells as FoldedCell[])
    expect(piece.share).toBeGreaterThanOrEqual(share)
    share = piece.share
  }
  expect([share, sampled.list()]).toEqual([1, folded.spread.list()])
  const steps = [START, START + HOUR, START + 30 * HOUR]
  const figures = await foldedFigures(logs, range, steps, offset)
  const entries = await feed.entriesAfter(0)
  return {
    page,
    older: await logs.getLogs(filter, { beyond, order: 'newest', limit: 30 }),
    newer: await logs.getLogs(filter, { beyond, order: 'oldest', limit: 30 }),
    count: await logs.countLogs(filter),
    summary: await logs.getLogSummary(undefined, filter),
    sources: await logs.read(summariseSources, filter, undefined),
    finely: sorted(await logs.getHistogram(range, START, 7000)),
    coarsely: sorted(await logs.getHistogram(range, START, HOUR)),
    facets: [
      await logs.getFacet(filter, 'level'),
      await logs.getFacet(filter, 'source'),
      await logs.getFacet(filter, 'camera_id'),
    ],
    loggers: sorted((await logs.read(countLoggers, filter, undefined)).counts),
    last: sorted([...(await logs.read(newestByCamera, filter, undefined, [1, 2, 3]))]),
    lines: lines.join(''),
    scanned,
    figures,
    preview: await logs.read(previewMatching, filter, undefined),
    live: await feed.rowsOf(entries.slice(0, 1), filter, { after: offset }),
    one: await logs.getLog(beyond.id, filter),
  }
}

/** Rows by cell, however the time is cut into statements: that depends on how long they take. */
class Cells {
  readonly #rows = new Map<string, number>()

  add(cells: readonly FoldedCell[]): void {
    for (const { rows, ...cell } of cells) {
      const key = JSON.stringify(cell)
      this.#rows.set(key, (this.#rows.get(key) ?? 0) + rows)
    }
  }

  list(): [string, number][] {
    return sorted([...this.#rows])
  }
}

function sorted<T>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

let scale = 1

/** At least two filters: all rows, and these behind an offset; none where the share leaves none. */
async function compare(most: number): Promise<void> {
  const asked = Math.round(most * scale)
  if (asked === 0) return
  const runs = Math.max(2, asked)
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 0, max: 300 }), async (filter, offset) => {
      const [expected, found] = await both((side) => answers(side, filter, offset))
      expect(found).toEqual(expected)
    }),
    {
      numRuns: runs,
      endOnFailure: true,
      examples: [
        [EVERYTHING, 0],
        [EVERYTHING, 777],
      ],
    },
  )
}

/** The rows as others find them, who know nothing of the servers' search path. */
async function asOthersFindThem({ database }: Side, relation: string): Promise<unknown[]> {
  const client = await database.database.pool.connect()
  try {
    await client.query('set search_path = public')
    const { rows } = await client.query(`select * from ${relation} l order by timestamp, id`)
    return rows
  } finally {
    client.release(true)
  }
}

/** The bytes of each line in a backup's partitions, sorted: a partition may have them in any order. */
function linesOf(backup: readonly Buffer[]): string[] {
  const lines: string[] = []
  let isPartition = false
  for (const line of Buffer.concat(backup).toString().split('\n')) {
    if (line.startsWith('{"table"')) isPartition = line.includes('"partition"')
    else if (line === '\\.') isPartition = false
    else if (isPartition) lines.push(line)
  }
  return lines.toSorted()
}

/** Holds packed rows to plain ones. */
export function packedRowsCases(share: number): void {
  scale = share
  beforeAll(async () => {
    plain = await openSide()
    packed = await openSide()
    const records = fc.sample(searchedRecords, { numRuns: 1200, seed: 11 })
    await add(
      records.map((record, index) => (index % 9 === 0 ? { ...record, ...special(index / 9) } : record)),
    )
    await beginPacking(packed.database.database.pool)
    expect(await pack(packed)).toBeGreaterThan(1000)
  })

  afterAll(async () => {
    for (const { logs, database } of [plain, packed]) {
      await logs.close()
      await database.close()
    }
  })

  it('answers every question as plain rows do', () => compare(60))

  it('answers so with rows that came late, and once those are packed too', async () => {
    const late = fc.sample(searchedRecords, { numRuns: 400, seed: 5 })
    await add(
      late.map((record, index) => (index % 2 ? { ...record, timestamp: '2026-04-11T05:00:00.5Z' } : record)),
    )
    await compare(12)
    expect(await pack(packed)).toBeGreaterThan(0)
    await compare(20)
  })

  it('deletes, masks and forgets in packed rows what it does in plain ones', async () => {
    const removal = {
      ...EVERYTHING,
      levels: ['DEBUG'] as const,
      search: 'timeout',
      start: '2026-04-11T00:00:00Z',
    }
    const [gone, goneToo] = await both(({ logs }) => logs.deleteMatching(removal))
    expect(goneToo).toBe(gone)
    expect(gone).toBeGreaterThan(0)
    await both(async ({ database, logs }) => {
      const { pool } = database.database
      const change = (record: LogRecord) =>
        record.message.includes('RTSP')
          ? { ...record, message: record.message.replace('RTSP', '[REDACTED]') }
          : record
      await scrubRows({ pool, partitions: logs.partitions }, { change, isDryRun: false })
      await deleteCamera(pool, 2)
      logs.reloadCameras()
      await logs.forgetDeletedCameras()
    })
    await compare(12)
    expect(await pack(packed)).toBeGreaterThan(0)
    const cutoffs = { general: '2026-04-10T18:00:00Z', levels: { INFO: '2026-04-12T00:00:00Z' }, sources: {} }
    const [kept, keptToo] = await both(({ logs }) => logs.applyRetention(cutoffs, 0))
    expect(keptToo.deleted_count).toBe(kept.deleted_count)
    await compare(20)
    await both(async ({ database, logs }) => {
      for (const partition of await logs.partitions.list()) {
        expect((await verifyCounts(database.database.pool, partition)).differences).toEqual([])
      }
    })
  })

  it('charts numbers from columns alone, and without them from the blocks that lack them', async () => {
    const { pool } = packed.database.database
    const lacking = async () =>
      (await pool.query('select count(*) as blocks from log_blocks where numbers is null')).rows[0]?.blocks
    expect(await lacking()).toBe(0)
    const chart = ({ logs }: Side) => foldedFigures(logs, { ...EVERYTHING, ...ALL_TIME }, [START], undefined)
    const [expected, found] = await both(chart)
    expect(found).toEqual(expected)
    // Whoever opened these would find that they are damaged.
    await pool.query('update log_blocks set extra_sum = extra_sum + 1')
    const some = { kind: 'sum', field: ['retry_count'], by: ['camera'], starts: [START] } as const
    for await (const { lines } of packed.logs.scan(foldValues, EVERYTHING, undefined, some))
      expect(lines).toEqual(expect.anything())
    await pool.query('update log_blocks set extra_sum = extra_sum - 1')
    // As packed by an older server.
    await pool.query(`
      update log_blocks
      set number_fields = null, other_fields = null, number_ends = null, numbers = null, numbers_sum = null,
        numbers_frame_sum = null
      where rows % 2 = 0`)
    expect(await lacking()).toBeGreaterThan(0)
    await compare(12)
    // A server adds them in the background.
    for (let block = await blockWithoutNumbers(pool); block; block = await blockWithoutNumbers(pool, block))
      await addNumbers(pool, block)
    expect(await lacking()).toBe(0)
    expect((await verifyBlocks(pool, 1000)).damaged).toEqual([])
    expect(await chart(packed)).toEqual(await chart(plain))
  })

  it('clears packed rows and brings them back with what came since', async () => {
    const [before] = await both(({ logs }) => logs.countLogs(EVERYTHING))
    await both(({ logs }) => logs.clearLogs())
    expect(await packed.logs.countLogs(EVERYTHING)).toEqual({ total: 0, is_exact: true })
    await add(fc.sample(searchedRecords, { numRuns: 300, seed: 21 }))
    expect(await pack(packed)).toBeGreaterThan(0)
    await compare(5)
    await both(({ logs }) => logs.undoClear())
    expect(await packed.logs.countLogs(EVERYTHING)).toEqual({ total: before.total + 300, is_exact: true })
    await compare(15)
  })

  it('finds what lies behind thousands of packed rows that do not match', async () => {
    const at = Date.parse('2026-04-01T08:00:00Z')
    const lines = Array.from({ length: 6000 }, (_, index) => ({
      timestamp: new Date(at + index * 1000).toISOString(),
      level: 'INFO' as const,
      message: `${index % 3000 === 10 ? 'a needle, an üble one' : 'hay'} ${index}`,
      source: 'barn',
      logger_name: index === 20 ? 'needles' : 'barn',
      camera_id: null,
      extra_data: index === 30 ? { request_id: { deep: 'a "quoted" text' } } : null,
    }))
    await add(lines)
    expect(await pack(packed, 1000)).toBeGreaterThan(5000)
    const barn = { ...EVERYTHING, sources: ['barn'] }
    const q = (pattern: string) => ({ kind: 'regex' as const, pattern })
    for (const filter of [
      { ...barn, search: 'NEEDLE' },
      { ...barn, search: 'dl' },
      { ...barn, search: 'Üb' },
      { ...barn, q: q('needle.*10') },
      { ...barn, q: q('^a n[a-e]+dle') },
      { ...barn, q: q('(needle|absent)\\w*, an') },
      { ...barn, q: q('needl[\\].e],.*[[:space:].]an .bl') },
      { ...barn, request_id: JSON.stringify({ deep: 'a "quoted" text' }).replace(':', ': ') },
      { ...barn, search: 'absent' },
    ]) {
      const page = async ({ logs }: Side) =>
        logs.read(readLogPage, filter, undefined, { offset: 0, limit: 100 })
      const [expected, found] = await both(page)
      expect(found).toEqual(expected)
      if (filter.search !== 'absent') expect(found.rows.length).toBeGreaterThan(0)
    }
  })

  it('says which block is damaged, when it is read and when blocks are verified', async () => {
    const { pool } = packed.database.database
    const { rows } = await pool.query<{ first_timestamp: string; first_row_id: string }>(
      `select first_timestamp, first_row_id from log_blocks where first_timestamp < '2026-04-02' order by 1 limit 1`,
    )
    const change = (by: string, to: string) =>
      pool.query(`update log_blocks set messages = replace(messages, $2, $3) where first_timestamp = $1`, [
        rows[0]?.first_timestamp,
        by,
        to,
      ])
    expect((await verifyBlocks(pool, 1000)).damaged).toEqual([])
    await change('hay 15', 'hey 15')
    const found = packed.logs.read(
      readLogPage,
      { ...EVERYTHING, sources: ['barn'], search: 'hay' },
      undefined,
      { offset: 5500, limit: 10 },
    )
    await expect(found).rejects.toThrow(/block of packed lines from 2026-04-01.* is damaged/)
    const { damaged, verified } = await verifyBlocks(pool, 1000)
    expect(verified).toBeGreaterThan(5)
    expect(damaged.map(({ first_timestamp }) => first_timestamp)).toEqual([rows[0]?.first_timestamp])
    await change('hey 15', 'hay 15')
    expect((await verifyBlocks(pool, 1000)).damaged).toEqual([])
  })

  it('says so when the columns of a chart are damaged', async () => {
    const { pool } = packed.database.database
    const fold = { kind: 'max', field: ['retry_count'], by: ['source'], starts: [START] } as const
    const chart = async () => {
      for await (const _ of packed.logs.scan(foldValues, EVERYTHING, undefined, fold)) {
        // Only the end matters.
      }
    }
    const flipped = (place: string) =>
      `numbers = set_byte(numbers, ${place}, 255 - get_byte(numbers, ${place}))`
    const renamed = (from: string, to: string) => `sources = array_replace(sources, '${from}', '${to}')`
    const last = `number_ends[array_position(number_fields, 'retry_count') + 1] - 1`
    const { rows } = await pool.query<{ first_timestamp: string; first_row_id: string }>(
      `select first_timestamp, first_row_id from log_blocks where 'retry_count' = any (number_fields) and 'api' = any (sources) limit 1`,
    )
    const change = (by: string) =>
      pool.query(`update log_blocks set ${by} where first_timestamp = $1 and first_row_id = $2`, [
        rows[0]?.first_timestamp,
        rows[0]?.first_row_id,
      ])
    for (const [damage, repair] of [
      [flipped('0'), flipped('0')],
      [flipped(last), flipped(last)],
      [renamed('api', 'ape'), renamed('ape', 'api')],
    ] as const) {
      await chart()
      await change(damage)
      await expect(chart()).rejects.toThrow(/block of packed lines from .* is damaged/)
      expect((await verifyBlocks(pool, 1000)).damaged.length).toBe(1)
      await change(repair)
    }
    expect((await verifyBlocks(pool, 1000)).damaged).toEqual([])
  })

  it('are rows in a backup, and in the database that it is restored into', async () => {
    const backedUp = async ({ database }: Side) => {
      const chunks: Buffer[] = []
      const output = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk))
      await writeBackup(database.database.pool, output)
      return chunks
    }
    const chunks = await backedUp(packed)
    const lines = linesOf(chunks)
    expect(lines.length).toBeGreaterThan(1000)
    expect(lines).toEqual(linesOf(await backedUp(plain)))
    const { url, drop } = await createBareDatabase()
    const database = await openDatabase({ connection: { connectionString: url } })
    try {
      await restoreBackup(database, Readable.from(chunks))
      const text = 'select * from logs order by timestamp, id'
      const { rows } = await database.pool.query(text)
      expect(rows).toEqual((await plain.database.database.pool.query(text)).rows)
    } finally {
      await database.close()
      await drop()
    }
  })

  it('shows packed rows to others in the view, until they are rows of the table again', async () => {
    const { pool } = packed.database.database
    const span = `'2026-04-10T20:00:00Z', '2026-04-11T05:00:00.5Z'`
    const expected = await asOthersFindThem(plain, 'logs')
    expect((await asOthersFindThem(packed, 'logs')).length).toEqual(expected.length)
    expect(await asOthersFindThem(packed, 'logs')).toEqual(expected)
    const between = await asOthersFindThem(packed, `logs_between(${span})`)
    expect(between).toEqual(
      await asOthersFindThem(
        plain,
        `(select * from logs where timestamp between ${span.replace(',', ' and')})`,
      ),
    )
    expect(between.length).toBeGreaterThan(0)
    const kindOf = async () =>
      (await pool.query(`select relkind as kind from pg_class where oid = 'public.logs'::regclass`)).rows[0]
        ?.kind
    expect(await kindOf()).toBe('v')
    await packed.logs.dropCleared(0)
    await askToUnpack(pool)
    const first = await nextToUnpack(pool)
    expect(await nextToUnpack(pool, [first?.name ?? ''])).not.toEqual(first)
    let blocks = 0
    const hasRoom = async () => blocks++ < 2
    if (first) await unpackPartition(pool, first, { hasRoom })
    expect(await nextToUnpack(pool)).toEqual(first)
    expect(await asOthersFindThem(packed, 'logs')).toEqual(expected)
    await endWhenUnpacked(pool)
    expect(await kindOf()).toBe('v')
    for (let next = await nextToUnpack(pool); next; next = await nextToUnpack(pool))
      await unpackPartition(pool, next)
    await endWhenUnpacked(pool)
    expect(await kindOf()).toBe('p')
    expect(await asOthersFindThem(packed, 'logs')).toEqual(expected)
    await compare(5)
  })
}
