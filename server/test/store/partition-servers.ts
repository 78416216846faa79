import { setTimeout as delay } from 'node:timers/promises'
import { LogOperations } from '../../src/store/log-operations.ts'
import type { Partition } from '../../src/store/partitions/partition.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

export type PartitionServers = {
  database: TestDatabase
  pool: TestDatabase['database']['pool']
  logs: LogOperations
  /** Another server on the same database. */
  newServer: () => LogOperations
  close: () => Promise<void>
}

/** A database of its own, with a server that writes to it. */
export async function openPartitionServers(): Promise<PartitionServers> {
  const database = await createTestDatabase()
  const { pool } = database.database
  const servers: LogOperations[] = []
  const newServer = () => {
    const server = new LogOperations({ pool, settings: new SettingsStore(pool) })
    servers.push(server)
    return server
  }
  return {
    ...{ database, pool, logs: newServer(), newServer },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()))
      await database.close()
    },
  }
}

/** The partition of this moment. */
export async function openPartitionOf({ partitions }: LogOperations): Promise<Partition> {
  const open = await partitions.holding(new Date().toISOString())
  if (!open) throw new Error('no partition for now')
  return open
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20)
}
