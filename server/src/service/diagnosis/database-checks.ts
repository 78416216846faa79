import type pg from 'pg'
import { missingMigrations } from '../../store/database/migrate.ts'
import { MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { readDatabaseFacts } from '../../store/figures/diagnosis-figures.ts'
import { readHealthFigures } from '../../store/figures/health-figures.ts'
import type { Partition } from '../../store/partitions/partition.ts'
import { rowsIn } from '../../store/partitions/partition-load.ts'
import type { Partitions } from '../../store/partitions/partitions.ts'
import { verifyCounts } from '../../store/partitions/verify-counts.ts'
import { bytes, type Check, checkOf, count, span, type Trouble } from './check.ts'

/** Connections PostgreSQL should have to spare for what else there is to do. */
const CONNECTIONS_TO_SPARE = 5

/** Longer than the build of the largest partition takes. */
const BUILD_PATIENCE_MINUTES = 60

/** Partitions whose rows are counted one by one, and how many rows of them together: seconds, from a slow disk. */
const SAMPLE = 4
const MAX_SAMPLED_ROWS = 4_000_000

export async function checkDatabase(pool: pg.Pool): Promise<Check> {
  const [facts, figures, missing] = await Promise.all([
    readDatabaseFacts(pool),
    readHealthFigures(pool),
    missingMigrations(pool),
  ])
  const { version, database, started_at, connections, max_connections } = facts
  const troubles: Trouble[] = []
  if (missing.length > 0) {
    troubles.push({
      verdict: 'failure',
      cause: `The database lacks ${missing.join(', ')}.`,
      advice: 'Restart the server; it applies the missing migrations.',
    })
  }
  if (max_connections - connections < CONNECTIONS_TO_SPARE) {
    troubles.push({
      verdict: 'warning',
      cause: `${connections} of ${max_connections} connections are in use.`,
      advice: 'Raise max_connections of PostgreSQL, or find the clients that hold them in pg_stat_activity.',
    })
  }
  const finding = `PostgreSQL ${version}, ${bytes(figures.database_bytes)} in ${count(facts.partitions, 'partition')}`
  return checkOf(
    'database',
    finding,
    {
      ...{ version, database, started_at, connections, max_connections, partitions: facts.partitions },
      bytes: figures.database_bytes,
      partition_bytes: figures.partition_bytes,
    },
    troubles,
  )
}

export async function checkIndexBuilds(pool: pg.Pool): Promise<Check> {
  const facts = await readDatabaseFacts(pool)
  const { index_builds_due: due, index_builds_running: running, index_builds_due_since: since } = facts
  const waiting = since === null ? 0 : (Date.now() - toMillis(since)) / MINUTE
  const troubles: Trouble[] = []
  if (waiting > BUILD_PATIENCE_MINUTES) {
    troubles.push({
      verdict: 'warning',
      cause: `The oldest has waited for ${span(waiting)}: builds fail or cannot keep up.`,
      advice: 'Check the lines of the source worker about the job partitions; searches scan in the meantime.',
    })
  }
  const finding =
    due === 0 ? 'All closed partitions are indexed' : `${count(due, 'partition')} due, ${running} being built`
  return checkOf('index builds', finding, { due, running, due_since: since }, troubles)
}

/** Counts the rows of the newest partitions, and of some others, one by one. */
export async function checkCounts(pool: pg.Pool, partitions: Partitions): Promise<Check> {
  const sample = await sampleOf(pool, await partitions.list())
  const checks = []
  for (const partition of sample) checks.push(await verifyCounts(pool, partition))
  const rows = checks.reduce((sum, check) => sum + check.rows, 0)
  const wrong = checks.filter(({ differences }) => differences.length > 0)
  const troubles: Trouble[] = wrong.map(({ partition, differences }) => ({
    verdict: 'failure',
    cause: `Between ${partition.lower} and ${partition.upper}: ${differences
      .map(({ level, counted, found }) => `${level} is counted ${counted} times and found ${found} times`)
      .join(', ')}.`,
    advice: 'Rows were changed without the server. Restore a backup, which recounts them, or report a bug.',
  }))
  const agreement = wrong.length === 0 ? 'agree with' : 'differ from'
  return checkOf(
    'counts',
    `Kept counts ${agreement} ${count(rows, 'row')} in ${sample.length} of ${count((await partitions.list()).length, 'partition')}`,
    { partitions: checks.map(({ partition, ...check }) => ({ start: partition.lower, ...check })) },
    troubles,
  )
}

/** The two around the present and others at random: over many diagnoses all have their turn. */
async function sampleOf(pool: pg.Pool, all: readonly Partition[]): Promise<Partition[]> {
  const present = all.findIndex(({ lower }) => toMillis(lower) <= Date.now())
  const newest = all.slice(Math.max(present, 0), Math.max(present, 0) + 2)
  const rest = all.filter((partition) => !newest.includes(partition))
  const sample: Partition[] = []
  for (let left = MAX_SAMPLED_ROWS; sample.length < SAMPLE; ) {
    const next = newest.shift() ?? rest.splice(Math.floor(Math.random() * rest.length), 1)[0]
    if (!next) break
    const rows = await rowsIn(pool, next)
    if (rows > left) continue
    left -= rows
    sample.push(next)
  }
  return sample
}
