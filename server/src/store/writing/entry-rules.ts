import { setImmediate as nextTurn } from 'node:timers/promises'
import { compileRedactionPattern, cutBytes, type LogRecord, maskRecord } from '@timelapser/logger'
import type { SettingsStore } from '../settings/settings.ts'
import type { Settings } from '../settings/settings-schema.ts'

/** How long records are masked before others have their turn: a pattern can take a second with the longest one. */
const SLICE_MS = 20

/** What the settings do to every record that is stored, whichever way it came: more is masked, long messages are cut. */
export class EntryRules {
  readonly #settings: SettingsStore
  #compiledOf: readonly string[] = []
  #patterns: readonly RegExp[] = []

  constructor(settings: SettingsStore) {
    this.#settings = settings
  }

  async apply(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const { redaction, message_max } = await this.#settings.get()
    const patterns = this.#compile(redaction)
    // Most messages are shorter than the limit by far and are not even copied.
    const apply = (record: LogRecord) => cutMessage(maskRecord(record, patterns), message_max)
    if (patterns.length === 0) return records.map(apply)
    const applied: LogRecord[] = []
    let began = performance.now()
    for (const record of records) {
      if (performance.now() - began > SLICE_MS) {
        await nextTurn()
        began = performance.now()
      }
      applied.push(apply(record))
    }
    return applied
  }

  #compile(patterns: Settings['redaction']): readonly RegExp[] {
    if (patterns !== this.#compiledOf) {
      this.#patterns = patterns.map(compileRedactionPattern)
      this.#compiledOf = patterns
    }
    return this.#patterns
  }
}

function cutMessage(record: LogRecord, maxBytes: number): LogRecord {
  const { text, truncatedBytes } = cutBytes(record.message, maxBytes)
  if (truncatedBytes === 0) return record
  const before = Number(record.extra_data?.truncated_bytes ?? 0) || 0
  const extra_data = { ...record.extra_data, truncated_bytes: before + truncatedBytes }
  return { ...record, message: text, extra_data }
}
