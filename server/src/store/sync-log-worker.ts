// The other side of SyncLogOperations: a thread that runs the asynchronous statements, one call after the other.
import { type MessagePort, workerData } from 'node:worker_threads'
import { normaliseRecord } from '@timelapser/logger'
import { openDatabase } from './database/open.ts'
import { LogOperations } from './log-operations.ts'
import { SettingsStore } from './settings/settings.ts'
import { SpooledRecords } from './spooled-records.ts'
import type { Call, Reply, SyncWorkerData } from './sync-log-operations.ts'

const { port, signal, connection, spoolDirectory } = workerData as SyncWorkerData & { port: MessagePort }

/** How often kept records are tried again while nothing is called. */
const REPLAY_MS = 5_000

let operations: Promise<{ logs: LogOperations; close: () => Promise<void> }> | undefined
const spool = new SpooledRecords(spoolDirectory)

/** The store; opened anew by the next call when it could not be. */
function open() {
  operations ??= connect().catch((error: unknown) => {
    operations = undefined
    throw error
  })
  return operations
}

async function connect() {
  const database = await openDatabase({
    connection,
    maxConnections: 3,
    applicationName: 'timelapser-logs-sync',
  })
  const { pool } = database
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const close = async () => {
    await logs.close()
    await database.close()
  }
  return { logs, close }
}

/** Stores what was kept, oldest first: a sender's later record must not be stored before its earlier ones. */
async function replay(logs: LogOperations): Promise<void> {
  for (const { file, mark, record } of spool.list()) {
    await logs.addLogEntries([record], mark)
    spool.remove(file)
  }
}

async function run(call: Call): Promise<unknown> {
  const { logs } = await open()
  switch (call.method) {
    case 'open':
      return replay(logs)
    case 'writeLogEntry':
      await replay(logs)
      return logs.addLogEntry(normaliseRecord(call.record), call.mark)
    case 'getCameraLogs': {
      // This thread does not learn of others' changes meanwhile.
      logs.partitions.reload()
      logs.reloadCameras()
      const filter = { visibility: { cameras: null }, cameras: [call.camera_id] }
      return logs.getLogs(filter, { offset: 0, limit: call.limit })
    }
    case 'cleanupOldLogs':
      return logs.deleteOldLogs(call.days)
    case 'close':
      return replay(logs)
  }
}

async function answer(call: Call): Promise<void> {
  const reply: Reply = await run(call).then(
    (value) => ({ number: call.number, value }),
    (error: unknown) => ({
      number: call.number,
      error: error instanceof Error ? error : new Error(String(error)),
    }),
  )
  port.postMessage(reply)
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
}

let last: Promise<unknown> = Promise.resolve()
const inTurn = (work: () => Promise<unknown>) => {
  last = last.then(work)
}
port.on('message', (call: Call) => inTurn(() => answer(call)))
// The caller has closed: without connections nothing is left to run for, and the thread ends.
port.on('close', () => inTurn(async () => (await operations)?.close()))

const timer = setInterval(() => {
  if (!spool.isEmpty())
    inTurn(() =>
      open()
        .then(({ logs }) => replay(logs))
        .catch(() => undefined),
    )
}, REPLAY_MS)
timer.unref()
