import { setImmediate as nextTurn } from 'node:timers/promises'
import { ByteBudget, type Hold } from '../../byte-budget.ts'
import { currentCaller, onBehalfOf } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import { type Decoded, MAX_NAMED_REJECTIONS, type Steps } from '../../ingest/decoded.ts'
import { joinRecords } from '../../ingest/joined-lines.ts'
import { RECORD_BYTES } from '../../record-weight.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import { type LogIntake, WriterClosed, WriterOverloaded } from '../../store/writing/log-writer.ts'
import type { NotStored } from '../../store/writing/not-stored.ts'
import { PartlyStored, type SenderMark } from '../../store/writing/senders.ts'
import { AppError } from '../app-error.ts'
import type { RememberedForms } from './remembered-forms.ts'
import { StreamForms } from './stream-forms.ts'

export type IngestResult = {
  accepted: number
  rejected: { index: number; reason: string }[]
  rejected_count: number
  filtered: number
  /** Accepted records stored at their arrival, since their own time is in the future or out of retention. */
  retimed: number
  first_id: number | null
  last_id: number | null
  /** Whether it was stored before, under the same sender and batch. */
  repeated: boolean
}

/** Ways in, as `/metrics` names them. */
export const WAYS = [
  'api',
  'otlp',
  'loki',
  'elasticsearch',
  'seq',
  'forward',
  'gelf',
  'syslog',
  'journald',
  'splunk',
  'datadog',
] as const
export type Way = (typeof WAYS)[number]

export type IngestOptions = {
  /** How the records came; `api` when unset. */
  way?: Way
  /** An import keeps its own times and is not gated by level. */
  isImport?: boolean
  sender?: SenderMark | undefined
}

export type IngestServiceOptions = {
  intake: LogIntake
  notStored: NotStored
  forms: RememberedForms
  settings: SettingsStore
  /** Receives the number of arrived records, stored or not, repeats included. */
  onReceived?: (way: Way, records: number) => void
}

/** Their batches are of several senders or cut anywhere: lines in them never belong together. */
const GATHERED: ReadonlySet<Way> = new Set(['syslog', 'gelf', 'journald'])

/** Journals that are uploaded at a time, each with a batch under way; half of them from one address. */
const UPLOADS = 16
const UPLOADS_BYTES = UPLOADS * 3 * 1024 * 1024
const UPLOADS_BYTES_OF_ONE = UPLOADS_BYTES / 2
/** Uploads with one key, which the machines of a fleet often share. */
const UPLOADS_OF_ONE_KEY = 12

/** The way in that every protocol ends in; replies after COMMIT, with what was rejected by its place in what was sent. */
export class IngestService {
  readonly #options: IngestServiceOptions
  /** Room for bodies and turns for decoding them. */
  readonly bodies = new BodyIntake()
  /** Room for journals that are uploaded bit by bit. */
  readonly uploads = new ByteBudget('uploads', UPLOADS_BYTES, UPLOADS_BYTES_OF_ONE)
  /** Places for them by key. */
  readonly uploadPlaces = new FairPlaces(UPLOADS, UPLOADS_OF_ONE_KEY)
  /** How plain lines of each place are written. */
  readonly forms: RememberedForms
  /** The same of streams with labels. */
  readonly streams: StreamForms

  constructor(options: IngestServiceOptions) {
    this.#options = options
    this.forms = options.forms
    this.streams = new StreamForms(options.forms, this.bodies)
  }

  /** @throws {AppError} UNAVAILABLE when the writer cannot take more now; nothing of the batch was stored */
  async ingest(
    sent: Decoded,
    { way = 'api', isImport = false, sender }: IngestOptions = {},
  ): Promise<IngestResult> {
    const { intake, notStored } = this.#options
    const decoded = GATHERED.has(way) ? sent : await this.#join(sent)
    const { records, positions, rejections, rejectedCount } = decoded
    const store = () => intake.take(records, { isLive: !isImport, isImport }, sender)
    // Ways in without keys cannot trust an address: each way in is one caller.
    const take = currentCaller() ? store() : onBehalfOf({ id: way, isAdmin: false }, store)
    const taken = await take.catch((error: unknown) => {
      throw translate(error, positions, records.length)
    })
    const { accepted, filtered, capped, dropped, retimed, first_id, last_id, repeated } = taken
    const refused = taken.rejected.map(({ index, reason }) => ({
      index: positions?.[index] ?? index,
      reason,
    }))
    const rejected = [...rejections, ...refused].sort((a, b) => a.index - b.index)
    this.#options.onReceived?.(way, records.length + rejectedCount)
    if (!repeated) {
      notStored.add('filtered', filtered - capped - dropped)
      notStored.add('dropped_by_rule', dropped)
      notStored.add('rate_limited', capped)
      notStored.add('stored_at_arrival', retimed)
      notStored.add('rejected', rejectedCount)
      notStored.add('refused_by_database', refused.length)
    }
    return {
      ...{ accepted, filtered, retimed, first_id, last_id, repeated },
      rejected: rejected.slice(0, MAX_NAMED_REJECTIONS),
      rejected_count: rejectedCount + refused.length,
    }
  }

  /** The setting of sources: whether their lines that belong together are stored as one. */
  async joining(): Promise<Readonly<Record<string, boolean>>> {
    return (await this.#options.settings.get()).join_by_source
  }

  async #join(decoded: Decoded): Promise<Decoded> {
    const joining = await this.joining()
    for (const source in joining) {
      if (joining[source])
        return joinRecords(decoded, (name) => Object.hasOwn(joining, name) && joining[name] === true)
    }
    return decoded
  }
}

/** The error for the caller; `indexes` says where the records to store stood among those that came. */
function translate(error: unknown, indexes: number[] | undefined, records: number): unknown {
  if (error instanceof PartlyStored) {
    const next = indexes?.[error.records] ?? error.records
    const sentence = `The database failed in the middle of this batch: its first ${next} of ${records} records are stored. Send the remaining records again, from index ${next} on.`
    return new AppError('UNAVAILABLE', sentence, { cause: error, retryAfter: 2 })
  }
  if (error instanceof WriterOverloaded) {
    const sentence =
      'Lines arrive faster than the database stores them; nothing of this batch was stored. Send it again shortly.'
    return new AppError('UNAVAILABLE', sentence, { cause: error, retryAfter: 1 })
  }
  if (error instanceof WriterClosed) {
    return new AppError('UNAVAILABLE', 'The server is stopping; nothing of this batch was stored.', {
      retryAfter: 2,
    })
  }
  return error
}

/** Bodies that are read, decoded or waiting for COMMIT, as they came and with what their records take beside. */
const BODIES_BYTES = 48 * 1024 * 1024

/** The share of a key: the largest body with as many records as a body may have. */
const SHARE_BYTES = 32 * 1024 * 1024

/** As unpacked; see `http/raw-body.ts`. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024

/** Longer bodies are decoded one after another, so that the memory of one alone is needed. */
const LONG_BODY_BYTES = 256 * 1024

/** How long decoding may keep others from their turn. */
const SLICE_MS = 10

/** Room for the bodies that come in, by all protocols, and turns for decoding them. */
export class BodyIntake {
  readonly budget = new ByteBudget('bodies', BODIES_BYTES, SHARE_BYTES)
  /** One long body at a time, and the callers in turn. */
  readonly #long = new FairPlaces(1)

  /** Makes room for more of a body. @throws {AppError} UNAVAILABLE when there is none now */
  grow(hold: Hold, bytes: number): void {
    if (!hold.grow(bytes)) throw noRoom()
  }

  /**
   * Decodes a body in turns with others; its room becomes that of its records.
   *
   * @param recordsOf the records of what was decoded
   * @throws {AppError} UNAVAILABLE when there is no room for them now
   */
  async decode<D>(
    steps: Steps<D>,
    bytes: number,
    hold: Hold,
    recordsOf: (decoded: D) => Decoded,
  ): Promise<D> {
    const decoded = await this.run(steps, bytes)
    const { records, bytes: weight = 0 } = recordsOf(decoded)
    // Texts that many records share are there once, and a body that unpacks here to more than it was is still bounded.
    const texts = Math.max(bytes, Math.min(weight, MAX_UNPACKED_BYTES))
    if (!hold.resize(texts + records.length * RECORD_BYTES)) throw noRoom()
    return decoded
  }

  /** Decodes in turns with others what has its room already. */
  run<D>(steps: Steps<D>, bytes: number): Promise<D> {
    if (bytes <= LONG_BODY_BYTES) return inTurns(steps)
    return this.#long.use(currentCaller(), undefined, () => inTurns(steps))
  }
}

async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (let began = performance.now(); ; ) {
    const { done, value } = steps.next()
    if (done) return value
    if (performance.now() - began < SLICE_MS) continue
    await nextTurn()
    began = performance.now()
  }
}

function noRoom(): AppError {
  return new AppError(
    'UNAVAILABLE',
    'The memory limit for incoming requests is reached; nothing of this batch was stored. Send it again shortly.',
    { retryAfter: 1 },
  )
}
