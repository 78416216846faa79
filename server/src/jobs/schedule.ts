import { Logger, type Runner, run, type TaskList } from 'graphile-worker'
import type pg from 'pg'

/** What runs on a clock, each once however many servers share the database. */
export type Jobs = {
  /** Deletes what is older than the retention. */
  retention: () => Promise<void>
  /** Drops what was cleared and can no longer be undone. */
  cleared: () => Promise<void>
  /** Rewrites the logs of deleted cameras. */
  cameras: () => Promise<void>
  /** Takes entries older than a day out of the feed. */
  feed: () => Promise<void>
  /** Goes on with masking stored lines, if somebody asked for that. */
  scrub: () => Promise<void>
  /** Deletes the test lines of a diagnosis; asked for by each, not by the clock. */
  diagnostic: (range: unknown) => Promise<void>
}

const CRONTAB = `
7 * * * * retention ?max=1&jobKey=retention
* * * * * cleared ?max=1&jobKey=cleared
*/5 * * * * cameras ?max=1&jobKey=cameras
* * * * * scrub ?max=1&jobKey=scrub
23 * * * * feed ?max=1&jobKey=feed
`

export type ScheduleOptions = {
  /** A pool of its own: the jobs' library reads values in its own way. */
  pool: pg.Pool
  jobs: Jobs
  /** Whether the clock asks for jobs; when false only callers do. */
  isOnClock?: boolean
  onFailure: (job: string, error: unknown) => void
}

/** Starts the jobs; graphile-worker keeps the times and the locks in the database. */
export async function startSchedule({
  pool,
  jobs,
  isOnClock = true,
  onFailure,
}: ScheduleOptions): Promise<Runner> {
  const taskList: TaskList = {}
  for (const [name, job] of Object.entries<(payload: unknown) => Promise<void>>(jobs)) {
    taskList[name] = async (payload) => {
      try {
        await job(payload)
      } catch (error) {
        onFailure(name, error)
        throw error
      }
    }
  }
  return run({
    pgPool: pool,
    taskList,
    crontab: isOnClock ? CRONTAB : '',
    concurrency: 1,
    noHandleSignals: true,
    // A cron job is never late by more than this; polling more often would keep an idle machine awake.
    pollInterval: 10_000,
    logger: new Logger(() => () => undefined),
  })
}
