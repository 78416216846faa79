import type pg from 'pg'
import { findLateJobs, type LateJob } from '../../store/database/job-runs.ts'
import { MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { type Check, checkOf, listed, span, type Trouble } from './check.ts'

/** Whether each job comes to its end in time. */
export async function checkJobs(pool: pg.Pool, nowMs: number): Promise<Check> {
  const late = await findLateJobs(pool)
  const finding = late.length === 0 ? 'No job is overdue' : `Overdue: ${listed(late.map(({ name }) => name))}`
  const troubles = late.map((job) => troubleOf(job, nowMs))
  return checkOf('jobs', finding, { late }, troubles)
}

function troubleOf({ name, since, running_since, failed_at }: LateJob, nowMs: number): Trouble {
  const ago = (time: string) => `${time} (${span((nowMs - toMillis(time)) / MINUTE)})`
  const begun = `The job ${name} has not completed since ${ago(since)}`
  if (running_since !== null) {
    return {
      verdict: 'warning',
      cause: `${begun}; it has been running since ${ago(running_since)}.`,
      advice: `Check pg_stat_activity for what it waits for: a backup, a removal, or a transaction left open.`,
    }
  }
  if (failed_at !== null) {
    return {
      verdict: 'warning',
      cause: `${begun}; it failed at ${failed_at}.`,
      advice: `The log of the server shows the reason: timelapser-logs query --source worker --search "The job ${name} failed".`,
    }
  }
  return {
    verdict: 'warning',
    cause: `${begun}, and is not running.`,
    advice: 'Restart the server; if the job stays overdue, check the lines of the source worker.',
  }
}
