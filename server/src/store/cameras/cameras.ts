import type pg from 'pg'

export type Camera = { id: number; name: string; created_at: string }

// No collation that every server has counts: Camera 2 would come behind Camera 10.
const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare

/** All cameras that are not deleted, by name as people read it: numbers in names by their size. */
export async function listCameras(pool: pg.Pool): Promise<Camera[]> {
  const { rows } = await pool.query<Camera>({
    name: 'list_cameras',
    text: `
      select id, name, created_at
      from cameras
      where deleted_at is null
      order by id`,
  })
  return rows.sort((a, b) => byName(a.name, b.name))
}

/** The camera, or undefined when there is none or it was deleted. */
export async function findCamera(pool: pg.Pool, id: number): Promise<Camera | undefined> {
  const { rows } = await pool.query<Camera>({
    name: 'find_camera',
    text: 'select id, name, created_at from cameras where id = $1 and deleted_at is null',
    values: [id],
  })
  return rows[0]
}

/**
 * Creates a camera, its id as given or the next free one; undefined when the id is taken. That of a deleted camera is
 * free once no log names it any more: a new camera must not get the logs of a deleted camera.
 */
export async function createCamera(
  pool: pg.Pool | pg.PoolClient,
  input: { id?: number | undefined; name: string },
): Promise<Camera | undefined> {
  const { rows } = await pool.query<Camera>({
    name: 'create_camera',
    text: `
      with created as (
        insert into cameras (id, name)
        values (coalesce($1, (
          select case
            when max(id) < 2147483647 then max(id) + 1
            -- A line may name the last id there is.
            else (
              select min(g.id) + 1
              from (select 0 as id union all select id from cameras) g
              where g.id < 2147483647 and not exists (select from cameras n where n.id = g.id + 1)
            )
          end
          from cameras
        )), $2)
        on conflict (id) do update
        set name = excluded.name, created_at = now(), deleted_at = null, rewritten_at = null
        where cameras.rewritten_at is not null
        returning id, name, created_at
      )
      select id, name, created_at, pg_notify('cameras', id::text)
      from created`,
    values: [input.id ?? null, input.name],
  })
  const row = rows[0]
  return row && { id: row.id, name: row.name, created_at: row.created_at }
}

/** Renames a camera and returns its old name; undefined when it does not exist. */
export async function renameCamera(
  pool: pg.Pool | pg.PoolClient,
  id: number,
  name: string,
): Promise<(Camera & { old_name: string }) | undefined> {
  const { rows } = await pool.query<Camera & { old_name: string }>({
    name: 'rename_camera',
    text: `
      with old as (
        select name
        from cameras
        where id = $1
        for update
      ), renamed as (
        update cameras
        set name = $2
        where id = $1 and deleted_at is null and exists (select 1 from old)
        returning id, name, created_at
      )
      select r.id, r.name, created_at, old.name as old_name, pg_notify('cameras', r.id::text)
      from renamed r, old`,
    values: [id, name],
  })
  const row = rows[0]
  return row && { id: row.id, name: row.name, created_at: row.created_at, old_name: row.old_name }
}

/** Deletes a camera, leaving a tombstone; its name, or undefined when there is none. */
export async function deleteCamera(pool: pg.Pool | pg.PoolClient, id: number): Promise<string | undefined> {
  const { rows } = await pool.query<{ name: string }>({
    name: 'delete_camera',
    text: `
      with deleted as (
        update cameras
        set deleted_at = now(), rewritten_at = null
        where id = $1 and deleted_at is null
        returning id, name
      )
      select name, pg_notify('cameras', id::text)
      from deleted`,
    values: [id],
  })
  return rows[0]?.name
}

/** Whether the camera was deleted and logs may still name it. */
export async function isBeingForgotten(pool: pg.Pool, id: number): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'is_being_forgotten',
    text: 'select 1 from cameras where id = $1 and deleted_at is not null and rewritten_at is null',
    values: [id],
  })
  return rowCount === 1
}
