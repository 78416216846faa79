import type pg from 'pg'
import { createSilence, endSilence, listSilences } from '../../store/alerts/alert-silences.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import { lockVisible, visibleRules } from './visible-rules.ts'

export type SilencesServiceOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  /** Called when silences changed. */
  onChange: () => void
}

/** Silences hold notices back for a while; evaluation goes on meanwhile. */
export class SilencesService {
  readonly #options: SilencesServiceOptions

  constructor(options: SilencesServiceOptions) {
    this.#options = options
  }

  /** Silences that are not over, of the reader's rules and of all rules. */
  async list(reader: Principal) {
    const rules = new Map((await visibleRules(this.#options.pool, reader)).map(({ id, name }) => [id, name]))
    const all = await listSilences(this.#options.pool)
    return all
      .filter(({ rule_id }) => rule_id === null || rules.has(rule_id))
      .map((silence) => ({
        ...silence,
        rule_name: silence.rule_id === null ? null : (rules.get(silence.rule_id) ?? null),
      }))
  }

  /** @throws {AppError} NOT_FOUND, FORBIDDEN for all rules unless by an administrator */
  async begin(
    input: {
      rule_id?: number | undefined
      group_key?: string | undefined
      reason: string
      minutes: number
      starts_at?: string | undefined
    },
    author: Principal,
  ) {
    const { rule_id = null, group_key = null, minutes, starts_at = null } = input
    const reason = input.reason.trim()
    if (reason === '') throw new AppError('INVALID_REQUEST', 'reason must not be blank.')
    if (rule_id === null && author.role !== 'admin') {
      throw new AppError('FORBIDDEN', 'Only administrators hold back the notices of all rules. Name a rule.')
    }
    if (rule_id === null && group_key !== null) {
      throw new AppError('INVALID_REQUEST', 'group_key goes with rule_id alone.')
    }
    const silence = await this.#options.auditTrail.change(async (client) => {
      if (rule_id !== null) await lockVisible(client, rule_id, author)
      const fields = { rule_id, group_key, reason, author: author.name, starts_at, minutes }
      const result = await createSilence(client, fields)
      if (!result)
        throw new AppError('CONFLICT', 'There are 1,000 silences, as many as may be. End one first.')
      return { result, entry: { action: 'alert.silence', entity: `silence ${result.id}`, after: fields } }
    })
    return { ...silence, rule_name: null }
  }

  /** @throws {AppError} NOT_FOUND, also for one of another's rule */
  async end(id: number, author: Principal): Promise<void> {
    const rules = await visibleRules(this.#options.pool, author)
    await this.#options.auditTrail.change(async (client) => {
      const ended = await endSilence(client, id)
      const isOwn =
        ended?.rule_id === null ? author.role === 'admin' : rules.some((rule) => rule.id === ended?.rule_id)
      if (!ended || !isOwn) throw new AppError('NOT_FOUND', `There is no silence ${id}, or it is over.`)
      return {
        result: undefined,
        entry: { action: 'alert.unsilence', entity: `silence ${id}`, before: ended },
      }
    })
    this.#options.onChange()
  }
}
