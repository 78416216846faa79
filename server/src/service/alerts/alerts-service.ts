import type pg from 'pg'
import { listDeliveries, readAlertFigures, reviveDelivery } from '../../store/alerts/alert-deliveries.ts'
import type { StoredRule } from '../../store/alerts/alert-rules.ts'
import { countStates, listStates, type StoredState } from '../../store/alerts/alert-states.ts'
import { listTransitions, type StoredTransition } from '../../store/alerts/alert-transitions.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import type { CameraService } from '../administration/camera-service.ts'
import { AppError } from '../app-error.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { describeTransition } from './delivery/describe.ts'
import { groupQuery, searchOf } from './delivery/evidence.ts'
import { labelOf } from './delivery/notice-writer.ts'
import { asSeenBy, missing, visibleRules } from './visible-rules.ts'

export type AlertsServiceOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  cameras: CameraService
  /** Called when a notice is to be tried again. */
  onRetry: () => void
}

/** The results of the rules: the state now, the history, and their notices. */
export class AlertsService {
  readonly #options: AlertsServiceOptions

  constructor(options: AlertsServiceOptions) {
    this.#options = options
  }

  /** The reader's rules, or all of them for an administrator, each with its groups. */
  async list(reader: Principal) {
    const { pool, cameras } = this.#options
    const rules = await visibleRules(this.#options.pool, reader)
    const ids = rules.map(({ id }) => id)
    const [states, groups] = await Promise.all([listStates(pool, ids), countStates(pool, ids)])
    const names = await cameras.names()
    const byRule = Map.groupBy(states, ({ rule_id }) => rule_id)
    return rules.map((rule) => {
      const { groups: group_count = 0, firing: firing_count = 0 } = groups.get(rule.id) ?? {}
      const listed = (byRule.get(rule.id) ?? []).map((state) => groupOf(rule, state, names))
      return { ...asSeenBy(reader, rule), group_count, firing_count, groups: listed }
    })
  }

  /** The bell's content: how many groups fire, rules that cannot be evaluated, and undelivered notices. */
  async summary(reader: Principal) {
    const { pool } = this.#options
    const rules = await visibleRules(this.#options.pool, reader)
    const groups = await countStates(
      pool,
      rules.map(({ id }) => id),
    )
    const firing = [...groups.values()].reduce((sum, one) => sum + one.firing, 0)
    const problems = rules.filter(({ enabled, problem }) => enabled && problem !== null).length
    const figures = await readAlertFigures(pool)
    const isAdmin = reader.role === 'admin'
    return { rules: rules.length, firing, problems, dead: isAdmin ? figures.dead : 0 }
  }

  /** The transitions, newest first. */
  async history(
    reader: Principal,
    asked: { rule_id?: number | undefined; before?: number | undefined; limit: number },
  ) {
    const { pool, cameras } = this.#options
    const rules = new Map((await visibleRules(this.#options.pool, reader)).map((rule) => [rule.id, rule]))
    if (asked.rule_id !== undefined && !rules.has(asked.rule_id)) throw missing(asked.rule_id)
    const ids = asked.rule_id === undefined ? [...rules.keys()] : [asked.rule_id]
    const { before, limit } = asked
    const found = await listTransitions(pool, { rules: ids, before, limit })
    const names = await cameras.names()
    return found.flatMap((transition) => {
      const rule = rules.get(transition.rule_id)
      return rule ? [transitionOf(rule, transition, names)] : []
    })
  }

  /** Notices on their way and those that ended, newest first. */
  async deliveries(reader: Principal, asked: { before?: number | undefined; limit: number }) {
    const rules = await visibleRules(this.#options.pool, reader)
    const ids = rules.map(({ id }) => id)
    const names = new Map(rules.map(({ id, name }) => [id, name]))
    const found = await listDeliveries(this.#options.pool, {
      rules: ids,
      before: asked.before,
      limit: asked.limit,
    })
    return found.map((delivery) => ({ ...delivery, rule_name: names.get(delivery.rule_id) ?? '' }))
  }

  /** @throws {AppError} NOT_FOUND for a notice that is not dead, or of another owner's rule */
  async retry(id: number, author: Principal): Promise<void> {
    const rules = await visibleRules(this.#options.pool, author)
    await this.#options.auditTrail.change(async (client) => {
      const revived = await reviveDelivery(client, id)
      if (!revived || !rules.some((rule) => rule.id === revived.rule_id)) {
        throw new AppError('NOT_FOUND', `There is no notice ${id} that was given up.`)
      }
      return { result: undefined, entry: { action: 'alert.retry', entity: `notice ${id}` } }
    })
    this.#options.onRetry()
  }
}

function groupOf(rule: StoredRule, state: StoredState, names: ReadonlyMap<number, string>) {
  const definition = rule.rule as AlertDefinition
  const { group_by } = definition
  const { group_key, since, value, first_at, last_at, seen_at, came_at, told_incident } = state
  return {
    ...{ group_key, label: labelOf(group_key, group_by === 'camera' ? names : undefined) },
    ...{ state: state.state, since, value, first_at, last_at, seen_at, came_at },
    is_told: told_incident !== null,
    query: groupQuery(definition, group_key).toString(),
  }
}

function transitionOf(rule: StoredRule, transition: StoredTransition, names: ReadonlyMap<number, string>) {
  const definition = rule.rule as AlertDefinition
  const isOfRule = transition.kind === 'problem' || transition.kind === 'recovered'
  return {
    ...transition,
    rule_name: rule.name,
    label: labelOf(transition.group_key, definition.group_by === 'camera' ? names : undefined),
    text: isOfRule
      ? (transition.held ?? 'It is evaluated again.')
      : describeTransition(definition, transition),
    search: isOfRule ? null : searchOf(definition, transition),
  }
}
