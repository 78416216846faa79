import { Logger, makeWorkerUtils, type Runner, run, type TaskList } from 'graphile-worker'
import type pg from 'pg'
import { awaitJobs, runAlone } from '../store/database/job-runs.ts'

/**
 * The scheduled jobs: each runs once at a time, however many servers share the database, and none waits for another.
 */
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

/**
 * The minutes after which an unfinished job is late. Jobs that delete or rewrite wait for each other, up to an hour.
 */
const LATE_AFTER_MINUTES: Record<Exclude<keyof Jobs, 'diagnostic'>, number> = {
  retention: 150,
  cleared: 60,
  cameras: 60,
  scrub: 15,
  feed: 150,
}

/** Many diagnoses stand in line behind each other here, and leave the other jobs their places. */
export const DIAGNOSTIC_QUEUE = 'diagnostic'

export type ScheduleOptions = {
  /** A pool of its own: the jobs' library reads values in its own way. */
  pool: pg.Pool
  jobs: Jobs
  /** Whether the clock asks for jobs; when false only callers do. */
  isOnClock?: boolean | undefined
  /** Whether jobs run on this server; when false it only asks for them. True when unset. */
  isWorking?: boolean
  onFailure: (job: string, error: unknown) => void
}

export type Schedule = Pick<Runner, 'addJob' | 'stop'>

/** Starts the jobs; graphile-worker keeps the times in the database, `job-runs.ts` one run of each at a time. */
export async function startSchedule({
  pool,
  jobs,
  isOnClock = true,
  isWorking = true,
  onFailure,
}: ScheduleOptions): Promise<Schedule> {
  const logger = new Logger(() => () => undefined)
  if (!isWorking) {
    const asking = await makeWorkerUtils({ pgPool: pool, logger })
    return { addJob: (...job) => asking.addJob(...job), stop: async () => asking.release() }
  }
  if (isOnClock) await awaitJobs(pool, LATE_AFTER_MINUTES)
  let isStopping = false
  const taskList: TaskList = {}
  for (const [name, job] of Object.entries<(payload: unknown) => Promise<void>>(jobs)) {
    taskList[name] = async (payload) => {
      try {
        // Each diagnostic has a range of its own to delete.
        if (name === 'diagnostic') await job(payload)
        else await runAlone(pool, { name, work: () => job(payload), isStopping: () => isStopping })
      } catch (error) {
        onFailure(name, error)
        throw error
      }
    }
  }
  const runner = await run({
    pgPool: pool,
    taskList,
    crontab: isOnClock ? CRONTAB : '',
    // A place for each: a job that takes an hour must not keep the others from their time.
    concurrency: Object.keys(jobs).length,
    noHandleSignals: true,
    // A cron job is never late by more than this; polling more often would keep an idle machine awake.
    pollInterval: 10_000,
    logger,
  })
  return {
    addJob: (...job) => runner.addJob(...job),
    stop: async () => {
      isStopping = true
      await runner.stop()
    },
  }
}
