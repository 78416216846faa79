import type pg from 'pg'

/** A place where the trail was changed. */
type AuditFault = {
  id: number
  fault: 'changed' | 'missing' | 'cut off'
  sentence: string
}

/** A row's hash as it was kept somewhere. */
export type KnownHash = { trail: string; id: number; hash: string }

export type AuditCheck = {
  /** Rows looked at. */
  checked: number
  /** Hashes kept outside of the database that could be compared. */
  compared: number
  faults: AuditFault[]
}

const BATCH_ROWS = 10_000

/** So that a trail that was replaced whole does not fill a reply. */
const MAX_FAULTS = 100

/** The content a row's hash is made of; on purpose not the function of the same meaning in the database. */
const CONTENT = `jsonb_build_array(
  id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, entity,
  before, after, address, request_id)::text`

type Row = { id: number; hash: string; previous_hash: string; expected: string }

/**
 * Goes along the whole chain: each row's content has to give its hash, each row to name the hash before, no number to
 * be missing, and the last to be the head that is kept outside the table.
 *
 * @param kept hashes kept outside of the database; they show a chain that was written anew as a whole
 */
export async function checkAudit(pool: pg.Pool, kept: readonly KnownHash[] = []): Promise<AuditCheck> {
  const { rows: heads } = await pool.query<KnownHash>({
    name: 'read_audit_head',
    text: `select trail, id, encode(hash, 'hex') as hash from audit_head`,
  })
  const ours = kept.filter(({ trail }) => trail === heads[0]?.trail)
  const known = [...heads, ...ours]
  const hashes = Map.groupBy(known, ({ id }) => id)
  const faults: AuditFault[] =
    heads.length === 1 ? [] : [changed(0, 'that says where the trail ends is missing')]
  let last = { id: 0, hash: '' }
  let checked = 0
  for (;;) {
    const rows = await readRows(pool, last.id)
    for (const row of rows) {
      faults.push(...faultsOf(row, last))
      if (hashes.get(row.id)?.some(({ hash }) => hash !== row.hash)) {
        faults.push(changed(row.id, 'has another hash than was kept elsewhere'))
      }
      last = row
      checked++
    }
    if (rows.length < BATCH_ROWS || faults.length >= MAX_FAULTS) break
  }
  const newest = known.reduce((most, { id }) => Math.max(most, id), 0)
  if (newest > last.id) {
    const sentence = `The trail ends with row ${last.id}, but there was a row ${newest}.`
    faults.push({ id: last.id + 1, fault: 'cut off', sentence })
  }
  return { checked, compared: ours.length, faults: faults.slice(0, MAX_FAULTS) }
}

async function readRows(pool: pg.Pool, after: number): Promise<Row[]> {
  const { rows } = await pool.query<Row>({
    name: 'read_audit_chain',
    text: `
      select
        id,
        encode(hash, 'hex') as hash,
        encode(coalesce(previous_hash, ''), 'hex') as previous_hash,
        encode(sha256(coalesce(previous_hash, '') || convert_to(${CONTENT}, 'UTF8')), 'hex') as expected
      from audit
      where id > $1
      order by id
      limit ${BATCH_ROWS}`,
    values: [after],
  })
  return rows
}

function faultsOf(row: Row, last: { id: number; hash: string }): AuditFault[] {
  const faults: AuditFault[] = []
  if (row.id !== last.id + 1) {
    const from = last.id + 1
    const sentence =
      from === row.id - 1 ? `Row ${from} is missing.` : `The rows ${from} to ${row.id - 1} are missing.`
    faults.push({ id: from, fault: 'missing', sentence })
  } else if (row.previous_hash !== last.hash) {
    faults.push(changed(row.id, 'does not follow the row before it'))
  }
  if (row.expected !== row.hash) faults.push(changed(row.id, 'was changed'))
  return faults
}

function changed(id: number, what: string): AuditFault {
  return { id, fault: 'changed', sentence: `Row ${id} ${what}.` }
}
