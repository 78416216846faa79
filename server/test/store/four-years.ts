import type pg from 'pg'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { inTransaction } from '../../src/store/database/transaction.ts'
import type { LogOperations } from '../../src/store/log-operations.ts'
import { createPartition } from '../../src/store/partitions/partition-tables.ts'
import { DAY, record } from './some-records.ts'

/** Partitions, of a day each. */
export const DAYS = 1500

/** One of each week is an error. */
const levelOf = (day: number) => (day % 7 === 0 ? 'ERROR' : 'INFO')
export const ERRORS = Math.floor(DAYS / 7)

const AT_ONCE = 50

export const iso = (millis: number) => new Date(millis).toISOString()

/** The days before `today`: a row of camera 1 in each and one of camera 2 in the oldest alone; all closed and indexed. */
export async function fillFourYears(pool: pg.Pool, logs: LogOperations, today: number): Promise<void> {
  for (let day = 1; day <= DAYS; day += AT_ONCE) {
    await inTransaction(pool, async (client) => {
      for (let back = day; back < day + AT_ONCE; back++) {
        const lower = today - back * DAY
        await createPartition(client, { lower: iso(lower), upper: iso(lower + DAY) }, ['filter'])
      }
    })
  }
  for (let day = 1; day <= DAYS; day += AT_ONCE) {
    const records = Array.from({ length: AT_ONCE }, (_, index) =>
      record({
        timestamp: iso(today - (day + index) * DAY + 1),
        ...{ camera_id: 1, source: 'camera_1', level: levelOf(day + index) },
      }),
    )
    await logs.addLogEntries(records)
  }
  await logs.addLogEntries([
    record({ timestamp: iso(today - DAYS * DAY), camera_id: 2, source: 'camera_2', message: 'the needle' }),
  ])
  await foldCounts(pool)
  // So that a server finds nothing to do to them.
  await pool.query('update log_partitions set closed_at = now(), indexed_at = now()')
}
