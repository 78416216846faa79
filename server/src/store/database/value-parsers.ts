import pg from 'pg'
import { fromPostgres } from './timestamp.ts'

const { builtins } = pg.types

/**
 * How values are read on every connection: `bigint` as a number (ids stay below 2^53 for as long as a million rows a
 * second are written for 285 years), `timestamptz` as ISO 8601 text with its microseconds, the rest as `pg` does.
 */
export const valueParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === builtins.INT8) return Number
    if (oid === builtins.TIMESTAMPTZ) return fromPostgres
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  }) as typeof pg.types.getTypeParser,
}
