import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import { errorCode } from '../../startup-error.ts'
import {
  keepFromEvaluating,
  present,
  raiseRulesVersion,
  readPosition,
} from '../../store/alerts/alert-position.ts'
import { recentGroups } from '../../store/alerts/alert-preview.ts'
import * as store from '../../store/alerts/alert-rules.ts'
import { countGroups, forgetStates, saveStates } from '../../store/alerts/alert-states.ts'
import { DAY, endOfMinute, fromMillis, MINUTE, toMillis } from '../../store/database/timestamp.ts'
import { isCountable } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { Principal, Visibility } from '../access/access.ts'
import type { AuditDetails, AuditTrail } from '../access/audit-trail.ts'
import type { CameraService } from '../administration/camera-service.ts'
import { AppError } from '../app-error.ts'
import type { SearchQueries } from '../logs/log-query.ts'
import { conditionOf } from './alert-condition.ts'
import { filterOf } from './alert-query.ts'
import type { AlertDefinition, AlertRuleInput } from './alert-rule.ts'
import { checkRule } from './check-rule.ts'
import { labelOf } from './delivery/notice-writer.ts'
import { endIncidents } from './ending.ts'
import { MAX_GROUPS_IN_ALL } from './evaluation.ts'
import { isDimension } from './grouping.ts'
import { keepLearned, type Past, readLearned } from './learning.ts'
import { OwnerSight, ownerOf } from './owner-sight.ts'
import { type Preview, previewRule } from './preview.ts'
import { toStored, unknownGroup } from './stored-group.ts'
import { conditionsOf } from './thresholds.ts'
import { asSeenBy, lockVisible, visibleRules } from './visible-rules.ts'

/** Rules of one owner, and of all: each is compared with lines. */
const MAX_OWN = 500
const MAX_RULES = 1000

/** Previews at a time, one of a caller: each may hold the minutes of weeks. */
const MAX_PREVIEWS = 2

/** Groups that a silence rule waits for from its beginning on. */
const MAX_SEEDED = 2000

export type RulesServiceOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  queries: SearchQueries
  cameras: CameraService
  logOperations: LogOperations
  /** Told when rules changed. */
  onChange: () => void
}

/** Alert rules: making, changing and trying them. */
export class RulesService {
  readonly #options: RulesServiceOptions
  readonly #previews = new FairPlaces(MAX_PREVIEWS)

  constructor(options: RulesServiceOptions) {
    this.#options = options
  }

  /** @throws {AppError} INVALID_REQUEST, INVALID_QUERY …; CONFLICT when the name is taken or there are too many */
  async create(input: AlertRuleInput, author: Principal) {
    const fields = await checkRule(this.#options, input, author)
    const past = await this.#learn(fields, author.visibility)
    const rule = await this.#change(async (client) => {
      const created = await this.#insert(client, fields, author, past)
      return { result: created, entry: { action: 'alert.create', entity: entityOf(created), after: fields } }
    })
    return asSeenBy(author, rule)
  }

  /** @throws {AppError} NOT_FOUND, and as `create` */
  async replace(id: number, input: AlertRuleInput, author: Principal) {
    const fields = await checkRule(this.#options, input, author)
    const there = (await visibleRules(this.#options.pool, author)).find((rule) => rule.id === id)
    const past = there && (await this.#learnAnew(there, fields))
    const rule = await this.#change(async (client) => {
      const before = await lockVisible(client, id, author)
      const result = await this.#save(client, before, fields, past)
      return { result, entry: differenceOf(before, fields) }
    })
    return asSeenBy(author, rule)
  }

  /** @throws {AppError} NOT_FOUND */
  async delete(id: number, author: Principal) {
    const rule = await this.#change(async (client) => {
      const result = await lockVisible(client, id, author)
      await store.deleteRule(client, id)
      return { result, entry: { action: 'alert.delete', entity: entityOf(result), before: fieldsOf(result) } }
    })
    return asSeenBy(author, rule)
  }

  /**
   * Makes rules of these names what they are here, and makes those that are missing; all or nothing.
   *
   * @param prune whether the author's other rules are deleted
   */
  async apply(inputs: readonly AlertRuleInput[], prune: boolean, author: Principal) {
    const wanted: store.RuleFields[] = []
    for (const input of inputs)
      wanted.push(await checkRule(this.#options, input, author, `the rule "${input.name}": `))
    const names = wanted.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new AppError('INVALID_REQUEST', `There are two rules called "${twice}".`)
    const pasts = new Map<string, Past | undefined>()
    const there = await store.listRules(this.#options.pool, ownerOf(author))
    for (const fields of wanted) {
      const before = there.find(({ name }) => name === fields.name)
      const past = before ? this.#learnAnew(before, fields) : this.#learn(fields, author.visibility)
      pasts.set(fields.name, await past)
    }
    const done = { created: [] as string[], changed: [] as string[], deleted: [] as string[], unchanged: 0 }
    await this.#change(async (client) => {
      const own = await store.listRules(client, ownerOf(author))
      for (const fields of wanted) {
        const before = own.find(({ name }) => name === fields.name)
        if (!before) {
          await this.#insert(client, fields, author, pasts.get(fields.name))
          done.created.push(fields.name)
        } else if (isDeepStrictEqual(fieldsOf(before), fields)) done.unchanged++
        else {
          await this.#save(client, before, fields, pasts.get(fields.name))
          done.changed.push(fields.name)
        }
      }
      for (const { id, name } of prune ? own.filter((one) => !names.includes(one.name)) : []) {
        await store.deleteRule(client, id)
        done.deleted.push(name)
      }
      const isSame = done.created.length + done.changed.length + done.deleted.length === 0
      const after = { ...done, rules: wanted }
      return {
        result: undefined,
        entry: isSame ? undefined : { action: 'alert.apply', entity: 'alerts', after },
      }
    })
    return done
  }

  /** When a rule would have fired in the last days. */
  async preview(
    definition: AlertDefinition,
    days: number,
    author: Principal,
    signal: AbortSignal,
  ): Promise<
    Omit<Preview, 'incidents'> & { incidents: (Preview['incidents'][number] & { label: string })[] }
  > {
    await checkRule(this.#options, { name: 'preview', ...definition, channels: [] }, author)
    const { pool, logOperations, queries, cameras } = this.#options
    const read = (query: string) => filterOf(queries, query, author.visibility)
    const until = toMillis(await present(pool))
    const look = () => previewRule({ pool, logOperations }, { definition, read, days, until }, signal)
    const found = await this.#previews.use(currentCaller(), signal, look)
    const names = definition.group_by === 'camera' ? await cameras.names() : undefined
    const incidents = found.incidents.map((one) => ({ ...one, label: labelOf(one.group_key, names) }))
    return { ...found, incidents }
  }

  /** A change of rules, while nobody evaluates: the evaluation sees all of it or nothing. */
  async #change<T>(
    work: (client: pg.PoolClient) => Promise<{ result: T; entry: AuditDetails | undefined }>,
  ): Promise<T> {
    const result = await this.#options.auditTrail.change(async (client) => {
      await keepFromEvaluating(client)
      await readPosition(client)
      const done = await work(client)
      await raiseRulesVersion(client)
      return done
    })
    this.#options.onChange()
    return result
  }

  async #insert(
    client: pg.PoolClient,
    fields: store.RuleFields,
    author: Principal,
    past: Past | undefined,
  ): Promise<store.StoredRule> {
    const owner = ownerOf(author)
    const { own, total } = await store.countRules(client, owner)
    if (own >= MAX_OWN || total >= MAX_RULES) {
      const there = own >= MAX_OWN ? `You have ${own} alert rules` : `There are ${total} alert rules`
      throw new AppError('CONFLICT', `${there}, as many as may be. Delete one first.`)
    }
    const rule = await store.createRule(client, { ...fields, owner, owner_name: author.name })
    if (!rule) throw taken(fields.name)
    await this.#seed(client, rule, past)
    return rule
  }

  async #save(
    client: pg.PoolClient,
    before: store.StoredRule,
    fields: store.RuleFields,
    past: Past | undefined,
  ): Promise<store.StoredRule> {
    const isAnew = beginsAnew(before, fields)
    if (isAnew) await endIncidents(client, before, fields.enabled ? 'edited' : 'disabled')
    const rule = await store
      .saveRule(client, { id: before.id, ...fields }, isAnew)
      .catch((error: unknown) => {
        throw errorCode(error) === '23505' ? taken(fields.name) : error
      })
    if (!rule) throw taken(fields.name)
    if (isAnew) {
      await forgetStates(client, rule.id)
      await this.#seed(client, rule, past)
    }
    return rule
  }

  /** Learns the past that a rule needs from the start; see `learning.ts`. */
  async #learn({ enabled, rule }: store.RuleFields, visibility: Visibility): Promise<Past | undefined> {
    if (!enabled) return undefined
    const { pool, logOperations, queries } = this.#options
    const read = (query: string) => filterOf(queries, query, visibility)
    const until = toMillis(await present(pool))
    return readLearned({ pool, logOperations }, { definition: rule as AlertDefinition, read }, until)
  }

  /** The same for a rule that is changed, as its owner sees it; undefined when its condition stays. */
  async #learnAnew(before: store.StoredRule, fields: store.RuleFields): Promise<Past | undefined> {
    if (!beginsAnew(before, fields)) return undefined
    const sight = await new OwnerSight(this.#options.pool).of(before.owner)
    return sight && this.#learn(fields, sight.visibility)
  }

  /** Rules that miss something know from the start whom they wait for. */
  async #seed(client: pg.PoolClient, rule: store.StoredRule, past: Past | undefined): Promise<void> {
    if (past && rule.enabled) await keepLearned(client, rule.id, past)
    const definition = rule.rule as AlertDefinition
    const { kind } = conditionOf(definition.condition)
    if (!rule.enabled || (kind !== 'silence' && kind !== 'under')) return
    const begun = toMillis(rule.begun_at)
    const { group_by } = definition
    const tiers = conditionsOf(definition).map((_, tier) => tier)
    if (group_by === undefined) {
      const state = { ...unknownGroup(begun, begun), gaps: past?.gaps.get('') ?? null }
      await saveStates(
        client,
        tiers.map((tier) => toStored({ rule_id: rule.id, group_key: '', tier }, state)),
      )
      return
    }
    if (!isDimension(group_by)) return
    const { pool, queries, logOperations } = this.#options
    const sight = await new OwnerSight(pool).of(rule.owner)
    if (!sight) return
    const filter = await filterOf(queries, definition.query, sight.visibility)
    if (!isCountable(filter)) return
    const deleted_cameras = await logOperations.deletedCameras()
    const end = Math.floor(begun / MINUTE) * MINUTE
    const range = { start: fromMillis(end - DAY), end: endOfMinute(fromMillis(end)) }
    const total = [...(await countGroups(client)).values()].reduce((sum, of) => sum + of, 0)
    const room = Math.max(0, Math.min(MAX_SEEDED, MAX_GROUPS_IN_ALL - total))
    const groups = await recentGroups(client, { ...filter, deleted_cameras, ...range }, group_by, room)
    await saveStates(
      client,
      groups.flatMap((group_key) => {
        const gaps = past?.gaps.get(group_key) ?? null
        const state = { ...unknownGroup(begun, begun), sightings: 2, gaps }
        return tiers.map((tier) => toStored({ rule_id: rule.id, group_key, tier }, state))
      }),
    )
  }
}

/** Whether a change makes it another rule, which begins at the present. */
function beginsAnew(before: store.RuleFields, after: store.RuleFields): boolean {
  return before.enabled !== after.enabled || !isSameCondition(before.rule, after.rule)
}

/** Compares the parts of a rule whose change ends its incidents. */
function isSameCondition(before: unknown, after: unknown): boolean {
  const of = (definition: AlertDefinition) => {
    const { query, group_by, active_hours, include_own = false } = definition
    return [query, conditionsOf(definition), group_by, active_hours, include_own]
  }
  return isDeepStrictEqual(of(before as AlertDefinition), of(after as AlertDefinition))
}

function differenceOf(before: store.StoredRule, after: store.RuleFields) {
  const old = fieldsOf(before)
  if (isDeepStrictEqual(old, after)) return undefined
  return { action: 'alert.update', entity: entityOf(before), before: old, after }
}

function fieldsOf({ name, enabled, rule }: store.StoredRule): store.RuleFields {
  return { name, enabled, rule }
}

function entityOf({ id }: store.StoredRule): string {
  return `alert ${id}`
}

function taken(name: string): AppError {
  return new AppError(
    'CONFLICT',
    `You have an alert rule called "${name}" already. Change it, or take another name.`,
  )
}
