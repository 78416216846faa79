import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { BlockKey } from '../store/blocks/unpack-blocks.ts'
import { keepBuildsOff } from '../store/database/exclusive-access.ts'
import { inTransaction } from '../store/database/transaction.ts'
import { addNumbers, blockWithoutNumbers } from '../store/partitions/missing-numbers.ts'
import { OpenIndexes } from '../store/partitions/open-indexes.ts'
import { nextToPack, packAndClean } from '../store/partitions/packing.ts'
import { beginIfWanted, PackingRefused } from '../store/partitions/packing-switch.ts'
import type { Partition } from '../store/partitions/partition.ts'
import { reopenAll } from '../store/partitions/partition-closing.ts'
import { buildIndexes, dropInvalidIndexes, nextToIndex } from '../store/partitions/partition-indexes.ts'
import { batchesSoFar } from '../store/partitions/partition-load.ts'
import {
  cancelStatement,
  holdUpkeep,
  prepareForBuilds,
  tendPartitions,
  type UpkeepStore,
} from '../store/partitions/partition-upkeep.ts'
import { endWhenUnpacked, nextToUnpack, unpackPartition } from '../store/partitions/unpacking.ts'
import { Bursts } from './bursts.ts'

/** At 20,000 rows/s a partition of a million rows is full in 50 s; the minute grain of the job queue is too coarse. */
const INTERVAL_MS = 2000

/** While nothing is written one look in so many is enough: what then comes due is tomorrow's partition. */
const IDLE_INTERVALS = 15

/** After a failed build: a full disk is not freed by trying again at once. */
const REBUILD_AFTER_MS = 60_000

/** A partition whose build failed is not tried again for so long. */
const PASSED_OVER_MS = 10 * 60_000

const QUERY_CANCELED = '57014'

/** How often a server looks whether the one that does the work is gone. */
const CANDIDATE_INTERVAL_MS = 15_000

export type TendingOptions = UpkeepStore & {
  /** A connection of its own, without a time limit on statements: index builds take minutes. */
  connect: () => Promise<pg.Client>
  onFailure: (error: unknown) => void
  /** Tells the other servers that much is being stored by this one, for their `lookSoon`. */
  tellOfBurst?: () => Promise<void>
  /** Whether the disk has room for work that takes some before it gives more back. */
  hasRoom?: () => Promise<boolean>
  intervalMs?: number
  /** Whether this server may do the work; when false it only tells of bursts. True when unset. */
  mayLead?: boolean
}

export type Tending = {
  /**
   * Told of rows as they are stored: the first burst after a quiet time is looked at at once, by whatever server does
   * the work.
   */
  noteStored: (rows: number) => void
  /** Another server told of a burst, or there is work that was asked for. */
  lookSoon: () => void
  stop: () => Promise<void>
}

/**
 * Makes, ends, closes and indexes partitions for as long as it runs. Of several servers one does it: the one whose
 * connection holds the lock. When it is gone another goes on where it stopped.
 */
export function startTending(options: TendingOptions): Tending {
  const interval = options.intervalMs ?? INTERVAL_MS
  let leader: Leader | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isLookDue = false
  let isLookAsked = false
  const bursts = new Bursts(interval)

  const step = async () => {
    if (leader && !leader.isAlive) leader = undefined
    leader ??= await Leader.become(options)
    const isAsked = isLookAsked
    isLookAsked = false
    await leader?.tend(isAsked)
  }
  const look = () => {
    timer = undefined
    isLookDue = false
    running = step()
      .catch(options.onFailure)
      .then(() => {
        if (stopped) return
        if (isLookDue) schedule(0)
        else schedule(leader ? interval : (options.intervalMs ?? CANDIDATE_INTERVAL_MS))
      })
  }
  const schedule = (delay: number) => {
    timer = setTimeout(look, delay).unref()
  }
  const lookSoon = () => {
    if (!leader) return
    isLookAsked = true
    // The look under way may have been too early to see it.
    isLookDue = true
    if (!timer) return
    clearTimeout(timer)
    look()
  }
  if (options.mayLead !== false) schedule(0)
  return {
    noteStored: (rows) => {
      if (!bursts.isNew(rows)) return
      if (leader) lookSoon()
      else options.tellOfBurst?.().catch(options.onFailure)
    },
    lookSoon,
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
      await leader?.stop()
    },
  }
}

/** The server that does the work. `tend` is called again and again; index builds go on beside it, one at a time. */
class Leader {
  readonly #options: TendingOptions
  readonly #client: pg.Client
  readonly #openIndexes: OpenIndexes
  readonly #builds: Builds = {
    notBefore: 0,
    refusedUntil: 0,
    failedUntil: new Map(),
    numbersBefore: undefined,
  }
  readonly #ending = new AbortController()
  readonly #work: Packing
  readonly #relief: Relief = { client: undefined }
  #relieving: Promise<void> | undefined
  #isReliefDue = false
  #indexing: Promise<void> | undefined
  #isAlive = true
  #seenBatches: number | undefined
  #skipped = 0

  private constructor(options: TendingOptions, client: pg.Client) {
    const ending = this.#ending.signal
    this.#options = options
    this.#client = client
    this.#openIndexes = new OpenIndexes(options)
    this.#work = { hasRoom: async () => true, ...options, client, builds: this.#builds, ending }
    client.on('end', () => {
      this.#isAlive = false
    })
    client.on('error', () => {
      this.#isAlive = false
    })
  }

  /** Takes the lock; undefined while another server has it. */
  static async become(options: TendingOptions): Promise<Leader | undefined> {
    const client = await options.connect()
    const leader = new Leader(options, client)
    try {
      if (!(await holdUpkeep(client))) {
        await client.end()
        return undefined
      }
      await prepareForBuilds(client)
      await recover(options.pool, client)
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
    return leader
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  async tend(isAsked: boolean): Promise<void> {
    const batches = await batchesSoFar(this.#options.pool)
    if (!isAsked && batches === this.#seenBatches && this.#skipped++ < IDLE_INTERVALS) return
    this.#seenBatches = batches
    this.#skipped = 0
    try {
      await tendPartitions(this.#options)
    } catch (error) {
      if (this.#isAlive) await reopenAll(this.#options.pool)
      throw error
    }
    const relieved = this.#startRelief()
    // Its connection is for one thing at a time.
    if (this.#indexing || Date.now() < this.#builds.notBefore) return
    this.#indexing = relieved
      .then(() => this.#workThrough())
      .catch((error) => this.#failed(error))
      .finally(() => {
        this.#indexing = undefined
      })
  }

  async stop(): Promise<void> {
    this.#isAlive = false
    this.#ending.abort()
    // A build would hold the stop up for a minute; the next start begins it anew.
    while (this.#indexing || this.#relieving) {
      await cancelStatement(this.#options.pool, this.#client)
      if (this.#relief.client) await cancelStatement(this.#options.pool, this.#relief.client)
      await Promise.race([Promise.all([this.#indexing, this.#relieving]), delay(100)])
    }
    await this.#client.end().catch(() => undefined)
  }

  #startRelief(): Promise<void> {
    // The one under way may have looked too early.
    this.#isReliefDue = this.#relieving !== undefined
    this.#relieving ??= relieve(this.#options, this.#openIndexes, this.#relief)
      .catch((error) => this.#failed(error))
      .finally(() => {
        this.#relieving = undefined
        if (this.#isReliefDue && this.#isAlive) void this.#startRelief()
      })
    return this.#relieving
  }

  /** Packs, unpacks and indexes one partition after the other. */
  async #workThrough(): Promise<void> {
    const work = this.#work
    // An import of years leaves hundreds of small ones.
    do await makeSearchable(this.#client, this.#openIndexes)
    while (
      this.#isAlive &&
      ((await packNext(work)) ||
        (await unpackNext(work)) ||
        (await indexNext(this.#client, this.#builds)) ||
        (await numberNext(work)))
    )
  }

  #failed(error: unknown): void {
    if (this.#isAlive && !isCancelled(error)) this.#options.onFailure(error)
  }
}

/** Finishes the work of a server that was killed. */
async function recover(pool: pg.Pool, client: pg.Client): Promise<void> {
  await reopenAll(pool)
  await dropInvalidIndexes(client)
}

/** The connection indexes are taken off by, while they are. */
type Relief = { client: pg.Client | undefined }

/**
 * Takes off the open partition what it cannot keep up, and gives it the indexes of filters, on a connection that no
 * build of minutes keeps busy.
 */
async function relieve(
  { connect, pool }: TendingOptions,
  openIndexes: OpenIndexes,
  relief: Relief,
): Promise<void> {
  const due = await openIndexes.due()
  if (!due || (due.remove.length === 0 && !due.add.includes('filter'))) return
  const client = await connect()
  relief.client = client
  try {
    await prepareForBuilds(client)
    // A build of the same partition would hold the removal up for as long as it takes.
    if (due.remove.length > 0) await inTransaction(pool, (other) => keepBuildsOff(other, due.open.name))
    await openIndexes.adjust(client, { ...due, add: due.add.filter((group) => group === 'filter') })
  } finally {
    relief.client = undefined
    await client.end().catch(() => undefined)
  }
}

/** Gives the open partition its search index when that is due. */
async function makeSearchable(client: pg.Client, openIndexes: OpenIndexes): Promise<void> {
  const due = await openIndexes.due()
  if (due?.add.includes('search')) await openIndexes.adjust(client, { ...due, remove: [], add: ['search'] })
}

/** Index builds that failed, and when they may be tried again. */
type Builds = {
  notBefore: number
  /** The database does not allow packing: not asked again before. */
  refusedUntil: number
  /** Those of one partition may fail for what is in it; it is passed over for a while, or no other had its turn. */
  failedUntil: Map<string, number>
  /** The last block that got columns of numbers, newest first; null once no other is without. */
  numbersBefore: BlockKey | undefined | null
}

type Packing = Pick<TendingOptions, 'pool' | 'onFailure'> & {
  hasRoom: () => Promise<boolean>
  client: pg.Client
  builds: Builds
  ending: AbortSignal
}

/** Packs one partition, if any is due; turns packing on first. */
async function packNext({ pool, client, builds, ending, onFailure, hasRoom }: Packing): Promise<boolean> {
  if (Date.now() < builds.refusedUntil || !(await hasRoom())) return false
  try {
    await beginIfWanted(pool)
  } catch (error) {
    if (!(error instanceof PackingRefused)) throw error
    // A restored database may want it and not allow it: indexes are built all the same.
    builds.refusedUntil = Date.now() + PASSED_OVER_MS
    onFailure(error)
    return false
  }
  return tendNext(
    builds,
    (besides) => nextToPack(client, besides),
    (next) => packAndClean(pool, client, next, { signal: ending, hasRoom }),
  )
}

/** Adds columns of numbers to one block that an older version packed, if there is any. */
async function numberNext({ pool, builds, ending, hasRoom }: Packing): Promise<boolean> {
  if (builds.numbersBefore === null || !(await hasRoom())) return false
  const next = await blockWithoutNumbers(pool, builds.numbersBefore)
  // One that fails is not tried again: it is read as before.
  builds.numbersBefore = next ?? null
  if (next) await addNumbers(pool, next, ending)
  return next !== undefined
}

/** Makes rows of one partition's packed lines, if that was asked for; turns packing off at the end. */
async function unpackNext({ pool, client, builds, ending, hasRoom }: Packing): Promise<boolean> {
  if (!(await hasRoom())) return false
  const isMore = await tendNext(
    builds,
    (besides) => nextToUnpack(client, besides),
    (next) => unpackPartition(pool, next, { signal: ending, hasRoom }),
  )
  if (!isMore) await endWhenUnpacked(pool)
  return isMore
}

/** Builds the indexes of one partition, if any is due; between two the open one gets its turn. */
function indexNext(client: pg.Client, builds: Builds): Promise<boolean> {
  return tendNext(
    builds,
    (besides) => nextToIndex(client, besides),
    (next) => buildIndexes(client, next),
  )
}

async function tendNext(
  builds: Builds,
  find: (besides: string[]) => Promise<Partition | undefined>,
  work: (next: Partition) => Promise<void>,
): Promise<boolean> {
  const now = Date.now()
  for (const [name, until] of builds.failedUntil) if (until < now) builds.failedUntil.delete(name)
  const next = await find([...builds.failedUntil.keys()])
  if (!next) return false
  try {
    await work(next)
  } catch (error) {
    if (!isCancelled(error)) {
      builds.notBefore = Date.now() + REBUILD_AFTER_MS
      builds.failedUntil.set(next.name, Date.now() + PASSED_OVER_MS)
    }
    throw error
  }
  return true
}

/** Cancelled for one that drops or rewrites the partition, or takes its indexes off. */
function isCancelled(error: unknown): boolean {
  return (error as { code?: unknown }).code === QUERY_CANCELED
}
