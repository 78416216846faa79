import { startFolding } from '../../../jobs/fold-counts.ts'
import { startTending } from '../../../jobs/tend-partitions.ts'
import { ALL_ROLES } from '../../../roles.ts'
import { pruneAlerts } from '../../../store/alerts/alert-states.ts'
import { notify } from '../../../store/database/notices.ts'
import { watchPackedState } from '../../../store/database/packed-state.ts'
import { trimFeed } from '../../../store/feed/feed-trimming.ts'
import { forgetLineForms } from '../../../store/writing/line-forms.ts'
import { forgetNames } from '../../../store/writing/registers.ts'
import { forgetParts } from '../../../store/writing/senders.ts'
import type { SystemOptions } from '../system-options.ts'
import type { Core } from './core.ts'
import type { GivingPart } from './part.ts'

/** Upkeep of the store while it runs: counts are folded, partitions made and closed, the feed trimmed. */
export async function startUpkeep(
  { connect, roles = ALL_ROLES }: Pick<SystemOptions, 'connect' | 'roles'>,
  core: Core,
) {
  const { pool, logOperations, reports, storageGuard } = core
  const packedState = await watchPackedState(pool)
  const isWorking = roles.has('jobs')
  const folding = isWorking ? startFolding(pool, (error) => reports.onJobFailed('counts', error)) : undefined
  const tending = startTending({
    pool,
    partitions: logOperations.partitions,
    connect,
    mayLead: isWorking,
    onFailure: (error) => reports.onJobFailed('partitions', error),
    tellOfBurst: () => notify(pool, 'log_bursts', ''),
    hasRoom: async () => !(await storageGuard.state()).isFull,
  })
  core.events.on('stored', (rows) => tending.noteStored(rows))
  core.notices.on('log_bursts', () => tending.lookSoon())
  core.notices.on('log_packing', () => {
    void packedState.look()
    tending.lookSoon()
  })
  return {
    jobs: {
      feed: async () => {
        await trimFeed(pool)
        await pruneAlerts(pool)
        await forgetParts(pool)
        await forgetLineForms(pool)
        await forgetNames(pool)
      },
    },
    stop: async () => {
      await tending.stop()
      await folding?.stop()
      packedState.stop()
    },
  } satisfies GivingPart
}
