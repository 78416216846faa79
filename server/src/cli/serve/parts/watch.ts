import { diagnosticsRoutes } from '../../../http/diagnostics.ts'
import { healthRoutes } from '../../../http/health.ts'
import { DIAGNOSTIC_QUEUE } from '../../../jobs/schedule.ts'
import { diagnoseLogSystem } from '../../../service/diagnosis/diagnose-log-system.ts'
import { deleteTestLines } from '../../../service/diagnosis/test-lines.ts'
import { Health } from '../../../service/health.ts'
import { SystemWatch } from '../../../service/system-watch.ts'
import { readAlertFigures } from '../../../store/alerts/alert-deliveries.ts'
import type { administrationPart } from './administration.ts'
import type { backupsPart } from './backups.ts'
import type { Core } from './core.ts'
import type { livePart } from './live.ts'
import type { GivingPart } from './part.ts'

/** Whether the system is well: probes, metrics, diagnosis. */
export function watchPart(
  core: Core,
  { cameras }: ReturnType<typeof administrationPart>,
  { liveFeed }: Awaited<ReturnType<typeof livePart>>,
  backups: ReturnType<typeof backupsPart>,
) {
  const { pool, logOperations, levels, settings, storageGuard, notices, metrics, ownLog } = core
  const health = new Health({ pool, notices, storageGuard })
  metrics.attach({
    budgets: () => core.budgets,
    connections: () => core.connections,
    waitingRows: () => logOperations.waitingRows,
    subscribers: () => liveFeed.readers,
    ownLog,
    replica: () => core.replica?.figures,
    database: () => health.databaseFigures(),
    disk: () => storageGuard.state(),
    alerts: () => readAlertFigures(pool),
  })
  const watch = new SystemWatch({
    ...{ ownLog, figures: () => health.databaseFigures() },
    refusedRows: () => core.refused.rows,
    auditFaults: async () => (await core.auditTrail.verify()).faults.length,
    onTrouble: core.reports.onTrouble,
    onFailure: (error) => core.reports.onJobFailed('watch', error),
  })
  const diagnosis = {
    ...{ pool, logOperations, liveFeed, cameras, levels, settings, health, storageGuard, ownLog },
    replica: () => core.replica?.figures,
    isListening: () => notices.isListening,
    backups: backups.state,
    deleteLater: async (range: object, runAt: Date) =>
      void (await core.addJob('diagnostic', range, { runAt, queueName: DIAGNOSTIC_QUEUE })),
  }
  return {
    start: () => watch.start(),
    stop: () => watch.stop(),
    routes: [healthRoutes(health, metrics), diagnosticsRoutes((run) => diagnoseLogSystem(diagnosis, run))],
    jobs: {
      diagnostic: async (range) => {
        const deleted_count = await deleteTestLines(logOperations, range)
        core.events.emit('changed')
        await core.serverEvents.publish('logs_cleaned', { deleted_count, days_kept: null, by: 'diagnose' })
      },
    },
  } satisfies GivingPart
}
