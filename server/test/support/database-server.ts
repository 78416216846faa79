import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/store/cluster/embedded-postgres.ts'
import { migrate } from '../../src/store/database/migrate.ts'
import { openDatabase } from '../../src/store/database/open.ts'
import { makeDataFolder } from './temporary-folder.ts'

/** The address of the server of a test's project. */
type TestServer = { host: string; port: number; user: string; template: string; major: number }

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer
  }
}

/** Little WAL is kept: it may lie in memory. */
const SETTINGS = {
  max_connections: '200',
  shared_buffers: '128MB',
  min_wal_size: '64MB',
  max_wal_size: '256MB',
}

/** Starts a PostgreSQL for all test files of a project, with a migrated database to clone. */
export async function startTestServer(
  project: TestProject,
  options: Pick<EmbeddedPostgresOptions, 'binaries' | 'settings'> = {},
): Promise<() => Promise<void>> {
  const dataDir = makeDataFolder('test')
  const server = await startEmbeddedPostgres({
    ...options,
    settings: { ...SETTINGS, ...options.settings },
    dataDir,
    unsafe: true,
    log: (line) => console.error(line),
  })
  const { host, port, user, database: template } = server.connection
  const stop = async () => {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const database = await openDatabase({ connection: server.connection })
    await migrate(database).finally(() => database.close())
  } catch (error) {
    await stop()
    throw error
  }
  project.provide('testServer', { host, port, user, template, major: server.version })
  return stop
}
