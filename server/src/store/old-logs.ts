// The database of Timelapser v4, which is read to take its logs over; nothing in it is changed.
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { errorCode, StartupError } from '../startup-error.ts'

/** A row of its table `logs`; `timestamp` in UTC, as text with microseconds. */
export type OldLog = {
  id: number
  timestamp: string | null
  level: string
  message: string
  camera_id: number | null
  source: string | null
  logger_name: string | null
  extra_data: unknown
}

export type OldCamera = { id: number; name: string }

/** Ids and the time of the oldest row; `null` where there is none. */
export type OldRange = { last_id: number | null; oldest: string | null }

/** A page is one batch: what the server writes in one transaction, and a quarter of what it takes in one body. */
const MAX_ROWS = 5000
const MAX_CHARACTERS = 3 * 1024 * 1024

const UNDEFINED_TABLE = '42P01'
const UNDEFINED_COLUMN = '42703'
const CONNECT_TIMEOUT_MS = 10_000
const SETTLE_MS = 10_000
const SETTLE_POLL_MS = 50

/**
 * The names of these cameras in its table `cameras`.
 *
 * @throws when the database cannot be reached, has no such table or takes longer than ten seconds
 */
export async function readOldCameras(connectionString: string, ids: readonly number[]): Promise<OldCamera[]> {
  const client = clientOf(connectionString, 'timelapser-logs camera names', CONNECT_TIMEOUT_MS)
  try {
    await client.connect()
    const { rows } = await client.query<OldCamera>({
      name: 'old_camera_names',
      text: 'select id, left(name::text, 1000) as name from cameras where name is not null and id = any($1::integer[])',
      values: [ids],
    })
    return rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Reads only; a connection that breaks fails the statement under way, or the next one. */
function clientOf(connectionString: string, application_name: string, statementTimeoutMs: number): pg.Client {
  const client = new pg.Client({
    ...{ connectionString, application_name, connectionTimeoutMillis: CONNECT_TIMEOUT_MS },
    options: `-c TimeZone=UTC -c default_transaction_read_only=on -c statement_timeout=${statementTimeoutMs}`,
  })
  client.on('error', () => undefined)
  return client
}

export class OldLogs {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  /** @throws {StartupError} when the database cannot be reached, or has no `logs` of Timelapser v4 */
  static async open(connectionString: string): Promise<OldLogs> {
    const client = clientOf(connectionString, 'timelapser-logs import', 0)
    try {
      await client.connect()
      const { rows } = await client.query<{ relkind: string }>({
        name: 'old_logs_kind',
        text: `select relkind from pg_class where oid = to_regclass('logs')`,
      })
      const kind = rows[0]?.relkind
      if (kind === undefined) throw new StartupError('The database of --from has no table "logs".')
      // Partitioned in older versions, a view since.
      if (kind === 'p' || kind === 'v') {
        throw new StartupError(
          'The database of --from belongs to Timelapser Logs, not to Timelapser v4. Use backup and restore for it.',
        )
      }
      return new OldLogs(client)
    } catch (cause) {
      await client.end().catch(() => undefined)
      if (cause instanceof StartupError) throw cause
      const why = cause instanceof Error ? cause.message || errorCode(cause) : String(cause)
      throw new StartupError(`The database of --from cannot be read: ${why}.`, { cause })
    }
  }

  /** Its cameras by id; none where there is no such table. */
  async cameras(): Promise<OldCamera[]> {
    try {
      const { rows } = await this.#client.query<OldCamera>({
        name: 'old_cameras',
        text: 'select id, left(name::text, 1000) as name from cameras where name is not null order by id',
      })
      return rows
    } catch (error) {
      if (errorCode(error) === UNDEFINED_TABLE || errorCode(error) === UNDEFINED_COLUMN) return []
      throw error
    }
  }

  /**
   * Waits for the transactions that are open now, some seconds at most: ids are given before a row is committed, so one
   * below the last may still be on its way. Returns whether all of them have ended.
   */
  async settle(): Promise<boolean> {
    const { rows } = await this.#read<{ next: string }>({
      name: 'old_logs_next_transaction',
      text: 'select pg_snapshot_xmax(pg_current_snapshot())::text as next',
    })
    for (const deadline = Date.now() + SETTLE_MS; Date.now() < deadline; await delay(SETTLE_POLL_MS)) {
      const { rows: now } = await this.#read<{ is_settled: boolean }>({
        name: 'old_logs_settled',
        text: 'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 as is_settled',
        values: [rows[0]?.next],
      })
      if (now[0]?.is_settled) return true
    }
    return false
  }

  async range(): Promise<OldRange> {
    const { rows } = await this.#read<OldRange>({
      name: 'old_logs_range',
      text: `
        select
          max(id)::float8 as last_id,
          to_char(min(timestamp) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as oldest
        from logs`,
    })
    return rows[0] as OldRange
  }

  /** The next rows with ids above `after` and up to `last`, as many as a batch takes and one at least. */
  async page(after: number, last: number): Promise<OldLog[]> {
    const { rows } = await this.#read<OldLog>({
      name: 'old_logs_page',
      text: `
        select id, timestamp, level, message, camera_id, source, logger_name, extra_data
        from (
          select
            id::float8 as id,
            to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as timestamp,
            level, message, camera_id, source, logger_name, extra_data,
            row_number() over rows_before as number,
            sum(length(message) + coalesce(length(extra_data::text), 0)) over rows_before as characters
          from (
            select id, timestamp, level, message, camera_id, source, logger_name, extra_data
            from logs
            where id > $1 and id <= $2
            order by id
            limit $3
          ) as next_rows
          window rows_before as (order by id)
        ) as counted
        where number = 1 or characters <= $4
        order by id`,
      values: [after, last, MAX_ROWS, MAX_CHARACTERS],
    })
    return rows
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined)
  }

  async #read<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#client.query<Row>(statement)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new StartupError(`The table "logs" of --from cannot be read: ${why}.`, { cause })
    }
  }
}
