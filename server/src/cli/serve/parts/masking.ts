import { redactionRoutes } from '../../../http/redaction.ts'
import { RedactionService } from '../../../service/masking/redaction-service.ts'
import { ScrubService } from '../../../service/masking/scrub-service.ts'
import type { Core } from './core.ts'
import type { Part } from './part.ts'

/** Masking of stored lines, and trying out the patterns that mask new ones. */
export function maskingPart(core: Core) {
  const { pool, logOperations, settings, auditTrail, serverEvents, events, reports } = core
  const store = { pool, partitions: logOperations.partitions }
  const tellMasked = async (masked_count: number, by: string) => {
    events.emit('changed')
    if (masked_count > 0) await serverEvents.publish('logs_masked', { masked_count, by })
  }
  const scrubService = new ScrubService({
    store,
    auditTrail,
    countRows: async () => (await logOperations.countLogs({ visibility: { cameras: null } })).total,
    wake: async (inMs) => {
      const runAt = new Date(Date.now() + inMs)
      await core.addJob('scrub', {}, { jobKey: 'scrub', runAt, maxAttempts: 1 })
    },
    onEnd: async (run) => {
      reports.onScrub(run)
      await tellMasked(run.matched_rows, run.started_by)
    },
  })
  const redactionService = new RedactionService({ store, settings, auditTrail, onMasked: tellMasked })
  return {
    role: 'query',
    routes: [redactionRoutes(redactionService, scrubService)],
    jobs: { scrub: () => scrubService.work() },
  } satisfies Part
}
