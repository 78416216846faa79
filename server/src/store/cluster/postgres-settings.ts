import { appendFileSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** PostgreSQL's settings by name. */
export type PostgresSettings = Record<string, string>

const FILE = 'timelapser.conf'

/** For a log store on a small machine: two cores and a gigabyte for everything. */
const DEFAULTS: PostgresSettings = {
  // The page, ingest, jobs and the commands of one machine; the pool takes 20 at most.
  max_connections: '60',
  // A batch of old lines may reach into any number of partitions, with a lock on each and on each of its indexes: 15,000
  // in all, 1,500 partitions at once, for 4 MB. The usual 64 ended at 500.
  max_locks_per_transaction: '256',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '8MB',
  maintenance_work_mem: '128MB',
  // Logs are written much and read little: few, long checkpoints, and what is written of them compressed.
  wal_compression: 'on',
  max_wal_size: '3GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // No replica reads this WAL.
  wal_level: 'minimal',
  max_wal_senders: '0',
  random_page_cost: '1.1',
  // Compiling takes longer than the short statements of this system run.
  jit: 'off',
  autovacuum_max_workers: '2',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  // A week of files, each day's overwritten a week later. Statements stay out: their values are people's logs.
  logging_collector: 'on',
  log_directory: 'log',
  log_filename: 'postgresql-%a.log',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_truncate_on_rotation: 'on',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
}

/** Workers of a few parallel queries, each with its `work_mem` for a hash table. */
const MIN_SHARED_MEMORY_BYTES = 128 * 1024 * 1024

const SHARED_MEMORY = '/dev/shm'
const WRITABLE_FOR_ALL = 0o002

/**
 * Containers have 64 MB in /dev/shm unless told otherwise, and a parallel query that does not fit fails; a bare root has
 * a folder there that root alone may write to. Files in the cluster do the same work at any size.
 */
function sharedMemory(): PostgresSettings {
  if (process.platform !== 'linux') return {}
  try {
    const { bsize, blocks } = statfsSync(SHARED_MEMORY)
    const isWritable = (statSync(SHARED_MEMORY).mode & WRITABLE_FOR_ALL) !== 0
    if (isWritable && bsize * blocks >= MIN_SHARED_MEMORY_BYTES) return {}
  } catch {
    // There is none.
  }
  return { dynamic_shared_memory_type: 'mmap' }
}

/** Writes the settings beside the cluster's own file, which includes them and has the last word. */
export function writeSettings(cluster: string, overrides: PostgresSettings): void {
  const lines = Object.entries({ ...DEFAULTS, ...sharedMemory(), ...overrides }).map(
    ([name, value]) => `${name} = '${value}'`,
  )
  writeFileSync(
    join(cluster, FILE),
    `# Written at every start. What postgresql.conf says below its include line has precedence.\n${lines.join('\n')}\n`,
    { mode: 0o644 },
  )
  const main = join(cluster, 'postgresql.conf')
  if (readFileSync(main, 'utf8').includes(FILE)) return
  appendFileSync(main, `\ninclude_if_exists = '${FILE}'\n# Your own settings go below this line.\n`)
}
