import type { ReplicaFigures } from '../../store/database/read-replica.ts'
import { bytes, type Check, checkOf, count } from './check.ts'

/** Whether the read replica is read from, and how much. */
export function checkReplica(figures: ReplicaFigures): Check {
  const { state, lag_bytes, reads, fallbacks, reason } = figures
  const lag = lag_bytes === null ? '' : `, ${bytes(lag_bytes)} behind`
  const finding = `Is ${state}${lag}; ${count(reads.replica, 'read')} on the replica since the start and ${count(reads.primary, 'read')} on the primary, ${count(fallbacks, 'statement')} failed on the replica and ran on the primary`
  if (state === 'fresh') return checkOf('read replica', finding, { ...figures })
  return checkOf('read replica', finding, { ...figures }, [
    {
      verdict: 'warning',
      cause: `${reason ?? 'It is not used.'}`,
      advice:
        state === 'stale'
          ? 'Check pg_stat_replication of the primary and the log of the standby for what the replay waits for; all reads go to the primary meanwhile.'
          : 'Start the standby, or correct DATABASE_READ_URL; all reads go to the primary meanwhile.',
    },
  ])
}
