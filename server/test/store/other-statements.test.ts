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
import {
  countBoards,
  createBoard,
  deleteBoard,
  listBoards,
  lockBoard,
  readBoard,
  saveBoard,
} from '../../src/store/accounts/boards.ts'
import {
  createExternalUser,
  lockExternalUser,
  saveExternalUser,
} from '../../src/store/accounts/external-users.ts'
import { createMark, deleteMark, displaceMark, listMarks } from '../../src/store/accounts/marks.ts'
import { createLink, redeemLink } from '../../src/store/accounts/one-time-links.ts'
import {
  awaitPasswordHash,
  findPasswordHash,
  findPasswordHashByName,
  replacePasswordHash,
} from '../../src/store/accounts/passwords.ts'
import { endSession, endSessions, listSessions, withdrawSession } from '../../src/store/accounts/sessions.ts'
import { hasTwoFactor, removeTwoFactor, spendCode } from '../../src/store/accounts/two-factor.ts'
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
import * as channels from '../../src/store/alerts/alert-channels.ts'
import * as counts from '../../src/store/alerts/alert-counts.ts'
import * as deliveries from '../../src/store/alerts/alert-deliveries.ts'
import * as digests from '../../src/store/alerts/alert-digests.ts'
import * as kinds from '../../src/store/alerts/alert-kinds.ts'
import * as matches from '../../src/store/alerts/alert-matches.ts'
import * as position from '../../src/store/alerts/alert-position.ts'
import { pastMinutes, recentGroups } from '../../src/store/alerts/alert-preview.ts'
import * as rules from '../../src/store/alerts/alert-rules.ts'
import { readSigns, saveSigns } from '../../src/store/alerts/alert-signs.ts'
import * as silences from '../../src/store/alerts/alert-silences.ts'
import * as states from '../../src/store/alerts/alert-states.ts'
import * as transitions from '../../src/store/alerts/alert-transitions.ts'
import { countEntries } from '../../src/store/alerts/entry-counts.ts'
import { readMessages } from '../../src/store/alerts/entry-messages.ts'
import {
  createCamera,
  deleteCamera,
  findCamera,
  isBeingForgotten,
  listCameras,
  renameCamera,
} from '../../src/store/cameras/cameras.ts'
import { awaitJobs, findLateJobs, runAlone } from '../../src/store/database/job-runs.ts'
import { missingMigrations } from '../../src/store/database/migrate.ts'
import { notify } from '../../src/store/database/notices.ts'
import { type Database, openDatabase } from '../../src/store/database/open.ts'
import { type PackedState, watchPackedState } from '../../src/store/database/packed-state.ts'
import { readOrCreateSecret } from '../../src/store/database/secrets.ts'
import type { StatementTiming } from '../../src/store/database/statement-watch.ts'
import { inTransaction, isWritable } from '../../src/store/database/transaction.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import {
  readAssociations,
  readCadences,
  readDatabaseFacts,
  readGaps,
  readNotStored,
} from '../../src/store/figures/diagnosis-figures.ts'
import { isReachable, readFeedAge, readHealthFigures } from '../../src/store/figures/health-figures.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { OpenIndexes } from '../../src/store/partitions/open-indexes.ts'
import { nextToIndex } from '../../src/store/partitions/partition-indexes.ts'
import { batchesSoFar, readBurst } from '../../src/store/partitions/partition-load.ts'
import { tendPartitions } from '../../src/store/partitions/partition-upkeep.ts'
import { LevelOverrides } from '../../src/store/settings/level-overrides.ts'
import { ParseRuleStore } from '../../src/store/settings/parse-rules.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { addLineForm, findLineForm, forgetLineForms } from '../../src/store/writing/line-forms.ts'
import { NotStored } from '../../src/store/writing/not-stored.ts'
import { countNames, forgetNames } from '../../src/store/writing/registers.ts'
import { adoptMark, findReply, rememberBatch } from '../../src/store/writing/senders.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { record } from './some-records.ts'
import { listingOf } from './statement-listing.ts'

const SNAPSHOTS = join(import.meta.dirname, '__snapshots__')

let test: TestDatabase
let database: Database
let packedState: PackedState
let seen: StatementTiming[] = []

beforeAll(async () => {
  test = await createTestDatabase()
  database = await openDatabase({ connection: test.connection, onStatement: (timing) => seen.push(timing) })
  // As on a server where packing was never turned on.
  packedState = await watchPackedState(test.database.pool)
})

afterAll(async () => {
  packedState.stop()
  await database.close()
  await test.close()
})

/** The statements that ran meanwhile, as the committed file has them. */
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
    await inTransaction(pool, async (client) => {
      const account = { provider: 'oidc https://sso.example', subject: 's-1' }
      const rights = { role: 'viewer' as const, cameras: [3] }
      await createExternalUser(client, account, { name: 'Eve', username: 'eve', ...rights })
      const eve = await lockExternalUser(client, account)
      await saveExternalUser(client, { ...rights, id: eve?.id ?? '' })
      await removeTwoFactor(client, eve?.id ?? '')
      return eve?.id ?? ''
    }).then(async (eve) => {
      await hasTwoFactor(pool, eve)
      await spendCode(pool, eve, '123456')
    })
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
      const ofBen = { owner: id, owner_name: 'Ben', name: 'mine', shared: true }
      const board = await createBoard(client, { ...ofBen, range: '', refresh_seconds: 0, charts: [] })
      await countBoards(client, id)
      await lockBoard(client, board?.id ?? 0)
      if (board) await saveBoard(client, { ...board, name: 'ours' })
      await deleteBoard(client, board?.id ?? 0)
      const mark = { at: '2026-03-01T12:00:00Z', kind: 'note', text: 'x', author: 'Ben', owner: id } as const
      const marked = await createMark(client, mark, 100)
      await displaceMark(client, id)
      await deleteMark(client, marked?.id ?? 0)
    })
    await listViews(pool, id)
    await listBoards(pool, id)
    await readBoard(pool, 1, id)
    await listMarks(pool, { limit: 10 })
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
    await isReachable(pool)
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

it('of alerts are those of the snapshot', async () => {
  const { pool } = database
  const settings = new SettingsStore(pool)
  const logs = new LogOperations({ pool, settings })
  const feed = new Feed(pool, logs.partitions)
  await logs.addLogEntries([record({ timestamp: '2026-03-01T00:00:30Z', source: 'api' })])
  const at = '2026-03-01T00:00:00Z'
  const visibility = { cameras: null }
  await expectSnapshot('alerts.sql', async () => {
    await rules.findRule(pool, 1)
    await position.tick(pool)
    await saveSigns(pool, [{ level: 'DEBUG', source: 'api', camera_id: null }])
    await inTransaction(pool, (client) => readSigns(client, at, at))
    await inTransaction(pool, async (client) => {
      await position.tryToEvaluate(client)
      await position.keepFromEvaluating(client)
      await position.readPosition(client)
      const fields = { name: 'errors', enabled: true, rule: { query: '' } }
      const rule = await rules.createRule(client, { ...fields, owner: 'user 1', owner_name: 'Ann' })
      const id = rule?.id ?? 0
      await rules.countRules(client, 'user 1')
      await rules.lockRule(client, id)
      await rules.saveRule(client, { ...fields, id }, true)
      await rules.listRules(client)
      await rules.setProblem(client, id, 'broken', at)
      await rules.oweProblem(client, id, 1)
      await rules.settleProblem(client, id, 1)
      const entries = await position.entriesAfter(client, 0, 20_000)
      await countEntries(client, feed, entries)
      await readMessages(client, feed, entries, ['ERROR'])
      const base = { id, begins_after: 0, include_own: false }
      const plain = { ...base, group_by: null, filter: { visibility, levels: ['ERROR' as Level] } }
      const text = { ...base, group_by: 'camera' as const, filter: { visibility, search: 'x' } }
      await matches.rulesForDimensions(
        client,
        [plain, text],
        [{ level: 'ERROR', source: 'api', camera_id: null }],
      )
      await matches.matchRows(client, feed, entries, [plain, text])
      await matches.matchRows(client, feed, entries, [text], [1, 2])
      const measured = { ...plain, path: ['ms'] }
      const kind = { ...plain, id: id + 1, group_by: 'level' as const, hasMessage: true }
      await matches.matchRows(client, feed, entries, [measured, kind])
      const key = { rule_id: id, group_key: 'a' }
      await states.saveStates(client, [
        {
          ...{
            ...key,
            tier: 0,
            too_late: 0,
            gaps: [1, 2],
            state: 'firing',
            since: at,
            incident: 1,
            value: 1,
            first_at: at,
            last_at: at,
          },
          ...{ extended_at: at, seen_at: at, came_at: at, sightings: 2, judged_from: at, judged_to: at },
          ...{ due_at: at, told_incident: 1, is_owed: true },
        },
      ])
      await states.loadStates(client, [key], at)
      await states.countGroups(client)
      await states.judgeFrom(client, [id], at)
      await states.passOver(client, [id], at)
      await counts.addCounts(client, [{ ...key, minute: at, rows: 1, whole: 2, numbers: { count: 1 } }])
      const loaded = await counts.loadCounts(client, [{ ...key, from: at, to: 'infinity' }])
      expect(loaded).toEqual([{ ...key, minute: at, rows: 1, whole: 2, numbers: { count: 1 } }])
      await counts.firstCounted(client, [key])
      await kinds.learnKinds(client, [{ rule_id: id, kind: 'ERROR x', first_at: at }])
      await kinds.findKinds(client, [{ rule_id: id, kind: 'ERROR x' }])
      await kinds.countKinds(client, [id])
      await states.firingStates(client, id)
      const transition = {
        ...key,
        tier: 0,
        revision: 1,
        kind: 'firing',
        window_key: 1,
        incident: 1,
        at,
        value: 1,
      }
      const [first] = await transitions.addTransitions(client, [
        { ...transition, threshold: 1, first_at: at, last_at: at, late_ms: 0, held: null },
      ])
      await transitions.newestTransitions(client, [{ ...key, tier: 0 }])
      const channel = { name: 'ops', kind: 'webhook', target: 'host', sealed: Buffer.from('x') } as const
      const { id: channel_id = 0 } =
        (await channels.createChannel(client, { ...channel, author: 'ann' })) ?? {}
      await channels.lockChannel(client, channel_id)
      await channels.saveChannel(client, { ...channel, id: channel_id })
      await channels.listChannels(client)
      await deliveries.addDeliveries(client, [
        {
          channel_id,
          rule_id: id,
          kind: 'firing',
          transitions: [first ?? 0],
          dedup_key: 'k',
        },
      ])
      const silence = {
        rule_id: id,
        group_key: null,
        reason: 'works',
        author: 'ann',
        starts_at: null,
        minutes: 5,
      }
      const begun = await silences.createSilence(client, silence)
      await silences.listSilences(client)
      const digest = { owner: 'user 1', owner_name: 'ann', enabled: true, at: '07:00', timezone: 'UTC' }
      await digests.saveDigest(client, { ...digest, channels: ['ops'], next_at: at })
      await digests.lockDigest(client, digest.owner)
      await digests.listDigests(client)
      await digests.lockDueDigests(client)
      await digests.advanceDigest(client, { owner: digest.owner, next_at: at, last_at: at })
      await silences.endSilence(client, begun?.id ?? 0)
      await position.savePosition(client, { feed_id: 1, watermark: at })
      await position.raiseRulesVersion(client)
    })
    const [{ id = 0 } = {}] = await rules.listRules(pool, 'user 1')
    await states.listStates(pool, [id])
    await states.countStates(pool, [id])
    await position.present(pool)
    await transitions.listTransitions(pool, { rules: [id], before: undefined, limit: 1 })
    await transitions.findTransitions(pool, [1])
    await transitions.transitionsUntil(pool, { rule_id: id, group_key: 'a', at, limit: 1 })
    await deliveries.deliveriesOfTransitions(pool, id, [1])
    await position.readWatermark(pool)
    const [claimed] = await deliveries.claimDeliveries(pool, [])
    if (claimed) {
      const outcome = { isSent: false, reply: null, error: 'no', pauseMs: null }
      expect(await deliveries.endAttempt(pool, claimed, outcome)).toBe('dead')
      await deliveries.postpone(pool, claimed.channel_id, 1000)
    }
    await deliveries.listDeliveries(pool, { rules: [id], owner: null, before: undefined, limit: 1 })
    await states.readGroup(pool, { rule_id: id, group_key: 'a' })
    await transitions.countFirings(pool, { rules: [id], start: at, end: at })
    await digests.findDigest(pool, 'user 1')
    await deliveries.readAlertFigures(pool)
    const range = { visibility, start: at, end: '2026-03-01T00:59:59.999999Z' }
    await pastMinutes(pool, range, 'source')
    await recentGroups(pool, range, 'source', 10)
    await states.pruneAlerts(pool)
    await inTransaction(pool, async (client) => {
      await deliveries.reviveDelivery(client, claimed?.id ?? 0)
      await deliveries.dismissDelivery(client, claimed?.id ?? 0)
      await states.forgetStates(client, id)
      await channels.deleteChannel(client, claimed?.channel_id ?? 0)
      await rules.deleteRule(client, id)
    })
  })
  await logs.close()
})
