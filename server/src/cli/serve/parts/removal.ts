import { cleanupRoutes } from '../../../http/cleanup.ts'
import { deletionRoutes } from '../../../http/deletion.ts'
import { RetentionService } from '../../../service/administration/retention-service.ts'
import type { Core } from './core.ts'
import type { Part } from './part.ts'
import type { readingPart } from './reading.ts'

/** Retention, clearing and deletion; a full disk has room made at once. */
export function removalPart(
  { logOperations, settings, serverEvents, auditTrail, events, reports }: Core,
  { queries }: ReturnType<typeof readingPart>,
) {
  const retention = new RetentionService({
    logOperations,
    settings,
    serverEvents,
    queries,
    auditTrail,
    onRemoval: (removal) => {
      events.emit('changed')
      reports.onRetention(removal)
    },
  })
  const relieve = async () => {
    await retention.dropCleared(0)
    await retention.apply('full disk')
  }
  events.on('full', () => void relieve().catch((error: unknown) => reports.onJobFailed('relief', error)))
  return {
    role: 'query',
    routes: [cleanupRoutes(retention), deletionRoutes(retention)],
    jobs: {
      retention: async () => void (await retention.apply('retention')),
      cleared: async () => void (await retention.dropCleared()),
    },
  } satisfies Part
}
