// Docker's fluentd driver cuts lines at 16 kB and sends the parts as messages of their own, which say of which line they are.
import type { ExtraData } from '@timelapser/logger'
import { weighJson } from '../../record-weight.ts'

/** A record as it was sent, with its time and tag. */
export type SentRecord = { record: ExtraData; when: unknown; tag: string }

/** Lines that are incomplete at a time: those of some containers whose driver shares a connection. */
const MAX_LINES = 50
/** Bytes of all lines with the fields beside them; a longer line continues as a line of its own. */
const MAX_BYTES = 1024 * 1024

type Line = SentRecord & { log: string; parts: number; besideBytes: number }

/** Puts the parts of long lines together. */
export class PartialLines {
  readonly #lines = new Map<string, Line>()
  #bytes = 0

  /** Bytes of lines whose last part has not come. */
  get heldBytes(): number {
    return this.#bytes
  }

  /**
   * Returns the records to store now, in order: none while parts are missing. A part whose successor is missing keeps
   * the fields that mark it as a part.
   */
  take(sent: SentRecord): SentRecord[] {
    const { record, when, tag } = sent
    const { partial_message, partial_id, partial_ordinal, partial_last, ...fields } = record
    const { log } = fields
    const isPart = String(partial_message) === 'true' && typeof partial_id === 'string'
    if (!isPart || typeof log !== 'string') return [sent]
    const before = this.#lines.get(partial_id)
    const ordinal = Number(partial_ordinal)
    if (ordinal !== (before?.parts ?? 0) + 1) return [...this.#giveUp(partial_id), sent]
    const line: Line = {
      record: before?.record ?? fields,
      when: before?.when ?? when,
      tag,
      log: (before?.log ?? '') + log,
      parts: ordinal,
      besideBytes: before?.besideBytes ?? weighJson(fields) - log.length + partial_id.length,
    }
    this.#forget(partial_id)
    if (String(partial_last) === 'true') return [whole(line)]
    this.#lines.set(partial_id, line)
    this.#bytes += sizeOf(line)
    const given: SentRecord[] = []
    for (const id of this.#lines.keys()) {
      if (this.#lines.size <= MAX_LINES && this.#bytes <= MAX_BYTES) break
      given.push(...this.#giveUp(id))
    }
    return given
  }

  /** Lines whose last part did not come. */
  end(): SentRecord[] {
    return [...this.#lines.keys()].flatMap((id) => this.#giveUp(id))
  }

  #giveUp(id: string): SentRecord[] {
    const line = this.#lines.get(id)
    this.#forget(id)
    if (line === undefined) return []
    const sent = whole(line)
    return [{ ...sent, record: { ...sent.record, partial_message: 'true', partial_id: id } }]
  }

  #forget(id: string): void {
    const line = this.#lines.get(id)
    if (line !== undefined) this.#bytes -= sizeOf(line)
    this.#lines.delete(id)
  }
}

function sizeOf({ log, besideBytes }: Line): number {
  return log.length + besideBytes
}

function whole({ record, when, tag, log }: Line): SentRecord {
  return { when, tag, record: { ...record, log } }
}
