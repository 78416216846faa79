import { EventEmitter } from 'node:events'
import { LevelGate, type LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import type { ByteBudget } from '../../../byte-budget.ts'
import type { Schedule } from '../../../jobs/schedule.ts'
import { LineParser } from '../../../service/ingest/line-parser.ts'
import { freeBytesAt, StorageGuard } from '../../../service/ingest/storage-guard.ts'
import { ServerEvents } from '../../../service/live/server-events.ts'
import { type ConnectionFigures, Metrics } from '../../../service/metrics.ts'
import { Notices, notify } from '../../../store/database/notices.ts'
import { LogOperations } from '../../../store/log-operations.ts'
import { LevelOverrides } from '../../../store/settings/level-overrides.ts'
import { ParseRuleStore } from '../../../store/settings/parse-rules.ts'
import { SettingsStore } from '../../../store/settings/settings.ts'
import { NotStored } from '../../../store/writing/not-stored.ts'
import type { SystemOptions } from '../system-options.ts'

/** Events that a part raises and others act on. */
type CoreEvents = {
  /** Rows were stored by this server. */
  stored: [rows: number]
  /** Answers that were kept may no longer be true. */
  changed: []
  /** The disk is below its reserve. */
  full: []
  /** A line came and is not stored: a level or a rule keeps it out. */
  'held-back': [record: LogRecord]
  /** Rows are being stored, with the id of the first; they may still be refused. */
  rows: [records: readonly LogRecord[], firstId: number]
}

export type Core = ReturnType<typeof openCore>

/**
 * The ground that all parts stand on: the store, its settings and levels, and the channels between parts and between
 * servers.
 *
 * @param addJob asks for a job, once the schedule runs
 */
export function openCore(options: SystemOptions, addJob: Schedule['addJob']) {
  const { pool, reports, auditTrail, dataDirectory, metrics = new Metrics() } = options
  const events = new EventEmitter<CoreEvents>()
  const notices = makeNotices(options)
  const settings = new SettingsStore(pool)
  const storageGuard = new StorageGuard({
    settings,
    freeBytes: dataDirectory === undefined ? undefined : () => freeBytesAt(dataDirectory),
    relieve: async () => void events.emit('full'),
    onChange: reports.onStorage,
  })
  const levels = new LevelOverrides(pool, settings)
  const heldBack = heldBackTelling((record) => logOperations.addLogEntries([record]), reports)
  const gate = new LevelGate({ onHeldBack: heldBack.tell })
  const parseRules = new ParseRuleStore(pool)
  const lineParser = new LineParser(parseRules)
  const logOperations = new LogOperations({
    pool,
    replica: options.replica,
    settings,
    levels: { rules: levels, gate, onHeldBack: (record) => void events.emit('held-back', record) },
    parsing: lineParser,
    onCamerasRegistered: reports.onCamerasRegistered,
    onNamesFull: reports.onNamesFull,
    onStored: ({ accepted, repeated }) => {
      if (!repeated) metrics.stored(accepted)
      events.emit('changed')
      if (!repeated) events.emit('stored', accepted)
    },
    onFlush: ({ millis, outcome }) => metrics.flushed(millis / 1000, outcome),
    onRows: (records, firstId) => void events.emit('rows', records, firstId),
    gate: storageGuard,
  })
  const { notStored, refused } = countNotStored(pool, metrics)
  options.replica?.onNews(reports.onReplica)
  const budgets: ByteBudget[] = []
  const connections: ConnectionFigures[] = []
  return {
    replica: options.replica,
    ...{ pool, auditTrail, reports, events, notices, settings, storageGuard, levels, gate },
    ...{ parseRules, lineParser, logOperations, notStored, refused, metrics, budgets, connections, addJob },
    /** For the streams of every server. */
    serverEvents: new ServerEvents((channel, payload) => notify(pool, channel, payload)),
    /** The server's own lines that wait, and those that were lost. */
    ownLog: options.ownLog ?? (() => ({ queuedRows: 0, spooledRows: 0, dropped: 0 })),
    close: async () => {
      gate.close()
      await heldBack.end()
      await logOperations.close()
      await notStored.close()
      await lineParser.close()
      await notices.close()
    },
  }
}

/** Stores the lines that say what the level gate held back. */
function heldBackTelling(store: (record: LogRecord) => Promise<unknown>, reports: SystemOptions['reports']) {
  const told = new Set<Promise<unknown>>()
  const onFailure = (error: unknown) => reports.onJobFailed('levels', error)
  return {
    tell: (record: LogRecord) => {
      const telling: Promise<unknown> = store(record).catch(onFailure)
      told.add(telling)
      void telling.finally(() => told.delete(telling))
    },
    end: () => Promise.all(told),
  }
}

function makeNotices({ connect, reports, markSilent, heartbeatMs }: SystemOptions): Notices {
  return new Notices({
    connect,
    onConnectionChange: reports.onDatabaseConnection,
    ...(markSilent && { markSilent }),
    ...(heartbeatMs !== undefined && { heartbeatMs, answerMs: heartbeatMs }),
  })
}

/** Counts the rows that are not stored, and apart from them those that were refused for what they hold. */
function countNotStored(pool: pg.Pool, metrics: Metrics) {
  const refused = { rows: 0 }
  const notStored = new NotStored(pool, (reason, rows) => {
    metrics.notStored(reason, rows)
    if (reason === 'rejected' || reason === 'refused_by_database') refused.rows += rows
  })
  return { notStored, refused }
}
