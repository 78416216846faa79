import { isDeepStrictEqual } from 'node:util'
import type { SettingsStore } from '../../store/settings/settings.ts'
import type { Settings } from '../../store/settings/settings-schema.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { checkSettings } from './setting-check.ts'

/** The settings people change while everything runs. */
export class SettingsService {
  readonly #store: SettingsStore
  readonly #auditTrail: AuditTrail
  readonly #preparePacking: () => Promise<void>

  /** @param preparePacking called before packing is turned on; its error refuses the change */
  constructor(store: SettingsStore, auditTrail: AuditTrail, preparePacking: () => Promise<void>) {
    this.#preparePacking = preparePacking
    this.#store = store
    this.#auditTrail = auditTrail
  }

  get(): Promise<Settings> {
    return this.#store.get()
  }

  /**
   * Changes what is given; returns all.
   *
   * @throws {AppError} INVALID_REQUEST or INVALID_LEVEL that names the field; nothing is changed then
   */
  async update(changes: Record<string, unknown>): Promise<Settings> {
    const checked = checkSettings(changes, undefined, await this.#store.get())
    if (checked.pack_after_days) await this.#preparePacking()
    await this.#auditTrail.change(async (client) => {
      const old = await this.#store.readForChange(client)
      const names = (Object.keys(checked) as (keyof Settings)[]).filter(
        (name) => !isDeepStrictEqual(old[name], checked[name]),
      )
      if (names.length === 0) return { result: undefined, entry: undefined }
      const only = (from: Partial<Settings>) => Object.fromEntries(names.map((name) => [name, from[name]]))
      await this.#store.update(only(checked), client)
      const entry = {
        action: 'settings.update',
        entity: 'settings',
        before: withoutPatterns(only(old)),
        after: withoutPatterns(only(checked)),
      }
      return { result: undefined, entry }
    })
    this.#store.reload()
    return this.#store.get()
  }
}

/** The search text may be the secret itself; the number of its characters is enough. */
function withoutPatterns({ redaction, ...others }: Partial<Settings>): Record<string, unknown> {
  if (!redaction) return others
  return { ...others, redaction_pattern_characters: redaction.map((pattern) => pattern.length) }
}
