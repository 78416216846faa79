import type { LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import { currentCaller } from '../../caller.ts'
import { FreshValue } from '../database/fresh-value.ts'
import type { Settings } from '../settings/settings-schema.ts'
import {
  type LogName,
  NAME_KINDS,
  type NameKind,
  type NameLimits,
  readNames,
  takeNames,
} from './log-names.ts'
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
