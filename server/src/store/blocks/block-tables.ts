import type pg from 'pg'

/** The table of a partition's blocks, once it has any. */
export function blocksOf(partition: string): string {
  return `${partition}_b`
}

/** Whether the partition has a table of blocks, filled or not. */
export function hasBlocks(client: pg.Pool | pg.ClientBase, partition: string): Promise<boolean> {
  return areBlocks(client, blocksOf(partition))
}

/** Whether there is a table of blocks of this name. */
export async function areBlocks(client: pg.Pool | pg.ClientBase, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>({
    name: 'has_blocks',
    text: 'select to_regclass($1) is not null as there',
    values: [table],
  })
  return rows[0]?.there === true
}

/** Makes the table of a partition's blocks, and attaches it; nobody waits. */
export async function makeBlockTable(
  client: pg.ClientBase,
  { name, lower, upper }: { name: string; lower: string; upper: string },
): Promise<void> {
  const table = blocksOf(name)
  await client.query(
    `create table ${table} (
      like log_blocks including all,
      constraint ${table}ounds check (first_timestamp >= '${lower}' and first_timestamp < '${upper}')
    )`,
  )
  await client.query(
    `alter table log_blocks attach partition ${table} for values from ('${lower}') to ('${upper}')`,
  )
  await client.query(`alter table ${table} drop constraint ${table}ounds`)
}

/** Drops a partition's blocks, for one who has `log_blocks` to itself. */
export async function dropBlocks(client: pg.ClientBase, partition: string): Promise<void> {
  if (!(await hasBlocks(client, partition))) return
  await client.query(`alter table log_blocks detach partition ${blocksOf(partition)}`)
  await client.query(`drop table ${blocksOf(partition)}`)
}

/** Whether any rows of the partition are packed. */
export async function holdsBlocks(client: pg.ClientBase, partition: string): Promise<boolean> {
  if (!(await hasBlocks(client, partition))) return false
  const { rowCount } = await client.query(`select from ${blocksOf(partition)} limit 1`)
  return rowCount === 1
}
