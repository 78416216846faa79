import { compileRedactionPattern, cutBytes, type LogRecord, maskRecord } from '@timelapser/logger'
import type { SettingsStore } from '../settings/settings.ts'
import type { Settings } from '../settings/settings-schema.ts'

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
    return records.map((record) => cutMessage(maskRecord(record, patterns), message_max))
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
