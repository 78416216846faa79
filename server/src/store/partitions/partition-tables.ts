import type pg from 'pg'
import { freeTableName } from '../database/table-names.ts'
import type { Partition } from './partition.ts'
import { createIndexes, type IndexGroup } from './partition-indexes.ts'

/**
 * Makes a partition and attaches it. `create table like` and `attach` take locks that writers and readers of `logs` do
 * not wait for; `partition of` would wait behind any open reader and have everyone queue behind itself.
 *
 * @param indexes which it has from its first row on
 */
export async function createPartition(
  client: pg.PoolClient,
  range: Pick<Partition, 'lower' | 'upper'>,
  indexes: readonly IndexGroup[],
): Promise<Partition> {
  const partition = await createTable(client, range)
  for (const group of indexes) await createIndexes(client, partition.name, group)
  await attach(client, partition)
  await client.query('insert into log_partitions (name, lower, upper) values ($1, $2, $3)', [
    partition.name,
    partition.lower,
    partition.upper,
  ])
  return partition
}

async function createTable(
  client: pg.PoolClient,
  { lower, upper }: Pick<Partition, 'lower' | 'upper'>,
): Promise<Partition> {
  const name = await freeTableName(client, partitionName(lower, upper))
  await client.query(
    `create table ${name} (
      like logs including all,
      constraint ${name}_bounds check (timestamp >= '${lower}' and timestamp < '${upper}')
    )`,
  )
  return { name, lower, upper }
}

async function attach(client: pg.PoolClient, { name, lower, upper }: Partition): Promise<void> {
  await client.query(`alter table logs attach partition ${name} for values from ('${lower}') to ('${upper}')`)
  // The bounds are the partition's own from here on; a second check a row would only cost.
  await client.query(`alter table ${name} drop constraint ${name}_bounds`)
}

/** `logs_20261120_20261121`; with hours and minutes where they are not zero. */
function partitionName(lower: string, upper: string): string {
  const stamp = (timestamp: string) => timestamp.replace(/\D/g, '').replace(/0{6}$/, '')
  return `logs_${stamp(lower)}_${stamp(upper)}`
}
