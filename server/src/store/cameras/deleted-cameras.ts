import type pg from 'pg'
import { withMaintenance } from '../database/exclusive-access.ts'
import { LOG_COLUMNS } from '../database/table-names.ts'
import { comparable } from '../database/timestamp.ts'
import type { Store } from '../reading/store.ts'
import { UNDO_MINUTES } from '../removal/clear.ts'
import { changeRows } from '../removal/row-batches.ts'

/** The cameras that were deleted: their logs read as having no camera. */
export async function listDeletedCameras(pool: pg.Pool): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>({
    name: 'list_deleted_cameras',
    text: 'select id from cameras where deleted_at is not null order by id',
  })
  return rows.map(({ id }) => id)
}

/**
 * Rewrites the logs of deleted cameras to have no camera, in short batches, counts with them; `source` stays. Readers
 * saw them so from the moment the camera was deleted. Lines with the source of another camera keep their camera: without
 * it they would become the other camera's.
 *
 * @returns how many rows were rewritten
 */
export async function forgetDeletedCameras(store: Store): Promise<number> {
  if ((await unwritten(store.pool)).length === 0) return 0
  return withMaintenance(store.pool, async (lost) => {
    let rewritten = 0
    for (const id of await unwritten(store.pool)) rewritten += await forget(store, id, lost)
    return rewritten
  })
}

/** Lines that lose their camera without becoming another camera's by their source. */
const NOT_ANOTHERS = `(source = 'camera_' || camera_id or source !~ '^camera_[0-9]+$')`

/** The columns of a row, without the camera where it is to be forgotten. */
const WITHOUT_CAMERA = LOG_COLUMNS.map((column) =>
  column === 'camera_id' ? 'case when not is_chosen then camera_id end as camera_id' : column,
).join(', ')

/** A batch that was on its way when the camera was deleted is stored within this time, or was refused. */
const ON_THE_WAY = '5 minutes'

/** Deleted cameras some rows may still name. */
async function unwritten(pool: pg.Pool): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>({
    name: 'unwritten_cameras',
    text: `
      select id
      from cameras
      where deleted_at is not null and coalesce(rewritten_at > now() - interval '${ON_THE_WAY}', true)
      order by id`,
  })
  return rows.map(({ id }) => id)
}

async function forget(store: Store, id: number, signal: AbortSignal): Promise<number> {
  let rewritten = 0
  store.partitions.reload()
  const days = await daysWith(store.pool, id)
  for (const { lower, upper } of await store.partitions.list()) {
    const holdsSome = days.some(
      ({ day, next_day }) => comparable(day) < comparable(upper) && comparable(next_day) > comparable(lower),
    )
    if (!holdsSome) continue
    const range = {
      lower,
      upper,
      conditions: (parameters: { add: (value: unknown) => string }) => [
        `camera_id = ${parameters.add(id)}::integer`,
        NOT_ANOTHERS,
      ],
      signal,
    }
    rewritten += await changeRows(store.pool, range, {
      statement: 'update logs l set camera_id = null from chosen c',
      packed: `select ${WITHOUT_CAMERA} from unpacked`,
      counts: () => 'values (changed.old_camera_id, -1), (null, 1)',
      isRemoval: false,
    })
  }
  // Rows that a writer was storing while the camera was deleted are found by the next run. Cleared rows may come back,
  // and with it rows that name the camera.
  if ((await daysWith(store.pool, id)).length === 0) {
    await store.pool.query(
      `update cameras
      set rewritten_at = coalesce(rewritten_at, now())
      where id = $1 and deleted_at is not null and not exists (
        select 1
        from log_clears
        where undone_at is null and dropped_at is null and cleared_at > now() - $2::integer * interval '1 minute'
      )`,
      [id, UNDO_MINUTES],
    )
  }
  return rewritten
}

async function daysWith(pool: pg.Pool, id: number): Promise<{ day: string; next_day: string }[]> {
  const { rows } = await pool.query<{ day: string; next_day: string }>({
    name: 'days_with_camera',
    text: `
      select date_trunc('day', bucket) as day, date_trunc('day', bucket) + interval '1 day' as next_day
      from (
        select bucket, rows from log_counts_day where camera_id = $1 and ${NOT_ANOTHERS}
        union all
        select bucket, rows from log_counts_pending where camera_id = $1 and ${NOT_ANOTHERS}
      ) counts
      group by 1
      having sum(rows) > 0`,
    values: [id],
  })
  return rows
}
