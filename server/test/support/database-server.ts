import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openDatabase } from '../../src/store/open.ts'

/** What tests are given to reach the server of their project. */
export type TestServer = { host: string; port: number; user: string; template: string; major: number }

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer
  }
}

/** Starts a PostgreSQL for all test files of a project, with a migrated database to clone. */
export async function startTestServer(
  project: TestProject,
  options: Pick<EmbeddedPostgresOptions, 'binaries' | 'settings'> = {},
): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'timelapser-test-'))
  // Root runs PostgreSQL as somebody else, who has to get in.
  chmodSync(dataDir, 0o711)
  const server = await startEmbeddedPostgres({
    ...options,
    settings: { max_connections: '200', shared_buffers: '128MB', ...options.settings },
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
