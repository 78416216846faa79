import type pg from 'pg'
import { OWN_ROWS_SCHEMA } from '../database/table-names.ts'

/**
 * Made anew by a restore: the schema's own history, the registry of partitions, what was cleared and could be brought
 * back for ten minutes, and masking under way, whose pattern may be the secret itself, when jobs ran, and notices on
 * their way, which a copy of the database must not send once more, and counts of entries that are about to be evaluated. The queue of jobs lies in a schema of its own and fills itself.
 */
export const NOT_IN_BACKUPS = [
  'migrations',
  'log_partitions',
  'log_clears',
  'log_packing',
  'scrub_runs',
  'job_runs',
  'alert_deliveries',
  'alert_signs',
  'log_feed_counts',
]

/** There while retention writes a partition anew, or after it was cut short. The partition is whole until the end. */
const BEING_REWRITTEN = ['logs_rewrite', 'logs_rewrite_removed', 'log_blocks_renewed']

/** The schema of all tables, and that of some while packing is on. */
const OURS = `((select relnamespace from pg_class where oid = to_regclass('migrations')), ${OWN_ROWS_SCHEMA})`

export type BackupTable = { name: string; columns: string[] }

/** Every table but `logs`, each after those it refers to, with the columns that have values of their own. */
export async function tablesToBackUp(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable & { needs: string[] }>(
    `select c.relname as name,
      array(
        select a.attname::text
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum
      ) as columns,
      array(
        select f.confrelid::regclass::text
        from pg_constraint f
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid
      ) as needs
    from pg_class c
    where c.relnamespace in ${OURS}
      and c.relkind = 'r'
      and not c.relispartition
      and c.relname !~ '_c[0-9]+$'
      and c.relname <> all ($1::text[])
    order by c.relname`,
    [[...NOT_IN_BACKUPS, ...BEING_REWRITTEN]],
  )
  const ordered: BackupTable[] = []
  const isThere = (name: string) => ordered.some((table) => table.name === name)
  while (ordered.length < rows.length) {
    const next = rows.find(({ name, needs }) => !isThere(name) && needs.every(isThere))
    if (!next) throw new Error('tables refer to each other in a circle')
    ordered.push({ name: next.name, columns: next.columns })
  }
  return ordered
}

/** The next value of each sequence. */
export async function readSequences(
  client: pg.ClientBase,
): Promise<Record<string, { last_value: number; is_called: boolean }>> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name
    from pg_class
    where relkind = 'S' and relnamespace in ${OURS}
    order by relname`,
  )
  const sequences: Record<string, { last_value: number; is_called: boolean }> = {}
  for (const { name } of rows) {
    const state = await client.query<{ last_value: number; is_called: boolean }>(
      `select last_value, is_called from ${client.escapeIdentifier(name)}`,
    )
    if (state.rows[0]) sequences[name] = state.rows[0]
  }
  return sequences
}
