import { rmSync } from 'node:fs'
import { inject } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/cluster/embedded-postgres.ts'
import type { PostgresSettings } from '../../src/store/cluster/postgres-settings.ts'
import { findMachinePostgres } from './machine-postgres.ts'
import { makeDataFolder } from './temporary-folder.ts'

export type OwnServer = {
  postgres: EmbeddedPostgres
  /** Stops it, on the same data, and starts it again at the same address. */
  restart(): Promise<void>
  /** Everything in it is gone afterwards. */
  close(): Promise<void>
}

/** A PostgreSQL for one test file, of the version of the project; for what would harm other files' databases. */
export async function startOwnServer(settings: PostgresSettings = {}): Promise<OwnServer> {
  const machine = findMachinePostgres()
  const isMachines = machine?.major === inject('testServer').major
  const dataDir = makeDataFolder('own')
  const start = () =>
    startEmbeddedPostgres({
      dataDir,
      settings: { shared_buffers: '32MB', ...settings },
      unsafe: true,
      log: (line) => console.error(line),
      ...(isMachines ? { binaries: machine } : {}),
    })
  const own: OwnServer = {
    postgres: await start(),
    async restart() {
      await own.postgres.stop()
      own.postgres = await start()
    },
    async close() {
      await own.postgres.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
  return own
}
