import { setImmediate as nextTurn } from 'node:timers/promises'
import { ByteBudget, type Hold } from '../../byte-budget.ts'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import type { Decoded } from '../../ingest/decoded.ts'
import type { Steps } from '../../ingest/steps.ts'
import { RECORD_BYTES } from '../../record-weight.ts'
import { AppError } from '../app-error.ts'

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
