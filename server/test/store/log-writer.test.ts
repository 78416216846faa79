import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type LogRecord, RECORD_LIMITS } from '@timelapser/logger'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBehalfOf } from '../../src/caller.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import {
  MAX_WAITING_BYTES,
  MAX_WAITING_ROWS,
  WriterClosed,
  WriterOverloaded,
} from '../../src/store/writing/log-writer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let logs: LogOperations

beforeEach(async () => {
  database = await createTestDatabase()
  logs = openLogs()
})

afterEach(async () => {
  await logs.close()
  await database.close()
})

const EVERYTHING = { visibility: { cameras: null } }

function openLogs(): LogOperations {
  const { pool } = database.database
  return new LogOperations({ pool, settings: new SettingsStore(pool) })
}

function record(message: string, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    timestamp: new Date().toISOString(),
    level: 'INFO',
    message,
    source: 'worker',
    logger_name: null,
    camera_id: null,
    extra_data: null,
    ...changes,
  }
}

const many = (count: number, name: string) =>
  Array.from({ length: count }, (_, index) => record(`${name} ${index}`))

it('takes the batches of callers in turn, whoever sent how many', async () => {
  const add = (id: string, name: string) =>
    onBehalfOf({ id, isAdmin: false }, () => logs.addLogEntries([record(name)]))
  await logs.addLogEntry(record('what is there is known'))
  const blocker = await database.database.connect()
  await blocker.query('begin')
  await blocker.query('lock table logs in access exclusive mode')
  // Until all lanes are at work: later rows wait in the queue.
  const atWork: Promise<unknown>[] = []
  while (logs.waitingRows === 0) {
    atWork.push(logs.addLogEntries([record('at work')]))
    await blocker.query('select 1')
  }
  const before = logs.waitingRows
  const waiting = [add('a', '1'), add('a', '2'), add('a', '3'), add('b', '4'), add('c', '5'), add('b', '6')]
  await waitUntil(async () => logs.waitingRows >= before + waiting.length)
  await blocker.query('rollback')
  await blocker.end()
  await Promise.all(atWork)
  const ids = (await Promise.all(waiting)).map(({ first_id }) => Number(first_id))
  const order = ids.toSorted((a, b) => a - b).map((id) => ids.indexOf(id))
  expect(order).toEqual([0, 3, 4, 1, 5, 2])
})

it('stores every field as it came and answers with the row', async () => {
  const row = await logs.addLogEntry(
    record('tab\there, line\nbreak, back\\slash, \\N, <b>&', {
      timestamp: '2026-03-01T10:20:30.123456Z',
      level: 'CRITICAL',
      camera_id: 3,
      logger_name: 'a\\b',
      extra_data: { nested: { list: [1, null, 'ö\n'] } },
    }),
  )
  expect(row).toEqual({
    id: expect.any(Number),
    timestamp: '2026-03-01T10:20:30.123456Z',
    level: 'CRITICAL',
    message: 'tab\there, line\nbreak, back\\slash, \\N, <b>&',
    camera_id: 3,
    camera_name: 'Camera 3',
    source: 'worker',
    logger_name: 'a\\b',
    extra_data: { nested: { list: [1, null, 'ö\n'] } },
  })
})

it('gives every batch its own contiguous ids, whoever else writes', async () => {
  const other = openLogs()
  const batches = Array.from({ length: 40 }, (_, index) => many(1 + index * 7, `batch ${index}`))
  const results = await Promise.all(
    batches.map((batch, index) => (index % 2 ? logs : other).addLogEntries(batch)),
  )
  await other.close()
  const ranges = results
    .map(({ first_id, last_id }) => [first_id ?? 0, last_id ?? 0] as const)
    .sort(([a], [b]) => a - b)
  results.forEach((result, index) => {
    expect((result.last_id ?? 0) - (result.first_id ?? 0) + 1).toBe(batches[index]?.length)
  })
  ranges.reduce(
    ([, end], [start, next]) => {
      expect(start).toBeGreaterThan(end)
      return [start, next] as const
    },
    [0, 0] as const,
  )
  expect((await logs.countLogs(EVERYTHING)).total).toBe(batches.flat().length)
})

it('stores what it was given of many callers at once, long rows among short ones, in any script', {
  tags: ['long'],
}, async () => {
  const scripts = ['a', 'ü', '日', '🙂']
  const batches = Array.from({ length: 24 }, (_, batch) =>
    Array.from({ length: 1000 }, (_, index) => {
      // A few are larger than the writer's buffers, each of which takes hundreds of the others.
      const length = index % 500 === 250 ? 60_000 : (index * 7) % 90
      return record(`${batch}-${index} ${(scripts[index % 4] ?? '').repeat(length)}`)
    }),
  )
  await Promise.all(batches.map((records) => logs.addLogEntries(records)))
  const { rows } = await database.database.pool.query<{ message: string }>('select message from logs')
  const sent = batches.flat().map(({ message }) => message)
  expect(rows.map(({ message }) => message).sort()).toEqual(sent.sort())
})

it('rejects one poison record among 5,000 from five callers alone', async () => {
  const callers = Array.from({ length: 5 }, (_, index) => many(1000, `caller ${index}`))
  // A level that is none gets as far as the table's own check only if every check before it has a hole.
  callers[2]?.splice(617, 1, record('poison', { level: 'LOUD' as never }))
  const results = await Promise.all(callers.map((records) => logs.addLogEntries(records)))
  expect(results.map(({ accepted }) => accepted)).toEqual([1000, 1000, 999, 1000, 1000])
  expect(results.flatMap(({ rejected }) => rejected)).toEqual([
    { index: 617, reason: expect.stringContaining('PostgreSQL refused the record') },
  ])
  expect((await logs.countLogs(EVERYTHING)).total).toBe(4999)
  const { rows } = await database.database.pool.query('select count(*) as stored from logs')
  expect(rows).toEqual([{ stored: 4999 }])
})

it('rejects the poison at either end of a batch of 50 MB, and serves others on the connection it came by', {
  tags: ['long'],
}, async () => {
  const long = many(250, 'x'.repeat(200_000))
  long.splice(0, 1, record('first', { level: 'LOUD' as never }))
  long.push(record('last', { level: 'LOUD' as never }))
  const { accepted, rejected } = await logs.addLogEntries(long)
  expect(accepted).toBe(249)
  expect(rejected.map(({ index }) => index)).toEqual([0, 250])
  for (let batch = 0; batch < 10; batch++) await logs.addLogEntries(many(3, 'short'))
  expect((await logs.countLogs(EVERYTHING)).total).toBe(279)
  const [newest] = await logs.getLogs({ ...EVERYTHING, search: 'xxx' }, { offset: 0, limit: 1 })
  expect(long.map(({ message }) => message)).toContain(newest?.message)
})

it('stores a batch of a sender once, however often it comes, and answers the same', async () => {
  const sender = randomUUID()
  const batch = many(10, 'batch')
  const first = await logs.addLogEntries(batch, { sender, batch: 1 })
  const other = openLogs()
  const repeats = await Promise.all([
    logs.addLogEntries(batch, { sender, batch: 1 }),
    other.addLogEntries(batch, { sender, batch: 1 }),
  ])
  await other.close()
  for (const repeat of repeats) expect(repeat).toEqual({ ...first, repeated: true })
  await logs.addLogEntries(many(3, 'next'), { sender, batch: 2 })
  expect((await logs.countLogs(EVERYTHING)).total).toBe(13)
})

it.each([
  ['whole and then in parts', false],
  ['in parts and then whole', true],
])('stores a batch of a sender once that comes %s', async (_, isInPartsFirst) => {
  const sender = { sender: randomUUID(), batch: 1 }
  const everyDay = Array.from({ length: 100 }, (_, day) =>
    record(`day ${day}`, { timestamp: new Date(Date.UTC(2024, 0, 1 + day, 12)).toISOString() }),
  )
  // Makes the partitions, of a month each; a writer that has just begun does not know of them yet and cuts by days.
  await logs.addLogEntries(everyDay.map((row) => ({ ...row, source: 'other' })))
  const fresh = openLogs()
  const [one, other] = isInPartsFirst ? [fresh, logs] : [logs, fresh]
  const first = await one.addLogEntries(everyDay, sender)
  expect(first).toMatchObject({ accepted: 100, repeated: false })
  expect(await other.addLogEntries(everyDay, sender)).toEqual({ ...first, repeated: true })
  await fresh.close()
  expect((await logs.countLogs({ ...EVERYTHING, sources: ['worker'] })).total).toBe(100)
})

it('stores nothing of a batch whose transaction was lost, and all of it when it comes again', async () => {
  const sender = randomUUID()
  const { pool } = database.database
  await logs.addLogEntries(many(1, 'makes the partition'))
  const blocker = await pool.connect()
  await blocker.query('begin')
  await blocker.query('lock table log_feed in access exclusive mode')
  const lost = logs.addLogEntries(many(20, 'lost'), { sender, batch: 1 })
  lost.catch(() => undefined)
  await waitUntil(async () => {
    // Not in the transaction of the other: the activity view keeps its first answer within a transaction.
    const { rows } = await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and backend_type = 'client backend'`,
    )
    return rows.length > 0
  })
  await expect(lost).rejects.toThrow()
  await blocker.query('rollback')
  blocker.release()
  expect((await logs.countLogs(EVERYTHING)).total).toBe(1)
  expect(await logs.addLogEntries(many(20, 'lost'), { sender, batch: 1 })).toMatchObject({
    accepted: 20,
    repeated: false,
  })
})

it('loses and doubles nothing while its connections are ended again and again', {
  tags: ['long'],
}, async () => {
  const { pool } = database.database
  await logs.addLogEntries(many(1, 'makes the partition'))
  const ender = await database.database.connect()
  let isDone = false
  const ending = (async () => {
    let ended = 0
    // A slow machine would have no transaction that ends between two of its looks.
    while (!isDone && ended < 30) {
      const { rowCount } = await ender.query(`
        select pg_terminate_backend(pid)
        from pg_stat_activity
        where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()
          and (query like 'copy logs%' or query like '%append_to_feed%' or query = 'commit')
        limit 1`)
      ended += rowCount ?? 0
      await delay(20)
    }
    return ended
  })()
  let failures = 0
  let batches = 0
  const sendAll = async (sender: string) => {
    // As many more as it takes until one was hit.
    for (let batch = 1; batch <= 15 || failures === 0; batch++) {
      batches++
      const records = many(500, `${sender} ${batch}`)
      for (let isStored = false; !isStored; ) {
        await logs.addLogEntries(records, { sender, batch }).then(
          ({ accepted }) => {
            isStored = accepted === 500
          },
          () => {
            failures++
          },
        )
      }
    }
  }
  await Promise.all(Array.from({ length: 4 }, () => sendAll(randomUUID())))
  isDone = true
  expect(await ending).toBeGreaterThan(0)
  await ender.end()
  const total = 1 + batches * 500
  expect((await logs.countLogs(EVERYTHING)).total).toBe(total)
  const { rows } = await pool.query(
    'select count(*) as stored, count(distinct message) as different from logs',
  )
  expect(rows).toEqual([{ stored: total, different: total }])
})

it('finds a batch in the feed in the order of commits, several writers at once', async () => {
  const other = openLogs()
  await Promise.all(
    Array.from({ length: 30 }, (_, index) => (index % 2 ? logs : other).addLogEntries(many(5, `b${index}`))),
  )
  await other.close()
  const feed = new Feed(database.database.pool, logs.partitions)
  const entries = await feed.entriesAfter(0)
  const { rows } = await feed.rowsOf(entries, EVERYTHING)
  expect(rows).toHaveLength(150)
  expect(new Set(rows.map(({ id }) => id)).size).toBe(150)
  expect(entries.reduce((sum, entry) => sum + entry.rows, 0)).toBe(150)
  expect(await feed.head()).toBe(entries.at(-1)?.id)
})

it('finds in the feed what went to a partition that another server made a moment ago', async () => {
  const at = (day: string) => ({ timestamp: `${day}T12:00:00.5Z` })
  await logs.addLogEntries([record('known', at('2026-03-10'))])
  const feed = new Feed(database.database.pool, logs.partitions)
  expect((await feed.rowsOf(await feed.entriesAfter(0), EVERYTHING)).rows).toHaveLength(1)
  const other = openLogs()
  await other.addLogEntries([record('later', at('2026-05-10')), record('between', at('2026-03-10'))])
  await other.addLogEntries([record('earlier', at('2025-11-10'))])
  await other.close()
  const { rows } = await feed.rowsOf(await feed.entriesAfter(0), EVERYTHING)
  expect(rows.map(({ message }) => message)).toEqual(['known', 'later', 'between', 'earlier'])
})

it('finds in the feed each row of a batch that reaches into many partitions once', async () => {
  const days = Array.from({ length: 40 }, (_, index) =>
    new Date(Date.UTC(2022, index, 1)).toISOString().replace('.000Z', 'Z'),
  )
  await logs.addLogEntries(days.map((timestamp) => record(timestamp, { timestamp })))
  expect((await logs.partitions.list()).length).toBeGreaterThan(32)
  const feed = new Feed(database.database.pool, logs.partitions)
  const { rows } = await feed.rowsOf(await feed.entriesAfter(0), EVERYTHING)
  expect(rows.map(({ timestamp }) => timestamp)).toEqual(days)
})

it('reads the feed in steps of about 1 MB where rows are long, each row once and in order', async () => {
  const days = Array.from({ length: 36 }, (_, index) =>
    new Date(Date.UTC(2022, (index * 7) % 36, 1)).toISOString().replace('.000Z', 'Z'),
  )
  const long = (timestamp: string, index: number) =>
    record(`${index} `.padEnd(RECORD_LIMITS.messageBytes, 'long '), { timestamp })
  await logs.addLogEntries(days.map(long))
  await logs.addLogEntries([record('after')])
  const feed = new Feed(database.database.pool, logs.partitions)
  const seen: string[] = []
  let steps = 0
  let entries = await feed.entriesAfter(0)
  for (let after = -1; entries.length > 0; steps++) {
    const { rows, isCut } = await feed.rowsOf(entries, EVERYTHING, { after })
    expect(rows.length).toBeLessThanOrEqual(5)
    seen.push(...rows.map(({ message }) => message.split(' ', 1)[0] as string))
    const last = rows.at(-1)
    entries = isCut && last ? entries.filter(({ id }) => id >= last.feed_id) : []
    after = last?.feed_index ?? -1
  }
  expect(seen).toEqual([...days.keys(), 'after'].map(String))
  expect(steps).toBeGreaterThan(6)
})

it('refuses more than it can hold, and everything once it is closed', { tags: ['long'] }, async () => {
  const batch = many(10_000, 'flood')
  const blocker = await database.database.connect()
  await blocker.query('begin')
  await blocker.query('lock table logs in access exclusive mode')
  const adding = Array.from({ length: MAX_WAITING_ROWS / batch.length + 5 }, () => logs.addLogEntries(batch))
  const settled = Promise.allSettled(adding)
  await expect(
    Promise.any(adding.map((one) => one.then(Promise.reject, (error) => error))),
  ).resolves.toBeInstanceOf(WriterOverloaded)
  await blocker.query('rollback')
  await blocker.end()
  const outcomes = await settled
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  for (const { reason } of refused) expect(reason).toBeInstanceOf(WriterOverloaded)
  expect((await logs.countLogs(EVERYTHING)).total).toBe((outcomes.length - refused.length) * batch.length)
  await logs.close()
  await expect(logs.addLogEntries(batch)).rejects.toBeInstanceOf(WriterClosed)
})

it('refuses more long rows than memory holds, and stores those it took', async () => {
  const blocker = await database.database.connect()
  await blocker.query('begin')
  await blocker.query('lock table logs in access exclusive mode')
  const message = 'x'.repeat(RECORD_LIMITS.messageBytes)
  const batch = Array.from({ length: 40 }, () => record(message))
  const batches = Math.ceil(MAX_WAITING_BYTES / (batch.length * message.length)) + 15
  const adding = Array.from({ length: batches }, () => logs.addLogEntries(batch))
  const outcomes = Promise.allSettled(adding)
  // Not always the last is refused: batches are checked in turns before they wait.
  await expect(
    Promise.any(adding.map((one) => one.then(Promise.reject, (error) => error))),
  ).resolves.toBeInstanceOf(WriterOverloaded)
  await blocker.query('rollback')
  await blocker.end()
  const stored = (await outcomes).filter(({ status }) => status === 'fulfilled').length
  expect(stored).toBeGreaterThan(1)
  expect((await logs.countLogs(EVERYTHING)).total).toBe(stored * batch.length)
})

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('waited in vain')
}

it('registers the same new cameras from several writers at once', async () => {
  const writers = [logs, openLogs(), openLogs(), openLogs()]
  try {
    for (let round = 0; round < 25; round++) {
      const batch = Array.from({ length: 100 }, (_, index) =>
        record('a camera nobody knew', { camera_id: round * 100 + index + 1 }),
      )
      const orders = [
        batch,
        batch.toReversed(),
        batch.toSorted((a, b) => (Number(a.camera_id) % 7) - (Number(b.camera_id) % 7)),
        batch,
      ]
      const added = await Promise.all(
        writers.map((writer, index) => writer.addLogEntries(orders[index] ?? batch)),
      )
      expect(added.map(({ accepted }) => accepted)).toEqual([100, 100, 100, 100])
    }
  } finally {
    for (const writer of writers.slice(1)) await writer.close()
  }
  const { rows } = await database.database.pool.query('select count(*)::int as cameras from cameras')
  expect(rows).toEqual([{ cameras: 2500 }])
})
