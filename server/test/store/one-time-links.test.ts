import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLink, redeemLink } from '../../src/store/accounts/one-time-links.ts'
import { inTransaction } from '../../src/store/database/transaction.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
})
afterEach(() => db.close())

const TIMES = Array.from({ length: 12 }, (_, index) => index)

async function firstLink(): Promise<Buffer> {
  const hash = randomBytes(32)
  await createLink(db.database.pool, { hash, userId: null, hours: 1 })
  return hash
}

/** How many administrators came of redeeming these links all at once. */
async function administratorsFrom(hashes: readonly Buffer[]): Promise<number> {
  const { pool } = db.database
  // Connected beforehand, so that all are in the middle of it together.
  await Promise.all(TIMES.map(() => pool.query('select pg_sleep(0.05)')))
  const redeemed = await Promise.all(
    hashes.map((hash, index) => {
      const redemption = { hash, name: `Root ${index}`, username: `root ${index}`, passwordHash: 'x:y' }
      return inTransaction(pool, (client) => redeemLink(client, redemption))
    }),
  )
  const { rows } = await pool.query<{ count: number }>(`select count(*) from auth_users where role = 'admin'`)
  expect(redeemed.filter((one) => one !== 'invalid_link')).toHaveLength(rows[0]?.count ?? 0)
  return rows[0]?.count ?? 0
}

it('makes one first administrator of many links redeemed at the same time', async () => {
  expect(await administratorsFrom(await Promise.all(TIMES.map(firstLink)))).toBe(1)
})

it('is good for one of many who redeem it at the same time', async () => {
  const hash = await firstLink()
  expect(await administratorsFrom(TIMES.map(() => hash))).toBe(1)
})
