// The names that records bring in: sources, loggers and cameras that are known, and whether there is room for more.

import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import { currentCaller } from '../../caller.ts'
import { listDeletedCameras } from '../cameras/deleted-cameras.ts'
import { FreshValue } from '../database/fresh-value.ts'
import type { Settings } from '../settings/settings-schema.ts'
import { isDataError } from './store-batches.ts'

/** In place of a name that there is no room for. */
const OTHER = 'other'

/** Longer ones, and those with a NUL, are the writer's to refuse. */
const MAX_NAME = 1000

/** How long what is known is believed: other servers take names, too. */
const MAX_AGE_MS = 5 * 60_000

/** After a refusal nobody looks for room sooner: a sender of ever new names costs no statement a batch. */
const FULL_MS = 10_000

/** Called when names are left out for the first time. */
export type NamesFull = { kind: NameKind; limit: number; caller: string | null }

type NameRegisterOptions = {
  pool: pg.Pool
  onFull?: ((full: NamesFull) => void) | undefined
}

type Known = Record<NameKind, Map<string, string>>

/**
 * Keeps the number of sources, loggers and cameras within the settings: lists, filters and kept counts grow with it. A
 * line with a name that there is no room for is stored under `other`, its own name in `extra_data`.
 */
export class NameRegister {
  readonly #options: NameRegisterOptions
  readonly #known = new FreshValue<Known>(MAX_AGE_MS)
  /** Until when it is known that there is no room, by kind and caller. */
  readonly #fullUntil = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(options: NameRegisterOptions) {
    this.#options = options
  }

  /** The records, with `other` in place of names that there is no room for. */
  async fit(records: LogRecord[], settings: Settings): Promise<LogRecord[]> {
    const limits = limitsOf(settings)
    const known = await this.#known.get(() => this.#read())
    const day = new Date().toISOString().slice(0, 10)
    const missing = missingOf(records, known, day)
    if (missing.length > 0) await this.#take(missing, known, limits, day)
    const isLeftOut = (kind: NameKind, name: string) =>
      limits[kind].inAll !== NO_LIMIT && isName(name) && !known[kind].has(name)
    if (!missing.some(({ kind, name }) => isLeftOut(kind, name))) return records
    return records.map((record) => withRoom(record, isLeftOut))
  }

  async #read(): Promise<Known> {
    const known: Known = { source: new Map(), logger: new Map(), camera: new Map() }
    for (const { kind, name, seen_on } of await readNames(this.#options.pool)) known[kind].set(name, seen_on)
    return known
  }

  async #take(missing: readonly LogName[], known: Known, limits: NameLimits, day: string): Promise<void> {
    const caller = currentCaller()?.id ?? null
    const hasRoom = ({ kind, name }: LogName) =>
      known[kind].has(name) || (this.#fullUntil.get(`${kind} ${caller}`) ?? 0) < performance.now()
    const asked = missing.filter(hasRoom)
    if (asked.length === 0) return
    // The system's own names are few, and must stay distinguishable.
    const own = { inAll: NO_LIMIT, byCaller: NO_LIMIT }
    const ofCaller = caller === null ? { source: own, logger: own, camera: own } : limits
    const taken = await takeNames(this.#options.pool, asked, { caller, limits: ofCaller, day }).catch(
      (error: unknown) => {
        // The writer determines which record has a value that PostgreSQL refuses.
        if (isDataError(error)) return asked
        throw error
      },
    )
    for (const { kind, name } of taken) known[kind].set(name, day)
    for (const kind of NAME_KINDS) {
      const isFull = asked.some((one) => one.kind === kind && !known[kind].has(one.name))
      if (isFull) this.#noteFull(kind, caller, limits)
    }
  }

  #noteFull(kind: NameKind, caller: string | null, limits: NameLimits): void {
    const place = `${kind} ${caller}`
    if (this.#fullUntil.size > 1000) this.#fullUntil.clear()
    this.#fullUntil.set(place, performance.now() + FULL_MS)
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    this.#options.onFull?.({ kind, limit: limits[kind].inAll, caller })
  }
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** One caller may bring half of the names there may be. */
export function limitsOf({ max_sources, max_loggers, max_cameras }: Settings): NameLimits {
  const of = (limit: number) =>
    limit === 0 ? { inAll: NO_LIMIT, byCaller: NO_LIMIT } : { inAll: limit, byCaller: Math.ceil(limit / 2) }
  return { source: of(max_sources), logger: of(max_loggers), camera: of(max_cameras) }
}

/** Names that were not seen today. */
function missingOf(records: readonly LogRecord[], known: Known, day: string): LogName[] {
  const missing = new Map<string, LogName>()
  const look = (kind: NameKind, name: string) => {
    if (known[kind].get(name) !== day && isName(name)) missing.set(`${kind} ${name}`, { kind, name })
  }
  let last: LogRecord | undefined
  for (const record of records) {
    const { source, logger_name, camera_id } = record
    if (source !== last?.source) look('source', source)
    if (logger_name !== null && logger_name !== last?.logger_name) look('logger', logger_name)
    if (camera_id !== null && camera_id !== last?.camera_id) look('camera', String(camera_id))
    last = record
  }
  return [...missing.values()]
}

function isName(name: string): boolean {
  return name !== OTHER && name.length <= MAX_NAME && !name.includes('\0')
}

function withRoom(record: LogRecord, isLeftOut: (kind: NameKind, name: string) => boolean): LogRecord {
  const { source, logger_name, camera_id } = record
  const originals = {
    ...(isLeftOut('source', source) && { original_source: source }),
    ...(logger_name !== null && isLeftOut('logger', logger_name) && { original_logger: logger_name }),
    ...(camera_id !== null && isLeftOut('camera', String(camera_id)) && { original_camera_id: camera_id }),
  }
  if (Object.keys(originals).length === 0) return record
  return {
    ...record,
    ...('original_source' in originals && { source: OTHER }),
    ...('original_logger' in originals && { logger_name: OTHER }),
    ...('original_camera_id' in originals && { camera_id: null }),
    extra_data: { ...record.extra_data, ...originals },
  }
}

/** The dimensions of a line whose names are limited. */
const NAME_KINDS = ['source', 'logger', 'camera'] as const
export type NameKind = (typeof NAME_KINDS)[number]

export type LogName = { kind: NameKind; name: string }

/** How many names there may be of a kind, in all and of one caller. */
export type NameLimits = Record<NameKind, { inAll: number; byCaller: number }>

/** A name that no line carried for this many days gives its place to others. */
const FORGET_DAYS = 30

/** All names there are, with the day each was seen last. */
async function readNames(pool: pg.Pool): Promise<(LogName & { seen_on: string })[]> {
  const { rows } = await pool.query<LogName & { seen_on: string }>({
    name: 'read_names',
    text: `
      select kind, name, seen_on::text
      from log_names`,
  })
  return rows
}

/**
 * Takes in the names that there is room for, in their order, and notes that those that are known were seen.
 *
 * @param caller who brings them; null for the system itself
 * @returns those that may be used
 */
async function takeNames(
  pool: pg.Pool,
  names: readonly LogName[],
  { caller, limits, day }: { caller: string | null; limits: NameLimits; day: string },
): Promise<LogName[]> {
  const { rows } = await pool.query<LogName>({
    name: 'take_names',
    text: `
      with given as (
        select t.kind, t.name, n.name is not null as is_known,
          row_number() over (partition by t.kind, n.name is null order by place) as nth
        from unnest($1::text[], $2::text[]) with ordinality as t (kind, name, place)
        left join log_names n on n.kind = t.kind and n.name = t.name
      ), held as (
        select kind, count(*) as in_all, count(*) filter (where brought_by = $3) as by_caller
        from log_names
        where brought_by is not null
        group by kind
      )
      insert into log_names (kind, name, brought_by, seen_on)
      select g.kind, g.name, $3, $7::date
      from given g
      join unnest($4::text[], $5::bigint[], $6::bigint[]) as l (kind, in_all, by_caller) on l.kind = g.kind
      left join held h on h.kind = g.kind
      where g.is_known
        or nth <= least(l.in_all - coalesce(h.in_all, 0), l.by_caller - coalesce(h.by_caller, 0))
      order by g.kind, g.name
      on conflict (kind, name) do update set seen_on = excluded.seen_on
      returning kind, name`,
    values: [
      names.map(({ kind }) => kind),
      names.map(({ name }) => name),
      caller,
      NAME_KINDS,
      NAME_KINDS.map((kind) => limits[kind].inAll),
      NAME_KINDS.map((kind) => limits[kind].byCaller),
      day,
    ],
  })
  return rows
}

/** Forgets names that no line carried for a month. */
export async function forgetNames(pool: pg.Pool): Promise<void> {
  await pool.query({
    name: 'forget_names',
    text: `delete from log_names where seen_on < current_date - ${FORGET_DAYS}`,
  })
}

type NameCount = { kind: NameKind; names: number; most: number; most_by: string }

/** How many names callers brought of each kind, and how many the one with most of them did. */
export async function countNames(pool: pg.Pool): Promise<NameCount[]> {
  const { rows } = await pool.query<NameCount>(`
    /* count_names */
    select kind, sum(names)::bigint as names, max(names) as most,
      (array_agg(brought_by order by names desc))[1] as most_by
    from (
      select kind, brought_by, count(*) as names
      from log_names
      where brought_by is not null
      group by kind, brought_by
    ) by_caller
    group by kind
    order by kind`)
  return rows
}

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
