// Each job runs once at a time, by a lock that ends with its connection, and leaves a note of its beginning and its end. The
// queues of the jobs' library would stay locked for four hours after a server was killed.
import type pg from 'pg'

/** 7,469,009: 'job'. The first of two keys; the second is the job. */
const JOB_LOCK = 7469009

export type Job = {
  name: string
  work: () => Promise<void>
  isStopping: () => boolean
  /** As in `awaitJobs`, for a job that not every server's clock asks for. */
  lateAfterMinutes?: number
}

/** A job that did not come to its end for longer than it may take. */
export type LateJob = {
  name: string
  /** The last end without a failure, or when it was first awaited. */
  since: string
  /** When the run under way began; null when none is. */
  running_since: string | null
  /** The last failure after that end. */
  failed_at: string | null
}

/** Says which jobs a clock asks for from now on, and after how many minutes without an end each is late. */
export async function awaitJobs(pool: pg.Pool, lateAfterMinutes: Record<string, number>): Promise<void> {
  await pool.query({
    name: 'await_jobs',
    text: `
      with gone as (
        delete from job_runs where name <> all ($1::text[])
      )
      insert into job_runs (name, late_after)
      select name, minutes * interval '1 minute'
      from unnest($1::text[], $2::integer[]) as awaited (name, minutes)
      on conflict (name) do update
      set late_after = excluded.late_after, awaited_since = now()`,
    values: [Object.keys(lateAfterMinutes), Object.values(lateAfterMinutes)],
  })
}

/**
 * Runs the job unless it runs already, on any server; that run begins anew at its end then, or leaves that to
 * another server when its own is stopping.
 */
export async function runAlone(
  pool: pg.Pool,
  { name, work, isStopping, lateAfterMinutes }: Job,
): Promise<void> {
  await pool.query({
    name: 'ask_for_job',
    text: `
      insert into job_runs (name, asked, late_after)
      values ($1, 1, $2::integer * interval '1 minute')
      on conflict (name) do update
      set asked = job_runs.asked + 1, late_after = coalesce(excluded.late_after, job_runs.late_after)`,
    values: [name, lateAfterMinutes ?? null],
  })
  // A request while the lock is held leaves the work to the holder, who checks again once it has let go.
  while (!isStopping() && (await isAsked(pool, name))) {
    if (!(await runLocked(pool, name, work))) return
  }
}

async function isAsked(pool: pg.Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'is_job_asked',
    text: 'select 1 from job_runs where name = $1 and asked > answered',
    values: [name],
  })
  return rowCount === 1
}

/** Whether the lock was free. */
async function runLocked(pool: pg.Pool, name: string, work: () => Promise<void>): Promise<boolean> {
  const session = await pool.connect()
  let broken = false
  try {
    const { rows } = await session.query<{ locked: boolean }>({
      name: 'lock_job',
      text: 'select pg_try_advisory_lock($1, hashtext($2)) as locked',
      values: [JOB_LOCK, name],
    })
    if (!rows[0]?.locked) return false
    try {
      const begun = await pool.query({
        name: 'begin_job',
        text: `
          update job_runs
          set answered = asked, started_at = now()
          where name = $1 and asked > answered`,
        values: [name],
      })
      if (begun.rowCount === 0) return true
      await work().catch(async (error: unknown) => {
        await noteFailure(pool, name).catch(() => undefined)
        throw error
      })
      await pool.query({
        name: 'finish_job',
        text: 'update job_runs set finished_at = now() where name = $1',
        values: [name],
      })
      return true
    } finally {
      await session.query({
        name: 'unlock_job',
        text: 'select pg_advisory_unlock($1, hashtext($2))',
        values: [JOB_LOCK, name],
      })
    }
  } catch (error) {
    broken = true
    throw error
  } finally {
    // Without its connection the session is gone, and its lock with it.
    session.release(broken)
  }
}

function noteFailure(pool: pg.Pool, name: string): Promise<unknown> {
  return pool.query({
    name: 'fail_job',
    text: 'update job_runs set failed_at = now() where name = $1',
    values: [name],
  })
}

/** The late jobs, the longest waiting first. */
export async function findLateJobs(pool: pg.Pool): Promise<LateJob[]> {
  const { rows } = await pool.query<LateJob>({
    name: 'find_late_jobs',
    text: `
      select name, since,
        case when exists (
          select 1
          from pg_locks
          where locktype = 'advisory' and classid = ${JOB_LOCK} and objid = hashtext(name)::oid and granted
            and database = (select oid from pg_database where datname = current_database())
        ) then started_at end as running_since,
        case when failed_at > since then failed_at end as failed_at
      from (
        select *, greatest(awaited_since, finished_at) as since
        from job_runs
      ) j
      where now() - since > late_after
      order by since, name`,
  })
  return rows
}
