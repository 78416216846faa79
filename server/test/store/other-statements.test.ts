// The statements beside those of logs, as they are sent.
import { join } from 'node:path'
import type { Level } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  deleteExpiredSessions,
  findActiveUser,
  findOrInviteUser,
  hasAdministrator,
} from '../../src/store/accounts/accounts.ts'
import {
  createKey,
  findKeyState,
  listKeys,
  lockKey,
  newestOfLineage,
  revokeKey,
  rotateKey,
  writeLastUses,
} from '../../src/store/accounts/api-keys.ts'
import { appendAudit, listAudit } from '../../src/store/accounts/audit.ts'
import { checkAudit } from '../../src/store/accounts/audit-check.ts'
import { createLink, redeemLink } from '../../src/store/accounts/one-time-links.ts'
import {
  awaitPasswordHash,
  findPasswordHash,
  findPasswordHashByName,
  replacePasswordHash,
} from '../../src/store/accounts/passwords.ts'
import { endSession, endSessions, listSessions, withdrawSession } from '../../src/store/accounts/sessions.ts'
import {
  admitUser,
  deleteUser,
  listUsers,
  lockUser,
  saveUser,
  tellServers,
} from '../../src/store/accounts/users.ts'
import {
  countViews,
  createView,
  deleteView,
  listViews,
  lockView,
  saveView,
} from '../../src/store/accounts/views.ts'
import {
  createCamera,
  deleteCamera,
  findCamera,
  isBeingForgotten,
  listCameras,
  renameCamera,
} from '../../src/store/cameras/cameras.ts'
import {
  readAssociations,
  readCadences,
  readDatabaseFacts,
  readGaps,
  readNotStored,
} from '../../src/store/database/diagnosis-figures.ts'
import { isWritable, readFeedAge, readHealthFigures } from '../../src/store/database/health-figures.ts'
import { awaitJobs, findLateJobs, runAlone } from '../../src/store/database/job-runs.ts'
import { missingMigrations } from '../../src/store/database/migrate.ts'
import { notify } from '../../src/store/database/notices.ts'
import { type Database, openDatabase } from '../../src/store/database/open.ts'
import { readOrCreateSecret } from '../../src/store/database/secrets.ts'
import type { StatementTiming } from '../../src/store/database/statement-watch.ts'
import { inTransaction } from '../../src/store/database/transaction.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { OpenIndexes } from '../../src/store/partitions/open-indexes.ts'
import { nextToIndex } from '../../src/store/partitions/partition-indexes.ts'
import { batchesSoFar, readBurst } from '../../src/store/partitions/partition-load.ts'
import { tendPartitions } from '../../src/store/partitions/partition-upkeep.ts'
import { LevelOverrides } from '../../src/store/settings/level-overrides.ts'
import { ParseRuleStore } from '../../src/store/settings/parse-rules.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { addLineForm, findLineForm, forgetLineForms } from '../../src/store/writing/line-forms.ts'
import { countNames, forgetNames } from '../../src/store/writing/log-names.ts'
import { NotStored } from '../../src/store/writing/not-stored.ts'
import { adoptMark, findReply, rememberBatch } from '../../src/store/writing/senders.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { record } from './some-records.ts'
import { listingOf } from './statement-listing.ts'

const SNAPSHOTS = join(import.meta.dirname, '__snapshots__')

let test: TestDatabase
let database: Database
let seen: StatementTiming[] = []

beforeAll(async () => {
  test = await createTestDatabase()
  database = await openDatabase({ connection: test.connection, onStatement: (timing) => seen.push(timing) })
})

afterAll(async () => {
  await database.close()
  await test.close()
})

/** What ran meanwhile, as the committed file has it. */
async function expectSnapshot(file: string, work: () => Promise<void>): Promise<void> {
  seen = []
  await work()
  await expect(listingOf(seen)).toMatchFileSnapshot(join(SNAPSHOTS, file))
}

it('of people, keys, views and the audit trail are those of the snapshot', async () => {
  const { pool } = database
  await expectSnapshot('accounts.sql', async () => {
    const ann = { name: 'Ann', username: 'ann', passwordHash: 'a hash' }
    const first = { hash: Buffer.from('first'), userId: null, hours: 24 }
    await createLink(pool, first)
    await inTransaction(pool, (client) => redeemLink(client, { ...ann, hash: first.hash }))
    await hasAdministrator(pool)
    const { id } = await findOrInviteUser(pool, {
      name: 'Ben',
      username: 'ben',
      role: 'viewer',
      cameras: [1],
    })
    const second = { hash: Buffer.from('second'), userId: id, hours: 1 }
    await createLink(pool, second)
    const ben = { name: 'Ben', username: 'ben', passwordHash: 'another', hash: second.hash }
    await inTransaction(pool, (client) => redeemLink(client, ben))
    await findActiveUser(pool, id)
    await admitUser(pool, id)
    await listUsers(pool)
    await findPasswordHash(pool, id)
    await findPasswordHashByName(pool, 'ben')
    await awaitPasswordHash(pool, id)
    await listSessions(pool, id, 'a token')
    await withdrawSession(pool, 'a token')
    await deleteExpiredSessions(pool)
    await inTransaction(pool, async (client) => {
      await replacePasswordHash(client, { userId: id, from: 'another', to: 'a third' })
      await endSession(client, id, id)
      await endSessions(client, id)
      const user = await lockUser(client, id)
      if (user) await saveUser(client, user)
      await deleteUser(client, id)
      await tellServers(client)
      const view = await createView(client, {
        owner: id,
        owner_name: 'Ben',
        name: 'mine',
        query: '',
        shared: true,
      })
      await countViews(client, id)
      await lockView(client, view?.id ?? 0)
      if (view) await saveView(client, { ...view, name: 'ours' })
      await deleteView(client, view?.id ?? 0)
    })
    await listViews(pool, id)
    const key = { name: 'worker', prefix: 'tl_', hash: Buffer.from('key'), scope: 'ingest' } as const
    const limits = { cameras: [1], min_level: null, rate_limit: null, origins: null, expires_in_days: 3 }
    const created = await createKey(pool, { ...key, ...limits })
    await listKeys(pool)
    await findKeyState(pool, key.hash)
    await writeLastUses(pool, new Map([[created?.id ?? 0, 1]]))
    await inTransaction(pool, async (client) => {
      const known = await lockKey(client, created?.id ?? 0)
      await newestOfLineage(client, known?.lineage ?? 0)
      const secret = { prefix: 'tl_', hash: Buffer.from('another') }
      await rotateKey(client, created?.id ?? 0, { ...secret, grace_hours: 24, expires_in_days: null })
    })
    await revokeKey(pool, created?.id ?? 0)
    const entry = { actor: 'ann', action: 'keys.revoke', entity: 'key', before: null, after: {} }
    await appendAudit(pool, { ...entry, address: null, request_id: null })
    await listAudit(
      pool,
      { actor: 'ann', action: 'keys', start: '2026-01-01T00:00:00Z' },
      { offset: 0, limit: 10 },
    )
    await checkAudit(pool)
    await readOrCreateSecret(pool, 'sign-in')
  })
})

it('of the forms of plain lines are those of the snapshot', async () => {
  const { pool } = database
  await expectSnapshot('line-forms.sql', async () => {
    const place = { holder: 'key:1', wayIn: 'text', source: '' }
    await findLineForm(pool, place, undefined)
    await addLineForm(pool, place, 0, { time: 'fixed' })
    await findLineForm(pool, place, { sender: '00000000-0000-4000-8000-000000000001', batch: 1 })
    await forgetLineForms(pool)
  })
})

it('of cameras, settings, levels, the feed, health, diagnosis and upkeep are those of the snapshot', async () => {
  const { pool } = database
  const settings = new SettingsStore(pool)
  const logs = new LogOperations({ pool, settings })
  await logs.addLogEntries([record({ timestamp: '2026-03-01T00:00:00Z' }), record({})])
  await expectSnapshot('administration.sql', async () => {
    await createCamera(pool, { id: 4, name: 'Garden' })
    await findCamera(pool, 4)
    await listCameras(pool)
    await renameCamera(pool, 4, 'Orchard')
    await deleteCamera(pool, 4)
    await isBeingForgotten(pool, 4)
    await inTransaction(pool, async (client) => {
      await settings.readForChange(client)
      await settings.update({ retention_days: 5 }, client)
    })
    const levels = new LevelOverrides(pool, settings)
    const override = { scope: 'camera', target: '4', level: 'DEBUG', expires_at: null } as const
    await inTransaction(pool, async (client) => {
      await levels.set(client, { ...override, max_lines_per_minute: 600, reason: null, author: 'ann' })
      await levels.count(client)
      await levels.remove(client, 'camera', '4')
    })
    await levels.get()
    const parseRules = new ParseRuleStore(pool)
    await inTransaction(pool, async (client) => {
      await parseRules.readForChange(client)
      await parseRules.replace(client, [{ name: 'json', rule: { sources: ['*'] } }], 'ann')
    })
    await parseRules.addCounts(
      new Map([['json', { applied: 1, failed: 1, dropped: 0, passed: 0, last_failure: 'no level' }]]),
    )
    await parseRules.counts()
    await notify(pool, 'log_bursts', '')
    // PostgreSQL refuses one of them, so it is looked for.
    await logs.addLogEntries([record({}), record({ level: 'LOUD' as Level })])
    await new Feed(pool, logs.partitions).reachesBackTo(0)
    await logs.isReachable()
    await readHealthFigures(pool)
    await readFeedAge(pool, 0)
    await isWritable(pool)
    await findLateJobs(pool)
    await awaitJobs(pool, { retention: 150 })
    const job = { name: 'retention', isStopping: () => false }
    await runAlone(pool, { ...job, work: async () => undefined })
    const failing = async () => {
      throw new Error('a job that fails')
    }
    await runAlone(pool, { ...job, work: failing }).catch(() => undefined)
    await readDatabaseFacts(pool)
    await readCadences(pool, '2026-01-01T00:00:00Z')
    await readGaps(pool, '2026-01-01T00:00:00Z', new Map([['worker', 1]]))
    await readAssociations(pool, '2026-01-01T00:00:00Z')
    await readNotStored(pool, 7)
    const notStored = new NotStored(pool)
    notStored.add('filtered', 3)
    await notStored.close()
    const mark = { sender: crypto.randomUUID(), batch: 1 }
    const result = { accepted: 1, rejected: [], first_id: 1, last_id: 1, repeated: false }
    await rememberBatch(pool, mark, result)
    await findReply(pool, mark)
    await adoptMark(pool, { ...mark, formerly: crypto.randomUUID() })
    await countNames(pool)
    await forgetNames(pool)
    await missingMigrations(pool)
    await batchesSoFar(pool)
    await readBurst(pool, '2026-01-01T00:00:00Z')
    await tendPartitions({ pool, partitions: logs.partitions })
    await new OpenIndexes({ pool, partitions: logs.partitions }).due()
    await nextToIndex(pool)
  })
  await logs.close()
})
