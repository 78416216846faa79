import pg from 'pg'
import type { Reader } from '../database/reader.ts'

/**
 * PostgreSQL's objection to a regular expression; undefined when it is valid. PostgreSQL alone knows its dialect. One
 * statement.
 */
export async function explainPattern(reader: Reader, pattern: string): Promise<string | undefined> {
  try {
    await reader.query(`select '' ~* $1 as matches`, [pattern])
    return undefined
  } catch (error) {
    const isBroken = error instanceof pg.DatabaseError && error.code === '2201B'
    if (!isBroken) throw error
    return error.message.replace(/^invalid regular expression: /, '')
  }
}
