import type pg from 'pg'
import { currentCaller } from '../../caller.ts'
import { PARTITION_LOCK } from '../database/exclusive-access.ts'
import { comparable, DAY, floorTo, fromMillis, MINUTE, toMillis } from '../database/timestamp.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Partition } from './partition.ts'
import { readLoad } from './partition-load.ts'
import { createPartition } from './partition-tables.ts'
import { type Span, spanFor } from './partition-width.ts'

/** Partitions a statement may touch: planning and locking cost grow with each (1,500 at once took 100-650 ms). */
export const MAX_PARTITIONS_A_STATEMENT = 16

/** Partitions made in one transaction: each takes a dozen locks. */
const MADE_AT_ONCE = 16

/** Partitions by the month that a caller may have made: twenty years of an archive. */
const MAX_MONTHS_OF_CALLER = 240

/** Partitions in all before months give way to centuries: a month for each of thirty years, and days. */
const MAX_PARTITIONS = 1000

const NEAR_MS = 70 * DAY

/** The partitions of `logs`, kept in memory; `reload` reads other servers' changes. */
export class Partitions {
  readonly #pool: pg.Pool
  /** Newest first. */
  #list: Partition[] = []
  /** The bounds of `#list` to the second, in a form that sorts as text. */
  #bounds: { lower: string; upper: string }[] = []
  #loaded: Promise<void> | undefined
  /** Rises with each `reload`. */
  #version = 0
  #lastHit = -1
  /** Partitions that each caller had made on this server, but for days around now. */
  readonly #madeBy = new Map<string, number>()

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
  }

  /** The partitions that overlap [start, end], newest first; an unset end of the range is open. */
  async overlapping(start: string | undefined, end: string | undefined): Promise<Partition[]> {
    const from = start === undefined ? undefined : comparable(start)
    const to = end === undefined ? undefined : comparable(end)
    const list = await this.list()
    // Half-open: a partition that begins at the end of the range holds its last instant, a partition that ends at its
    // start holds none.
    return list.filter((_, index) => {
      const { lower, upper } = this.#bounds[index] as { lower: string; upper: string }
      return (from === undefined || upper > from) && (to === undefined || lower <= to)
    })
  }

  /** The partition that holds the instant. */
  async holding(timestamp: string): Promise<Partition | undefined> {
    const list = await this.list()
    return list[this.#find(timestamp)]
  }

  /** The name of the partition that holds the instant, as far as is known now; otherwise its day. */
  placeOf(timestamp: string): string {
    return this.#list[this.#find(timestamp)]?.name ?? timestamp.slice(0, 10)
  }

  /** Makes sure that every timestamp has a partition to go to. */
  async ensure(timestamps: Iterable<string>): Promise<void> {
    await this.list()
    let missing: Set<number> | undefined
    let minute = ''
    for (const timestamp of timestamps) {
      // Bounds are whole minutes, and most of a batch has the same minute.
      if (minute !== '' && timestamp.startsWith(minute)) continue
      minute = timestamp.slice(0, 16)
      if (this.#find(timestamp) !== -1) continue
      missing ??= new Set()
      missing.add(floorTo(timestamp, MINUTE))
    }
    if (missing) await this.#create([...missing].sort((a, b) => a - b))
  }

  /** The index in the list, -1 when none holds it. */
  #find(timestamp: string): number {
    // Bounds are whole minutes, so the second decides.
    const instant = `${timestamp.slice(0, 19)}.9`
    const holds = (index: number) => {
      const bounds = this.#bounds[index]
      return bounds !== undefined && instant >= bounds.lower && instant < bounds.upper
    }
    if (holds(this.#lastHit)) return this.#lastHit
    let low = 0
    let high = this.#bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#bounds[middle]?.lower ?? '') <= instant) high = middle
      else low = middle + 1
    }
    if (!holds(low)) return -1
    this.#lastHit = low
    return low
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
      this.#bounds = list.map(({ lower, upper }) => ({ lower: comparable(lower), upper: comparable(upper) }))
      this.#lastHit = -1
    } catch (error) {
      this.#loaded = undefined
      throw error
    }
  }

  async #create(instants: readonly number[]): Promise<void> {
    for (let rest = instants; rest.length > 0; ) rest = await this.#createSome(rest)
    this.reload()
    await this.list()
  }

  /** Makes a few partitions in one transaction and returns the instants that are left. */
  async #createSome(instants: readonly number[]): Promise<readonly number[]> {
    const make = async (client: pg.PoolClient) => {
      // Makers of partitions read the existing ones under this lock, so that no two collide.
      await client.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK])
      const now = Date.now()
      const { recent } = await readLoad(client, now)
      const spans = (await readPartitions(client)).map(spanOf)
      const caller = currentCaller()?.id
      let index = 0
      for (
        let made = 0, covered = Number.NEGATIVE_INFINITY;
        index < instants.length && made < MADE_AT_ONCE;
        index++
      ) {
        const instant = instants[index] as number
        if (instant < covered) continue
        const madeByCaller = caller === undefined ? 0 : (this.#madeBy.get(caller) ?? 0)
        const isCoarse = spans.length >= MAX_PARTITIONS || madeByCaller >= MAX_MONTHS_OF_CALLER
        const span = spanFor(instant, now, recent, spans, isCoarse)
        if (!span) continue
        if (caller !== undefined && !isNear(span, now)) this.#madeBy.set(caller, madeByCaller + 1)
        const range = { lower: fromMillis(span.lower), upper: fromMillis(span.upper) }
        // The open partition gets its own indexes when it has rows enough, and the load is low enough to keep them up.
        await createPartition(client, range, span.upper <= now ? ['filter'] : [])
        spans.push(span)
        covered = span.upper
        made++
      }
      await client.query(`select pg_notify('log_partitions', '')`)
      return instants.slice(index)
    }
    return inTransaction(this.#pool, make, { isLimited: true })
  }
}

/** Any sender gets partitions for days around now. */
function isNear({ lower, upper }: Span, now: number): boolean {
  return upper - lower <= DAY && Math.abs(lower - now) <= NEAR_MS
}

function spanOf({ lower, upper }: Partition): Span {
  return { lower: toMillis(lower), upper: toMillis(upper) }
}

async function readPartitions(client: pg.Pool | pg.PoolClient): Promise<Partition[]> {
  const { rows } = await client.query<Partition>({
    name: 'partitions',
    text: `
      select name, lower, upper
      from log_partitions
      where detached_at is null
      order by lower desc`,
  })
  return rows
}

/** 23514 without a constraint name: no partition of `logs` holds the timestamp (one was dropped meanwhile). */
export function isMissingPartition(error: unknown): boolean {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  return code === '23514' && constraint === undefined
}
