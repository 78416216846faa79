// Real log files from `timelapser-logs ingest` into PostgreSQL and found again over HTTP.
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../src/cli/client/api-client.ts'
import { ingestFiles } from '../src/cli/ingest/ingest-files.ts'
import { inspectFile, sourceNameOf } from '../src/cli/ingest/ingest-input.ts'
import type { ShiftMode } from '../src/cli/ingest/ingest-plan.ts'
import { IngestSender } from '../src/cli/ingest/ingest-sender.ts'
import { IngestTally } from '../src/cli/ingest/ingest-tally.ts'
import { composeSystem, type System } from '../src/cli/serve/compose.ts'
import type { LogPage, Settings } from '../src/http/api-schemas.ts'
import { type Principal, SEES_EVERYTHING } from '../src/service/access/access.ts'
import { AuditTrail } from '../src/service/access/audit-trail.ts'
import { openDatabase } from '../src/store/database/open.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { hasRealLogs, REAL_LOGS } from './support/real-logs.ts'

const SOURCES = ['Apache', 'Linux', 'OpenSSH', 'OpenStack', 'Zookeeper']
const ADMIN: Principal = {
  kind: 'key',
  id: '1',
  name: 'test',
  role: 'admin',
  visibility: SEES_EVERYTHING,
  lineage: 'key 1',
}

let database: TestDatabase
let jobs: Awaited<ReturnType<typeof openDatabase>>
let system: System
let client: ApiClient

/** Makes everybody an administrator; other tests cover access. */
async function everybody(app: FastifyInstance): Promise<void> {
  app.decorateRequest('principal')
  app.addHook('onRequest', async (request) => {
    Object.assign(request, { principal: ADMIN })
  })
}

beforeAll(async () => {
  database = await createTestDatabase()
  jobs = await openDatabase({ connection: database.connection })
  const ignore = () => {}
  system = await composeSystem({
    pool: database.database.pool,
    jobPool: jobs.pool,
    connect: database.database.connect,
    access: () => Object.assign(everybody, { [Symbol.for('skip-override')]: true }),
    auditTrail: new AuditTrail({
      pool: database.database.pool,
      onEntry: ignore,
      hashes: { read: async () => [], keep: ignore },
    }),
    pageDirectory: tmpdir(),
    trustProxy: false,
    reports: {
      onCamerasRegistered: ignore,
      onNamesFull: ignore,
      onRequestLine: ignore,
      onUnexpected: (failure) => console.error(failure),
      onStreamBroken: (failure) => console.error(failure),
      onJobFailed: ignore,
      onRetention: ignore,
      onBackup: ignore,
      onBackupUploaded: ignore,
      onReplica: ignore,
      onScrub: ignore,
      onStorage: ignore,
      onDatabaseConnection: ignore,
      onTrouble: ignore,
      onAlertGap: ignore,
      onAlertsLate: ignore,
      onNoticeDead: ignore,
    },
  })
  await system.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = system.app.server.address() as AddressInfo
  client = new ApiClient({ url: `http://127.0.0.1:${port}`, apiKey: 'any' })
})

afterAll(async () => {
  await system.close()
  await jobs.close()
  await database.close()
})

async function ingest(
  names: string[],
  options: { shift?: ShiftMode; keepDays?: number },
): Promise<IngestTally> {
  const now = new Date().toISOString()
  const tally = new IngestTally()
  const files = []
  for (const name of names) {
    const path = join(REAL_LOGS, `${name}.log`)
    const line = { now, source: sourceNameOf(path), undated: 'previous' as const }
    files.push({ file: await inspectFile(path), format: 'auto' as const, line })
  }
  const sender = new IngestSender({ client, tally, isImport: true, retryForMs: 0, onOutage: () => {} })
  await ingestFiles({
    files,
    shift: options.shift,
    keepDays: options.keepDays,
    nowSeconds: Math.floor(Date.parse(now) / 1000),
    tally,
    delivery: { client, sender, isImport: true },
  })
  return tally
}

async function total(query: Record<string, string>): Promise<number> {
  const page = await client.request<LogPage>(
    'GET',
    `/api/logs?${new URLSearchParams({ limit: '1', ...query })}`,
  )
  return page.pagination.total_items
}

describe.skipIf(!hasRealLogs)('the five real files', () => {
  it('stop the command while the server would delete their lines again', async () => {
    await expect(ingest(['Apache'], {})).rejects.toThrow(/^2,000 of 2,000 records are older than the 30 days/)
    expect(await total({})).toBe(0)
  })

  it('are stored as they are when everything is kept', async () => {
    const tally = await ingest(['Apache'], { keepDays: 0 })
    expect([tally.stored, tally.rejected, tally.filtered]).toEqual([2000, 0, 0])
    const { settings } = await client.request<{ settings: Settings }>('GET', '/api/settings')
    expect(settings.retention_days).toBe(0)
    expect(await total({ source: 'Apache', end_date: '2005-12-31T00:00:00Z' })).toBe(2000)
  })

  it('are stored shifted to now, line for line', async () => {
    const tally = await ingest(SOURCES, { shift: 'each' })
    expect([tally.stored, tally.rejected, tally.filtered]).toEqual([10_000, 0, 0])
    for (const source of SOURCES) {
      expect(await total({ source, start_date: '2020-01-01T00:00:00Z' })).toBe(2000)
    }
  })

  it.each([
    ['Zookeeper', 'Interrupted while waiting for message on queue', 314],
    ['OpenSSH', 'POSSIBLE BREAK-IN ATTEMPT!', 85],
    ['Linux', 'sshd(pam_unix)[19939]', 1],
    ['OpenStack', 'nova-api.log.1.2017-05-16_13:53:08', 1],
  ])('are found again: %s by %j', async (source, search, atLeast) => {
    expect(await total({ source, search })).toBeGreaterThanOrEqual(atLeast)
  })
})
