import { getMigrations } from 'better-auth/db/migration'
import { expect, it } from 'vitest'
import { openPasswordSignIn } from '../src/service/access/password-sign-in.ts'
import { createTestDatabase } from './support/database.ts'

it('holds every table and column that better-auth uses', async () => {
  const db = await createTestDatabase()
  try {
    const { options } = openPasswordSignIn({
      pool: db.database.libraryPool,
      secret: '0123456789abcdef'.repeat(4),
      cookieName: 'test',
      secureCookie: false,
      onTrouble: (message) => expect.fail(message),
      isWelcome: async () => true,
    })
    const { toBeCreated, toBeAdded } = await getMigrations(options)
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] })
  } finally {
    await db.close()
  }
})
