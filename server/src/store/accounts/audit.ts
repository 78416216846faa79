import { repairText } from '@timelapser/logger'
import type pg from 'pg'
import { SqlParameters } from '../database/sql-parameters.ts'

/** Something that somebody did, as it is written down. */
export type AuditEntry = {
  /** The actor: `user anna`, `key backup`, `system`. */
  actor: string
  /** The action, the kind of thing first: `settings.update`. */
  action: string
  /** The changed thing: `camera 4`. */
  entity: string
  /** The values before and after, or what is known of it; never secrets. */
  before: unknown
  after: unknown
  /** Where the request came from. */
  address: string | null
  request_id: string | null
}

/** An entry as it is stored. */
export type AuditRow = AuditEntry & {
  id: number
  at: string
  /** SHA-256 in hex of the row before's hash and this row's content. */
  hash: string
}

/** A written entry, and the trail it belongs to. */
export type WrittenEntry = AuditRow & { trail: string }

export type AuditFilter = {
  actor?: string | undefined
  /** The action, or all that begin with it and a dot. */
  action?: string | undefined
  entity?: string | undefined
  request_id?: string | undefined
  /** ISO 8601, UTC, inclusive. */
  start?: string | undefined
  end?: string | undefined
}

const COLUMNS = `id, at, actor, action, entity, before, after, address, request_id, encode(hash, 'hex') as hash`

/** Writes an entry; the last step of the client's transaction, since everybody else's entry waits for its end. */
export async function appendAudit(client: pg.Pool | pg.PoolClient, entry: AuditEntry): Promise<WrittenEntry> {
  const { rows } = await client.query<WrittenEntry>({
    name: 'append_audit',
    text: `
      select ${COLUMNS}, (select trail from audit_head) as trail
      from append_audit($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7)`,
    values: [
      repairText(entry.actor),
      entry.action,
      repairText(entry.entity),
      toJson(entry.before),
      toJson(entry.after),
      entry.address,
      entry.request_id,
    ],
  })
  const [row] = rows
  if (!row) throw new Error('the audit trail returned no row')
  return row
}

/** Bytes of the values before and after in a read; the entry that passes the bound is its last. */
const LIST_BYTES = 8 * 1024 * 1024

/**
 * Entries that match, newest first, up to a limit after an offset, and how many match in all. Fewer come where their
 * values have over 8 MB together.
 */
export async function listAudit(
  pool: pg.Pool,
  filter: AuditFilter,
  { offset, limit }: { offset: number; limit: number },
): Promise<{ entries: AuditRow[]; total: number }> {
  const parameters = new SqlParameters()
  const where = conditionsOf(filter, parameters)
  const { rows: counted } = await pool.query<{ total: number }>(
    `select count(*) as total from audit ${where}`,
    parameters.values,
  )
  const { rows: entries } = await pool.query<AuditRow>(
    `
      select ${COLUMNS}
      from (
        select *, sum(octet_length(concat(before::text, after::text)))
          over (order by id desc rows between unbounded preceding and 1 preceding) as bytes
        from (
          select *
          from audit
          ${where}
          order by id desc
          limit ${parameters.add(limit)}
          offset ${parameters.add(offset)}
        ) page
      ) measured
      where coalesce(bytes, 0) <= ${LIST_BYTES}
      order by id desc`,
    parameters.values,
  )
  return { entries, total: counted[0]?.total ?? 0 }
}

function conditionsOf(filter: AuditFilter, parameters: SqlParameters): string {
  const conditions: string[] = []
  for (const name of ['actor', 'entity', 'request_id'] as const) {
    if (filter[name] !== undefined) conditions.push(`${name} = ${parameters.add(filter[name])}`)
  }
  if (filter.action !== undefined) {
    const action = parameters.add(filter.action)
    conditions.push(`(action = ${action} or starts_with(action, ${action} || '.'))`)
  }
  if (filter.start !== undefined) conditions.push(`at >= ${parameters.add(filter.start)}::timestamptz`)
  if (filter.end !== undefined) conditions.push(`at <= ${parameters.add(filter.end)}::timestamptz`)
  return conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
}

function toJson(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? repairText(part) : part))
}
