import { type ExtraData, redactRecord } from '@timelapser/logger'
import { now } from '../../store/database/timestamp.ts'
import type { Store } from '../../store/reading/store.ts'
import { type ScrubOptions, type ScrubResult, scrubRows } from '../../store/removal/scrub.ts'
import { RedactionPatternError, RedactionPatterns } from '../../store/settings/redaction-patterns.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'

export type RedactionServiceOptions = {
  store: Store
  settings: SettingsStore
  auditTrail: AuditTrail
  /** Called when stored lines were masked, for pages that show them. */
  onMasked: (maskedRows: number, by: string) => Promise<void>
}

/** Masking: tries it on a line, and masks stored lines. */
export class RedactionService {
  readonly #options: RedactionServiceOptions

  constructor(options: RedactionServiceOptions) {
    this.#options = options
  }

  /**
   * The masked line, by the rules in force or by these patterns instead of the settings' own.
   *
   * @throws {AppError} INVALID_REQUEST for a pattern that is not taken
   */
  async test(line: { message: string; extra_data?: ExtraData | undefined }, patterns?: readonly string[]) {
    const { settings } = this.#options
    const compiled = patterns
      ? compileAll('patterns', patterns)
      : RedactionPatterns.ofStored((await settings.get()).redaction)
    const record = {
      ...{ timestamp: now(), level: 'INFO' as const, source: 'system', logger_name: null, camera_id: null },
      ...{ message: line.message, extra_data: line.extra_data ?? null },
    }
    const { message, extra_data } = compiled.mask(redactRecord(record))
    const changed = message !== record.message || extra_data !== record.extra_data
    return { message, extra_data, changed }
  }

  /**
   * Masks what the pattern matches in stored lines, in short batches.
   *
   * @returns what does it; called once
   * @throws {AppError} INVALID_REQUEST for a pattern that is not taken
   */
  scrub(pattern: string): (options: Omit<ScrubOptions, 'change'>) => Promise<ScrubResult> {
    const patterns = compileAll('pattern', [pattern])
    return (options) => this.#scrub(pattern, patterns, options)
  }

  #scrub(pattern: string, patterns: RedactionPatterns, options: Omit<ScrubOptions, 'change'>) {
    const { store, auditTrail, onMasked } = this.#options
    const look = () => scrubRows(store, { change: (record) => patterns.mask(record), ...options })
    if (options.isDryRun) return look()
    const run = async () => {
      const result = await look()
      await onMasked(result.matched_rows, auditTrail.actor)
      return result
    }
    // The search text may be the secret itself; its shape is enough.
    const asked = { action: 'logs.scrub', entity: 'logs', after: { pattern_characters: pattern.length } }
    return auditTrail.around(asked, run, ({ scanned_rows, matched_rows }) => ({ scanned_rows, matched_rows }))
  }
}

/**
 * @param stored patterns that are in force already: they are not checked again
 * @throws {AppError} INVALID_REQUEST that names the field and the position
 */
export function compileAll(
  field: string,
  patterns: readonly string[],
  stored: readonly string[] = [],
): RedactionPatterns {
  let compiled = RedactionPatterns.NONE
  for (const [index, pattern] of patterns.entries()) {
    if (stored.includes(pattern)) continue
    try {
      compiled = compiled.with(RedactionPatterns.ofNew(pattern))
    } catch (error) {
      if (!(error instanceof RedactionPatternError)) throw error
      const { message, position } = error
      const name = patterns.length > 1 || field === 'redaction' ? `${field}[${index}]` : field
      throw new AppError(
        'INVALID_REQUEST',
        `${name} is not accepted, at character ${position}: ${message}.`,
        {
          position,
        },
      )
    }
  }
  return compiled
}
