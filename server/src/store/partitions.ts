import type pg from 'pg'
import { freeTableName } from './table-names.ts'
import { comparable, DAY, floorTo, fromMillis, toMillis } from './timestamp.ts'

/** One partition of `logs`, the half-open range [lower, upper). */
export type Partition = { name: string; lower: string; upper: string }

/** Partitions a statement may touch: planning and locking cost grow with each (1,500 at once took 100-650 ms). */
export const MAX_PARTITIONS_A_STATEMENT = 16

/** 7,469,002: 'partitions'. Held by whoever creates or removes one. */
export const PARTITION_LOCK = 7469002

/** Days this far back come one by one, older ones by the month: old imports are thin and many. */
const DAILY_FOR_MS = 35 * DAY

/** The partitions of `logs`, kept in memory; told of other servers' changes by `reload`. */
export class Partitions {
  readonly #pool: pg.Pool
  /** Newest first. */
  #list: Partition[] = []
  #loaded: Promise<void> | undefined
  /** Rises with each `reload`. */
  #version = 0
  #lastHit: Partition | undefined

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** All partitions, newest first. */
  async list(): Promise<readonly Partition[]> {
    this.#loaded ??= this.#load()
    await this.#loaded
    return this.#list
  }

  /** Forgets what is known; the next call reads it anew. */
  reload(): void {
    this.#version++
    this.#loaded = undefined
    this.#lastHit = undefined
  }

  /** The partitions that overlap [start, end], newest first; an unset end of the range is open. */
  async overlapping(start: string | undefined, end: string | undefined): Promise<Partition[]> {
    const from = start === undefined ? undefined : comparable(start)
    const to = end === undefined ? undefined : comparable(end)
    const list = await this.list()
    return list.filter(
      (p) =>
        (from === undefined || comparable(p.upper) > from) && (to === undefined || comparable(p.lower) <= to),
    )
  }

  /** Makes sure that every timestamp has a partition to go to. */
  async ensure(timestamps: Iterable<string>): Promise<void> {
    await this.list()
    let missing: Set<number> | undefined
    for (const timestamp of timestamps) {
      if (this.#find(timestamp)) continue
      missing ??= new Set()
      missing.add(floorTo(timestamp, DAY))
    }
    if (missing) await this.#create([...missing].sort((a, b) => a - b))
  }

  #find(timestamp: string): Partition | undefined {
    // Bounds lie on whole seconds, so the first 19 characters decide.
    const second = timestamp.slice(0, 19)
    const holds = (p: Partition) => second >= p.lower.slice(0, 19) && second < p.upper.slice(0, 19)
    if (this.#lastHit && holds(this.#lastHit)) return this.#lastHit
    this.#lastHit = this.#list.find(holds)
    return this.#lastHit
  }

  async #load(): Promise<void> {
    try {
      let list: Partition[]
      let version: number
      // A list read before a change must not take the place of one read after it.
      do {
        version = this.#version
        list = await readPartitions(this.#pool)
      } while (version !== this.#version)
      this.#list = list
      this.#lastHit = undefined
    } catch (error) {
      this.#loaded = undefined
      throw error
    }
  }

  async #create(days: readonly number[]): Promise<void> {
    const client = await this.#pool.connect()
    try {
      await client.query('begin')
      await client.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK])
      const existing = await readPartitions(client)
      for (const day of days) {
        const range = rangeFor(day, Date.now(), existing)
        if (!range) continue
        await createPartition(client, range)
        existing.push(range)
      }
      await client.query(`select pg_notify('log_partitions', '')`)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
    this.reload()
    await this.list()
  }
}

async function readPartitions(client: pg.Pool | pg.PoolClient): Promise<Partition[]> {
  const { rows } = await client.query<Partition>(`
    select name, lower, upper
    from log_partitions
    where detached_at is null
    order by lower desc`)
  return rows
}

/** The range of the partition that is to hold the day: the day or its month, less what others hold already. */
function rangeFor(day: number, now: number, existing: readonly Partition[]): Partition | undefined {
  const date = new Date(day)
  const month = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  const nextMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  const isOld = nextMonth < now - DAILY_FOR_MS
  let lower = isOld ? month : day
  let upper = isOld ? nextMonth : day + DAY
  for (const other of existing) {
    const otherLower = toMillis(other.lower)
    const otherUpper = toMillis(other.upper)
    if (otherLower <= day && otherUpper > day) return undefined
    if (otherUpper <= day && otherUpper > lower) lower = otherUpper
    if (otherLower > day && otherLower < upper) upper = otherLower
  }
  return { name: partitionName(lower, upper), lower: fromMillis(lower), upper: fromMillis(upper) }
}

function partitionName(lower: number, upper: number): string {
  const stamp = (millis: number) =>
    fromMillis(millis)
      .replace(/[-:TZ]/g, '')
      .replace(/0{6}$/, '')
  return `logs_${stamp(lower)}_${stamp(upper)}`
}

/**
 * `create table like` and `attach` take locks that writers and readers of `logs` do not wait for; `partition of`
 * would wait behind any open reader and have everyone queue behind itself.
 */
async function createPartition(client: pg.PoolClient, range: Partition): Promise<void> {
  const { lower, upper } = range
  const name = await freeTableName(client, range.name)
  const bounds = `check (timestamp >= '${lower}' and timestamp < '${upper}')`
  await client.query(`create table ${name} (like logs including all, constraint ${name}_bounds ${bounds})`)
  await client.query(`alter table logs attach partition ${name} for values from ('${lower}') to ('${upper}')`)
  // The bounds are the partition's own from here on; a second check a row would only cost.
  await client.query(`alter table ${name} drop constraint ${name}_bounds`)
  await client.query('insert into log_partitions (name, lower, upper) values ($1, $2, $3)', [
    name,
    lower,
    upper,
  ])
}
