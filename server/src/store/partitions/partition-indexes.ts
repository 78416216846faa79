// The indexes that are a partition's own, beside those that all of `logs` has.

import type pg from 'pg'
import { REQUEST_IS_INDEXED } from '../filter/search-conditions.ts'
import type { Partition } from './partition.ts'

type Index = {
  /** The SQL behind `on <partition>`. */
  definition: string
  /** Whether rows arrive in another order than the index has: its pages are split in the middle and stay half empty. */
  isLoose?: boolean
}

/**
 * By the endings of their names. Each ends in the one order of the system, so that any page is read from an index and
 * never sorted. Ascending, though pages are read the other way: that is how rows come.
 */
const FILTER_INDEXES: Readonly<Record<string, Index>> = {
  source: { definition: '(source, timestamp, id)', isLoose: true },
  camera: { definition: '(camera_id, timestamp, id) where camera_id is not null', isLoose: true },
  // DEBUG and INFO are most of every table; the rows of the higher levels are the ones to be found.
  level: { definition: `(level, timestamp, id) where level in ('WARNING', 'ERROR', 'CRITICAL')` },
  request: {
    definition: `((extra_data ->> 'request_id'), timestamp, id) where ${REQUEST_IS_INDEXED}`,
  },
}

/** Both columns in one index: an `or` over the two asks it twice; it is 3 % smaller than two and quicker to build. */
const SEARCH_INDEX: Readonly<Record<string, Index>> = {
  trgm: { definition: 'using gin (message gin_trgm_ops, logger_name gin_trgm_ops)' },
}

const JSON_INDEX: Readonly<Record<string, Index>> = {
  extra: { definition: 'using gin (extra_data jsonb_path_ops)' },
}

/** Indexes that a partition in use may have or go without: those that filters read, and the one that searches read. */
export type IndexGroup = 'filter' | 'search'

const GROUPS: Readonly<Record<IndexGroup, Readonly<Record<string, Index>>>> = {
  filter: FILTER_INDEXES,
  search: SEARCH_INDEX,
}

const CLOSED_INDEXES = { ...FILTER_INDEXES, ...SEARCH_INDEX, ...JSON_INDEX }

/** Gives an empty partition that nobody uses yet a group of indexes. */
export async function createIndexes(client: pg.PoolClient, name: string, group: IndexGroup): Promise<void> {
  for (const [ending, { definition }] of Object.entries(GROUPS[group])) {
    await client.query(`create index ${name}_${ending} on ${name} ${definition}`)
  }
}

/** Gives a partition in use a group of indexes; nobody waits. `client` must not be in a transaction. */
export async function addIndexes(client: pg.ClientBase, name: string, group: IndexGroup): Promise<void> {
  for (const [ending, { definition }] of Object.entries(GROUPS[group])) {
    await client.query(`create index concurrently if not exists ${name}_${ending} on ${name} ${definition}`)
  }
}

/** Takes a group of indexes off a partition whose rate they cannot keep up with; nobody waits. */
export async function removeIndexes(client: pg.ClientBase, name: string, group: IndexGroup): Promise<void> {
  for (const ending of Object.keys(GROUPS[group])) {
    await client.query(`drop index concurrently if exists ${name}_${ending}`)
  }
}

/** Takes off a partition that was packed what its few rows do not need; nobody waits. */
export async function removeOwnIndexes(client: pg.ClientBase, name: string): Promise<void> {
  for (const ending of Object.keys(CLOSED_INDEXES)) {
    await client.query(`drop index concurrently if exists ${name}_${ending}`)
  }
}

/** The state of a group of indexes: `whole` when readers may count on it, `any` when writers pay for some of it. */
export type GroupState = { whole: boolean; any: boolean }

/** Reads the state of each group of indexes of a partition. */
export async function readIndexes(
  client: pg.Pool | pg.ClientBase,
  name: string,
): Promise<Record<IndexGroup, GroupState>> {
  const { rows } = await client.query<{ index: string; valid: boolean }>({
    name: 'indexes_of_partition',
    text: `
      select c.relname as index, i.indisvalid as valid
      from pg_index i
      join pg_class c on c.oid = i.indexrelid
      where i.indrelid = to_regclass($1)`,
    values: [name],
  })
  const validity = new Map(rows.map(({ index, valid }) => [index, valid]))
  const stateOf = (group: IndexGroup): GroupState => {
    const found = Object.keys(GROUPS[group]).map((ending) => validity.get(`${name}_${ending}`))
    return { whole: found.every((valid) => valid === true), any: found.some((valid) => valid !== undefined) }
  }
  return { filter: stateOf('filter'), search: stateOf('search') }
}

/**
 * The closed partition whose indexes are due, the newest first: people look there. One that is being rewritten is not.
 *
 * @param besides names of those to pass over
 */
export async function nextToIndex(
  client: pg.Pool | pg.ClientBase,
  besides: readonly string[] = [],
): Promise<Partition | undefined> {
  const { rows } = await client.query<Partition>({
    name: 'next_to_index',
    text: `
      select name, lower, upper
      from log_partitions
      where closed_at <= now() and indexed_at is null and detached_at is null and name <> all ($1::text[])
        and not exists (
          select
          from pg_locks
          where relation = to_regclass(name) and mode = 'ShareUpdateExclusiveLock' and granted
            and database = (select oid from pg_database where datname = current_database())
        )
      order by upper desc
      limit 1`,
    values: [besides],
  })
  return rows[0]
}

/**
 * Builds what a closed partition lacks, then freezes it, so that no later vacuum has to read it again. Readers and
 * writers go on. What was cut short is begun anew by the next call. `client` must not be in a transaction.
 */
export async function buildIndexes(client: pg.ClientBase, { name }: Partition): Promise<void> {
  await dropInvalidIndexes(client, name)
  for (const [ending, { definition, isLoose }] of Object.entries(CLOSED_INDEXES)) {
    const index = `${name}_${ending}`
    // Packed, those by source and camera take 75 bytes a row and not 131.
    if (isLoose && (await exists(client, index))) await client.query(`reindex index concurrently ${index}`)
    else await client.query(`create index concurrently if not exists ${index} on ${name} ${definition}`)
  }
  await client.query(`vacuum (freeze, analyze) ${name}`)
  await client.query(
    `update log_partitions
    set indexed_at = now()
    where name = $1 and detached_at is null
      and not exists (select from pg_index where indrelid = to_regclass($1) and not indisvalid)`,
    [name],
  )
}

async function exists(client: pg.ClientBase, index: string): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    index,
  ])
  return rows[0]?.exists === true
}

/**
 * An index whose concurrent build was cut short costs every writer and helps no reader. One that a connection is
 * building at this moment looks the same, and stays.
 */
export async function dropInvalidIndexes(client: pg.ClientBase, name?: string): Promise<void> {
  const { rows } = await client.query<{ index: string }>(
    `select i.indexrelid::regclass::text as index
    from log_partitions p
    join pg_index i on i.indrelid = to_regclass(p.name)
    where not i.indisvalid and ($1::text is null or p.name = $1)
      and not exists (select from pg_stat_progress_create_index b where b.relid = i.indrelid)`,
    [name ?? null],
  )
  for (const { index } of rows) await client.query(`drop index concurrently if exists ${index}`)
}
