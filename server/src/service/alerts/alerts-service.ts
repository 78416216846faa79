import type { Level } from '@timelapser/logger'
import type pg from 'pg'
import { listChannels } from '../../store/alerts/alert-channels.ts'
import {
  dismissDelivery,
  listDeliveries,
  readAlertFigures,
  reviveDelivery,
  type StoredDelivery,
} from '../../store/alerts/alert-deliveries.ts'
import type { StoredRule } from '../../store/alerts/alert-rules.ts'
import { countStates, listStates, type StoredState } from '../../store/alerts/alert-states.ts'
import { listTransitions, type StoredTransition } from '../../store/alerts/alert-transitions.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { Principal } from '../access/access.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import type { CameraService } from '../administration/camera-service.ts'
import { AppError } from '../app-error.ts'
import type { SearchQueries } from '../logs/log-query.ts'
import { toFilter } from '../logs/log-query.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { describeTransition } from './delivery/describe.ts'
import { groupQuery, searchOf } from './delivery/evidence.ts'
import { labelOf } from './delivery/notice-writer.ts'
import { raisedLines, searchOfRaised } from './delivery/raised-lines.ts'
import { ownerOf } from './owner-sight.ts'
import { definitionAt } from './thresholds.ts'
import { asSeenBy, missing, visibleRules } from './visible-rules.ts'
import { explain } from './why.ts'

export type AlertsServiceOptions = {
  pool: pg.Pool
  auditTrail: AuditTrail
  cameras: CameraService
  logOperations: LogOperations
  queries: SearchQueries
  /** The level in force without overrides. */
  generalLevel: () => Promise<Level>
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
      const tiers = Map.groupBy(byRule.get(rule.id) ?? [], ({ group_key }) => group_key)
      const listed = [...tiers.values()].map((of) => groupOf(rule, of, names))
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
    asked: {
      rule_id?: number | undefined
      before?: number | undefined
      start_date?: string
      end_date?: string
      limit: number
    },
  ) {
    const { pool, cameras } = this.#options
    const rules = new Map((await visibleRules(this.#options.pool, reader)).map((rule) => [rule.id, rule]))
    if (asked.rule_id !== undefined && !rules.has(asked.rule_id)) throw missing(asked.rule_id)
    const ids = asked.rule_id === undefined ? [...rules.keys()] : [asked.rule_id]
    const { before, rule_id: _, limit, ...range } = asked
    const { start, end } = toFilter(range, reader.visibility)
    const found = await listTransitions(pool, { rules: ids, before, start, end, limit })
    const [names, level] = await Promise.all([cameras.names(), this.#options.generalLevel()])
    return found.flatMap((transition) => {
      const rule = rules.get(transition.rule_id)
      return rule ? [transitionOf(rule, transition, names, level)] : []
    })
  }

  /** Why a rule fired, or did not, at a moment. @throws {AppError} NOT_FOUND, INVALID_REQUEST, INVALID_DATE */
  async why(
    reader: Principal,
    id: number,
    asked: { at?: string | undefined; group_key?: string | undefined },
    signal: AbortSignal,
  ) {
    const { pool, cameras, logOperations, queries } = this.#options
    const rule = (await visibleRules(pool, reader)).find((one) => one.id === id)
    if (!rule) throw missing(id)
    const { transitions, notices, ...why } = await explain(
      { pool, logOperations, queries },
      rule,
      asked,
      signal,
    )
    const [names, channels, level] = await Promise.all([
      cameras.names(),
      listChannels(pool),
      this.#options.generalLevel(),
    ])
    const channelOf = new Map(channels.map((channel) => [channel.id, channel.name]))
    return {
      ...why,
      transitions: transitions.map((transition) => transitionOf(rule, transition, names, level)),
      notices: notices.map(({ channel_id, kind, state, attempts, created_at, ended_at, error }) => ({
        ...{ channel: channelOf.get(channel_id) ?? `channel ${channel_id}`, kind, state, attempts },
        ...{ created_at, ended_at, error },
      })),
    }
  }

  /** Notices on their way and those that ended, newest first. */
  async deliveries(reader: Principal, asked: { before?: number | undefined; limit: number }) {
    const rules = await visibleRules(this.#options.pool, reader)
    const ids = rules.map(({ id }) => id)
    const names = new Map(rules.map(({ id, name }) => [id, name]))
    const found = await listDeliveries(this.#options.pool, {
      rules: ids,
      owner: reader.role === 'admin' ? null : ownerOf(reader),
      before: asked.before,
      limit: asked.limit,
    })
    return found.map(({ digest, ...delivery }) => ({
      ...delivery,
      rule_name: digest ? 'Daily digest' : (names.get(delivery.rule_id) ?? ''),
    }))
  }

  /** @throws {AppError} NOT_FOUND for a notice that is not dead, or of another owner's rule */
  async retry(id: number, author: Principal): Promise<void> {
    const rules = await visibleRules(this.#options.pool, author)
    await this.#options.auditTrail.change(async (client) => {
      const revived = await reviveDelivery(client, id)
      if (!revived || !isVisible(revived, rules, author)) throw notGivenUp(id)
      return { result: undefined, entry: { action: 'alert.retry', entity: `notice ${id}` } }
    })
    this.#options.onRetry()
  }

  /** Puts a notice that was given up away. @throws {AppError} NOT_FOUND as `retry` */
  async dismiss(id: number, author: Principal): Promise<void> {
    const rules = await visibleRules(this.#options.pool, author)
    await this.#options.auditTrail.change(async (client) => {
      const before = await dismissDelivery(client, id)
      if (!before || !isVisible(before, rules, author)) throw notGivenUp(id)
      return {
        result: undefined,
        entry: { action: 'alert.dismiss', entity: `notice ${id}`, before },
      }
    })
  }
}

/** Whether a notice is of one of these rules, or a digest of the reader; administrators see all digests. */
function isVisible(
  { rule_id, digest }: Pick<StoredDelivery, 'rule_id' | 'digest'>,
  rules: readonly StoredRule[],
  reader: Principal,
): boolean {
  if (digest) return reader.role === 'admin' || digest.owner === ownerOf(reader)
  return rules.some(({ id }) => id === rule_id)
}

function notGivenUp(id: number): AppError {
  return new AppError('NOT_FOUND', `There is no notice ${id} that was given up.`)
}

/** A group by its states at the thresholds of its rule: the highest that fires says how bad it is. */
function groupOf(rule: StoredRule, tiers: readonly StoredState[], names: ReadonlyMap<number, string>) {
  const sorted = tiers.toSorted((a, b) => a.tier - b.tier)
  const state = sorted[0] as StoredState
  const tier = sorted.findLast((one) => one.state === 'firing')?.tier ?? 0
  const definition = definitionAt(rule.rule as AlertDefinition, tier)
  const { group_by } = definition
  const { group_key, since, value, first_at, last_at, seen_at, came_at, too_late } = state
  return {
    ...{ group_key, label: labelOf(group_key, group_by === 'camera' ? names : undefined) },
    ...{ state: state.state, since, value, first_at, last_at, seen_at, came_at, too_late },
    is_told: sorted.some(({ told_incident }) => told_incident !== null),
    severity: definition.severity ?? 'warning',
    query: groupQuery(definition, group_key).toString(),
  }
}

function transitionOf(
  rule: StoredRule,
  transition: StoredTransition,
  names: ReadonlyMap<number, string>,
  level: Level,
) {
  const raised = raisedLines(rule.rule as AlertDefinition, transition, level)
  const definition = definitionAt(rule.rule as AlertDefinition, transition.tier)
  const isOfRule = transition.kind === 'problem' || transition.kind === 'recovered'
  return {
    ...transition,
    rule_name: rule.name,
    severity: definition.severity ?? 'warning',
    label: labelOf(transition.group_key, definition.group_by === 'camera' ? names : undefined),
    text: isOfRule
      ? (transition.held ?? 'It is evaluated again.')
      : describeTransition(definition, transition),
    search: isOfRule ? null : searchOf(definition, [transition]),
    raised: raised ? searchOfRaised(raised) : null,
  }
}
