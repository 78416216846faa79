import type pg from 'pg'

/**
 * The tables that a statement locks, as planning it shows: an ordinary plan opens no other partition than those it may
 * read.
 */
export type Touched = { name: string; partitions: number }

type Asked = { text: string; values: unknown[] }

/** Keeps every statement on `logs` that the pool runs from now on. */
export class TouchedPartitions {
  readonly #pool: pg.Pool
  readonly #asked = new Map<string, Asked>()
  readonly #watched = new WeakSet<pg.PoolClient>()

  constructor(pool: pg.Pool) {
    this.#pool = pool
    pool.on('acquire', (client) => this.#watch(client))
  }

  /** Each statement that ran during `work`, with how many partitions of `logs` its plan locks. */
  async during(work: () => Promise<void>): Promise<Touched[]> {
    this.#asked.clear()
    await work()
    const asked = [...this.#asked.values()]
    const client = await this.#pool.connect()
    try {
      const touched: Touched[] = []
      for (const { text, values } of asked) {
        await client.query('begin')
        await client.query(`explain ${text}`, values)
        const { rows } = await client.query<{ partitions: number }>(`
          select count(*)::integer as partitions
          from pg_locks k
          join pg_inherits i on i.inhrelid = k.relation
          where k.pid = pg_backend_pid() and i.inhparent = 'logs'::regclass`)
        await client.query('rollback')
        touched.push({
          name: /\/\* (\w+) \*\//.exec(text)?.[1] ?? text.trim(),
          partitions: rows[0]?.partitions ?? 0,
        })
      }
      return touched
    } finally {
      client.release()
    }
  }

  #watch(client: pg.PoolClient): void {
    if (this.#watched.has(client)) return
    this.#watched.add(client)
    const query = client.query.bind(client) as (...values: unknown[]) => unknown
    const watching = (...given: unknown[]): unknown => {
      const [first, second] = given
      const { text, values } =
        typeof first === 'string'
          ? { text: first, values: second }
          : (first as { text: string; values: unknown })
      if (isOnLogs(text)) {
        const asked = { text, values: Array.isArray(values) ? values : [] }
        this.#asked.set(JSON.stringify(asked), asked)
      }
      return query(...given)
    }
    client.query = watching as typeof client.query
  }
}

function isOnLogs(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    /^\s*(\/\*.*\*\/)?\s*(select|with|insert|update|delete)\b.*\blogs\b/s.test(text)
  )
}
