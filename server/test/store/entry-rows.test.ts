import { expect, it } from 'vitest'
import { SqlParameters } from '../../src/store/database/sql-parameters.ts'
import { entryRows, Feed, rangesOf } from '../../src/store/feed/feed.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase } from '../support/database.ts'
import { record } from './some-records.ts'

const ENTRIES = 160
const ROWS = 50

it('reads the lines of an entry without those of others, in a partition without statistics', async () => {
  const test = await createTestDatabase()
  const { pool } = test.database
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  try {
    for (let entry = 0; entry < ENTRIES; entry++) {
      await logs.addLogEntries(
        Array.from({ length: ROWS }, (_, row) =>
          record({ timestamp: new Date(Date.UTC(2026, 2, 1, 0, 0, 0, entry * 100 + row)).toISOString() }),
        ),
      )
    }
    const feed = new Feed(pool, logs.partitions)
    const { rows: entries } = await pool.query(
      'select id, first_id, last_id, first_timestamp, last_timestamp, rows from log_feed order by id',
    )
    const [stretch] = await feed.stretches(entries)
    const parameters = new SqlParameters()
    const rows = entryRows(rangesOf(entries), stretch ?? { lower: '', upper: '' }, [], parameters)
    const { rows: plans } = await pool.query(
      `explain (analyze, buffers, format json) select count(*) from ${rows}`,
      parameters.values,
    )
    const [{ Plan: plan }] = plans[0]['QUERY PLAN']
    // A walk over those of all entries, for each, is some thousand pages more.
    expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(ENTRIES * 15)
    const { rows: counted } = await pool.query(`select count(*) as rows from ${rows}`, parameters.values)
    expect(counted[0].rows).toBe(ENTRIES * ROWS)
  } finally {
    await logs.close()
    await test.close()
  }
})
