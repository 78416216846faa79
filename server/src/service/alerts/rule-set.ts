import type pg from 'pg'
import type { MatchedRule } from '../../store/alerts/alert-matches.ts'
import { listRules, type StoredRule } from '../../store/alerts/alert-rules.ts'
import { toMillis } from '../../store/database/timestamp.ts'
import { isCountable } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { AppError } from '../app-error.ts'
import type { SearchQueries } from '../search/search-query.ts'
import { type ActiveHours, activeHours } from './active-hours.ts'
import { filterOf } from './alert-query.ts'
import { type AlertDefinition, conditionOf } from './alert-rule.ts'
import type { JudgedRule } from './judging/group.ts'
import { OwnerSight } from './owner-sight.ts'

/** A rule that is evaluated. */
export type ActiveRule = MatchedRule &
  JudgedRule & {
    name: string
    revision: number
    definition: AlertDefinition
    /** When its condition began, in milliseconds. */
    begun_at: number
    /** Whether level, source and camera alone decide which lines are its. */
    isCounted: boolean
    hadProblem: boolean
    /** When nobody is told. */
    quiet: ActiveHours | undefined
    /** The level that is stored for a while when a group fires. */
    raise: AlertDefinition['raise_level']
  }

/** The rules in force, of one version. */
export type RuleSet = {
  version: number
  rules: ReadonlyMap<number, ActiveRule>
  /** Those that cannot be evaluated at all, and why. */
  broken: ReadonlyMap<number, { rule: StoredRule; problem: string }>
  /** Rules by the dimensions of lines; see `knownRules`. */
  byDimensions: Map<string, readonly number[]>
}

export type AlertRulesOptions = {
  pool: pg.Pool
  queries: SearchQueries
  logOperations: Pick<LogOperations, 'deletedCameras'>
}

/** How long what owners may see is believed though no notice came. */
const MAX_AGE_MS = 30_000

/** The rules that are in force, compiled; read anew when they, their owners or the cameras change. */
export class AlertRules {
  readonly #options: AlertRulesOptions
  #set: RuleSet | undefined
  #readAt = 0
  #waitForSilence = false

  constructor(options: AlertRulesOptions) {
    this.#options = options
  }

  /** Whether one of them, as they are known, waits for silence. */
  get waitForSilence(): boolean {
    return this.#waitForSilence
  }

  /** Forgets what is known: something that rules depend on has changed. */
  reload(): void {
    this.#set = undefined
  }

  /** @param version the needed version; when unset any known version suffices */
  async get(version?: number): Promise<RuleSet> {
    const known = this.#set
    const isFresh = known && performance.now() - this.#readAt < MAX_AGE_MS
    if (isFresh && (version === undefined || known.version === version)) return known
    this.#readAt = performance.now()
    const set = await this.#load(version ?? -1)
    this.#set = set
    this.#waitForSilence = [...set.rules.values()].some(({ condition }) => condition.kind === 'silence')
    return set
  }

  async #load(version: number): Promise<RuleSet> {
    const { pool, logOperations } = this.#options
    const rules = new Map<number, ActiveRule>()
    const broken: [number, { rule: StoredRule; problem: string }][] = []
    const sight = new OwnerSight(pool)
    const stored = (await listRules(pool)).filter(({ enabled }) => enabled)
    const deleted = stored.length > 0 ? await logOperations.deletedCameras() : []
    for (const rule of stored) {
      try {
        rules.set(rule.id, await this.#compile(rule, sight, deleted))
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        broken.push([rule.id, { rule, problem: error.message }])
      }
    }
    return { version, rules, broken: new Map(broken), byDimensions: new Map() }
  }

  async #compile(stored: StoredRule, sight: OwnerSight, deleted: readonly number[]): Promise<ActiveRule> {
    const definition = stored.rule as AlertDefinition
    const owner = await sight.of(stored.owner)
    if (!owner) {
      throw new AppError('FORBIDDEN', `Its owner ${stored.owner_name} may not read logs any more.`)
    }
    const found = await filterOf(this.#options.queries, definition.query, owner.visibility)
    const filter = { ...found, deleted_cameras: deleted }
    const group_by = definition.group_by ?? null
    return {
      ...{ id: stored.id, name: stored.name, revision: stored.revision, definition },
      ...{ filter, group_by, begins_after: stored.begins_after, begun_at: toMillis(stored.begun_at) },
      include_own: definition.include_own ?? false,
      condition: conditionOf(definition.condition),
      hours: activeHours(definition.active_hours),
      quiet: definition.quiet_hours && activeHours(definition.quiet_hours),
      isGrouped: group_by !== null,
      isCounted: isCountable(filter) && group_by !== 'logger_name',
      hadProblem: stored.problem !== null,
      // A demoted owner raises nothing any more.
      raise: owner.isAdmin ? definition.raise_level : undefined,
    }
  }
}
