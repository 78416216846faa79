import type pg from 'pg'
import { expect, it } from 'vitest'
import { Notices } from '../../src/store/database/notices.ts'
import { createTestDatabase } from '../support/database.ts'

it('leave no connection behind that came about while they were being closed', async () => {
  const database = await createTestDatabase()
  const gate = Promise.withResolvers<void>()
  const clients: pg.Client[] = []
  const states: string[] = []
  const notices = new Notices({
    connect: async () => {
      if (clients.length > 0) {
        states.push('connecting')
        await gate.promise
      }
      const client = await database.database.connect()
      clients.push(client)
      return client
    },
    onConnectionChange: (state) => states.push(state),
  })
  try {
    await notices.open()
    const { rows } = (await clients[0]?.query<{ pid: number }>('select pg_backend_pid() as pid')) ?? {
      rows: [],
    }
    await database.database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await expect.poll(() => states).toEqual(['lost', 'connecting'])
    const closing = notices.close()
    gate.resolve()
    await closing
    expect(clients).toHaveLength(2)
    await expect(clients[1]?.query('select 1')).rejects.toThrow(/closed|not queryable/)
    expect(notices.isListening).toBe(false)
  } finally {
    for (const client of clients) await client.end().catch(() => undefined)
    await database.close()
  }
})
