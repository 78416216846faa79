import pg from 'pg'
import { databaseUrls } from '../../database-url.ts'

/** A host that is gone must not hold up the search for the one that took over. */
const PROBE_MS = 3000

const IS_STANDBY = { text: 'select pg_is_in_recovery() as is_standby', query_timeout: PROBE_MS }

/** A connection leads to a standby, as long as no host is known to be the primary. */
export class StandbyError extends Error {
  override name = 'StandbyError'
  /** PostgreSQL's code for a server that takes no connections now. */
  readonly code = '57P03'
}

/**
 * The primary of a database with several hosts (`postgres://user@one,two/logs`): the first host that accepts connections
 * and is no standby. After a failover the pools that follow it make their new connections there.
 */
export class Primary {
  readonly #urls: readonly string[]
  readonly #pools: pg.Pool[] = []
  #url: string
  #looking: Promise<void> | undefined

  private constructor(urls: readonly [string, ...string[]]) {
    this.#urls = urls
    this.#url = urls[0]
  }

  /** Looks for the primary; undefined where the connection names one host. */
  static async find({ connectionString }: pg.PoolConfig): Promise<Primary | undefined> {
    const [first, ...others] = connectionString === undefined ? [] : databaseUrls(connectionString)
    if (first === undefined || others.length === 0) return undefined
    const primary = new Primary([first, ...others])
    await primary.look()
    return primary
  }

  /** Its URL; that of the first host until a primary was found. */
  get url(): string {
    return this.#url
  }

  /**
   * Has the pool, whose sessions have `sessionSettings`, connect to the primary from now on, whichever host that is. It
   * would keep a connection to a host that came back as a standby for as long as it is busy.
   */
  lead(pool: pg.Pool): void {
    const { onConnect } = pool.options
    pool.options.onConnect = async (client) => {
      await this.check(client)
      await onConnect?.(client)
    }
    this.#pools.push(pool)
  }

  /** Makes sure that a connection leads to the primary: after a change of roles the host may be a standby. */
  async check(client: pg.ClientBase): Promise<void> {
    if (!(await isStandby(client))) return
    void this.look()
    throw new StandbyError('The host is a standby.')
  }

  /** Looks for the primary again, once for all who ask meanwhile; where no host is one, the last one stays. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const arePrimaries = await Promise.all(this.#urls.map(isPrimary))
    const found = this.#urls.filter((_, at) => arePrimaries[at])
    const [first] = found
    if (first === undefined || found.includes(this.#url)) return
    // The options of the URL, the same for all hosts, are among those of the session.
    const url = URL.parse(first)
    url?.searchParams.delete('options')
    for (const { options } of this.#pools) options.connectionString = url?.href ?? first
    this.#url = first
  }
}

async function isStandby(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is_standby: boolean }>(IS_STANDBY)
  return rows[0]?.is_standby === true
}

async function isPrimary(connectionString: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString,
    application_name: 'timelapser-logs primary',
    connectionTimeoutMillis: PROBE_MS,
    query_timeout: PROBE_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return !(await isStandby(client))
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
