// The indexes that only closed partitions have: kept up row by row they would cost more than all the others together.
import type pg from 'pg'
import type { Partition } from './partitions.ts'

/** Leaf indexes by the ending of their names. */
const CLOSED_INDEXES = {
  trgm: '(message gin_trgm_ops, logger_name gin_trgm_ops)',
  extra: '(extra_data jsonb_path_ops)',
} as const

/** Both in one index: an `or` over the two columns asks it twice; it is 3 % smaller than two and quicker to build. */
const SEARCH = 'trgm'

/** Makes an empty partition searchable from its first row on. */
export async function createSearchIndex(client: pg.PoolClient, name: string): Promise<void> {
  await client.query(`create index ${name}_${SEARCH} on ${name} using gin ${CLOSED_INDEXES[SEARCH]}`)
}

/** Makes a partition in use searchable; nobody waits. `client` must not be in a transaction. */
export async function addSearchIndex(client: pg.ClientBase, name: string): Promise<void> {
  await client.query(
    `create index concurrently if not exists ${name}_${SEARCH} on ${name} using gin ${CLOSED_INDEXES[SEARCH]}`,
  )
}

/** Takes the search index off a partition whose rate it cannot keep up with; nobody waits. */
export async function removeSearchIndex(client: pg.ClientBase, name: string): Promise<void> {
  await client.query(`drop index concurrently if exists ${name}_${SEARCH}`)
}

/** Whether the partition has a finished search index. */
export async function hasSearchIndex(client: pg.Pool | pg.ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>({
    name: 'has_search_index',
    text: 'select exists (select from pg_index where indexrelid = to_regclass($1) and indisvalid) as has',
    values: [`${name}_${SEARCH}`],
  })
  return rows[0]?.has === true
}

/** The closed partition whose indexes are due, the newest first: people look there. One that is being rewritten is not. */
export async function nextToIndex(client: pg.Pool | pg.ClientBase): Promise<Partition | undefined> {
  const { rows } = await client.query<Partition>({
    name: 'next_to_index',
    text: `
      select name, lower, upper
      from log_partitions
      where closed_at <= now() and indexed_at is null and detached_at is null
        and not exists (
          select
          from pg_locks
          where relation = to_regclass(name) and mode = 'ShareUpdateExclusiveLock' and granted
            and database = (select oid from pg_database where datname = current_database())
        )
      order by upper desc
      limit 1`,
  })
  return rows[0]
}

/**
 * Builds what a closed partition lacks, then freezes it, so that no later vacuum has to read it again. Readers and
 * writers go on. What was cut short is begun anew by the next call. `client` must not be in a transaction.
 */
export async function buildIndexes(client: pg.ClientBase, { name }: Partition): Promise<void> {
  await dropInvalidIndexes(client, name)
  for (const [ending, columns] of Object.entries(CLOSED_INDEXES)) {
    await client.query(
      `create index concurrently if not exists ${name}_${ending} on ${name} using gin ${columns}`,
    )
  }
  for (const index of await loosePagedIndexes(client, name)) {
    await client.query(`reindex index concurrently ${index}`)
  }
  await client.query(`vacuum (freeze, analyze) ${name}`)
  await client.query('update log_partitions set indexed_at = now() where name = $1 and detached_at is null', [
    name,
  ])
}

/**
 * Those with an insertion point a source or camera: their pages are split in the middle and stay half empty. Packed
 * they take 75 bytes a row and not 131.
 */
async function loosePagedIndexes(client: pg.ClientBase, name: string): Promise<string[]> {
  const { rows } = await client.query<{ index: string }>(
    `select i.indexrelid::regclass::text as index
    from pg_index i
    join pg_inherits h on h.inhrelid = i.indexrelid
    where i.indrelid = to_regclass($1)
      and h.inhparent in (to_regclass('logs_source_idx'), to_regclass('logs_camera_idx'))`,
    [name],
  )
  return rows.map(({ index }) => index)
}

/** An index whose concurrent build was cut short costs every writer and helps no reader. */
export async function dropInvalidIndexes(client: pg.ClientBase, name?: string): Promise<void> {
  const { rows } = await client.query<{ index: string }>(
    `select i.indexrelid::regclass::text as index
    from log_partitions p
    join pg_index i on i.indrelid = to_regclass(p.name)
    where not i.indisvalid and ($1::text is null or p.name = $1)`,
    [name ?? null],
  )
  for (const { index } of rows) await client.query(`drop index concurrently if exists ${index}`)
}
