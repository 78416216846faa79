import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import { FreshValue } from '../database/fresh-value.ts'
import { listDeletedCameras } from './deleted-cameras.ts'

/** Cameras that records may create by naming them. More than this is a mistake or an attack. */
const MAX_REGISTERED = 10_000

export type RegisteredCamera = { id: number; name: string }

/** Beyond this number at once the servers are told that there are others, not which. */
const MOST_TOLD = 10

export type CameraRegisterOptions = {
  pool: pg.Pool
  isRegistrationOn: () => Promise<boolean>
  /** Called with the cameras that the records of a batch created. */
  onRegistered?: (cameras: readonly RegisteredCamera[]) => void
}

/** Knows the cameras: creates cameras that records name and nobody has created yet, and returns which were deleted. */
export class CameraRegister {
  readonly #options: CameraRegisterOptions
  /** Ids known to exist, deleted ones too. Bounded by the table. */
  readonly #known = new FreshValue<Set<number>>()
  readonly #deleted = new FreshValue<readonly number[]>()

  constructor(options: CameraRegisterOptions) {
    this.#options = options
  }

  /** Forgets what is known; the next record naming a camera reads it anew. */
  reload(): void {
    this.#known.reload()
    this.#deleted.reload()
  }

  /** The cameras that were deleted. */
  deleted(): Promise<readonly number[]> {
    return this.#deleted.get(() => listDeletedCameras(this.#options.pool))
  }

  /** The records, those of deleted cameras without their camera. */
  async withoutDeleted(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const deleted = await this.deleted()
    if (deleted.length === 0) return records
    return records.map((record) =>
      record.camera_id !== null && deleted.includes(record.camera_id)
        ? { ...record, camera_id: null }
        : record,
    )
  }

  /** Returns when every camera that the records name has a row, or may not have one. */
  async register(batches: readonly { records: readonly LogRecord[] }[]): Promise<void> {
    const known = await this.#known.get(() => this.#load())
    let unknown: Set<number> | undefined
    for (const { records } of batches) {
      for (const { camera_id } of records) {
        if (camera_id === null || known.has(camera_id)) continue
        unknown ??= new Set()
        unknown.add(camera_id)
      }
    }
    if (!unknown || !(await this.#options.isRegistrationOn())) return
    // In one order everywhere, or two that register the same cameras would wait for each other.
    await this.#create(
      known,
      [...unknown].sort((a, b) => a - b),
    )
  }

  async #load(): Promise<Set<number>> {
    const { rows } = await this.#options.pool.query<{ id: number }>('select id from cameras')
    return new Set(rows.map((row) => row.id))
  }

  async #create(known: Set<number>, ids: number[]): Promise<void> {
    const room = MAX_REGISTERED - known.size
    if (room <= 0) return
    const few = ids.slice(0, room)
    const created = await this.#insert(few).catch(async (error: unknown) => {
      if (!isRefusal(error)) throw error
      // A camera that PostgreSQL refuses costs itself alone: its records keep its id, which has no row.
      const one = async (id: number) => this.#insert([id]).catch(noneIfRefused)
      const all = []
      for (const id of few) all.push(...(await one(id)))
      return all
    })
    for (const id of few) known.add(id)
    if (created.length > 0) this.#options.onRegistered?.(created)
  }

  async #insert(ids: number[]): Promise<RegisteredCamera[]> {
    const { rows } = await this.#options.pool.query<RegisteredCamera>({
      name: 'register_cameras',
      text: `
        with created as (
          insert into cameras (id, name)
          select id, 'Camera ' || id
          from unnest($1::integer[]) as t (id)
          on conflict (id) do nothing
          returning id, name
        )
        select id, name, pg_notify('cameras', case when count(*) over () <= $2 then id::text else '' end)
        from created`,
      values: [ids, MOST_TOLD],
    })
    return rows.map(({ id, name }) => ({ id, name }))
  }
}

/** Classes 22 and 23: the value's fault, in any statement. */
function isRefusal(error: unknown): boolean {
  return /^2[23]/.test(String((error as { code?: unknown }).code))
}

function noneIfRefused(error: unknown): never[] {
  if (isRefusal(error)) return []
  throw error
}
