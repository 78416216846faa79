import type pg from 'pg'
import type { MatchedRule } from '../../store/alerts/alert-matches.ts'
import { readRulesVersion } from '../../store/alerts/alert-position.ts'
import { listRules, type StoredRule } from '../../store/alerts/alert-rules.ts'
import { toMillis } from '../../store/database/timestamp.ts'
import { isCountable, type LogFilter } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { AppError } from '../app-error.ts'
import type { SearchQueries } from '../logs/log-query.ts'
import { type ActiveHours, activeHours, hoursByGroup } from './active-hours.ts'
import { type Condition, conditionOf } from './alert-condition.ts'
import { filterOf } from './alert-query.ts'
import type { AlertDefinition } from './alert-rule.ts'
import { groupPath, isDimension } from './grouping.ts'
import type { JudgedRule } from './judging/group.ts'
import { OwnerSight } from './owner-sight.ts'
import type { TroubledRule } from './problems.ts'
import { countedQuery } from './query-within.ts'
import { TextSieve } from './sieve/text-sieve.ts'
import { conditionsOf } from './thresholds.ts'

/** A search that lines are compared with for a rule: its own, or the one that its share is taken of. */
export type RuleSearch = MatchedRule & {
  rule_id: number
  isWhole: boolean
  /** Whether level, source and camera alone decide which lines are its. */
  isCounted: boolean
}

/** A rule that is evaluated. */
export type ActiveRule = MatchedRule &
  JudgedRule &
  TroubledRule & {
    name: string
    /** Its own condition, and those of its further thresholds. */
    conditions: readonly Condition[]
    /** Whether level, source and camera alone decide which lines are its. */
    isCounted: boolean
    /** When a group is evaluated, where groups have places of their own. */
    hoursOf: (group_key: string) => ActiveHours
    /** When nobody is told. */
    quiet: ActiveHours | undefined
    /** The level that is stored for a while when a group fires. */
    raise: AlertDefinition['raise_level']
  }

/** The rules in force, of one version. */
export type RuleSet = {
  version: number
  rules: ReadonlyMap<number, ActiveRule>
  /** Their searches, by the ids of these. */
  searches: ReadonlyMap<number, RuleSearch>
  /** Those that cannot be evaluated at all, and why. */
  broken: ReadonlyMap<number, { rule: TroubledRule; problem: string }>
  /** Tells which of the searches with a text a line may match. */
  sieve: TextSieve
  /** Searches by the dimensions of lines. */
  byDimensions: Map<string, DimensionSearches>
}

/** The searches that level, source and camera of a line let through. */
export type DimensionSearches = {
  counted: readonly RuleSearch[]
  /** Those that the sieve knows, by their ids. */
  sieved: readonly number[]
  /** All others. */
  open: readonly RuleSearch[]
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

  constructor(options: AlertRulesOptions) {
    this.#options = options
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
    // Read before the rules: of ones that change meanwhile, the next step asks again.
    const set = await this.#load(version ?? (await readRulesVersion(this.#options.pool)))
    this.#set = set
    return set
  }

  /** Whether one of them waits for silence; also asked by servers that evaluate none. */
  async waitForSilence(): Promise<boolean> {
    const { rules } = await this.get()
    return [...rules.values()].some(({ condition }) => condition.kind === 'silence')
  }

  async #load(version: number): Promise<RuleSet> {
    const { pool, logOperations } = this.#options
    const rules = new Map<number, ActiveRule>()
    const searches = new Map<number, RuleSearch>()
    const broken: [number, { rule: TroubledRule; problem: string }][] = []
    const sight = new OwnerSight(pool)
    const stored = (await listRules(pool)).filter(({ enabled }) => enabled)
    const deleted = stored.length > 0 ? await logOperations.deletedCameras() : []
    for (const rule of stored) {
      try {
        const active = await this.#compile(rule, sight, deleted)
        rules.set(rule.id, active.rule)
        for (const search of active.searches) searches.set(search.id, search)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        broken.push([rule.id, { rule: troubleOf(rule), problem: error.message }])
      }
    }
    const texts = [...searches.values()].filter(({ isCounted }) => !isCounted)
    const sieve = new TextSieve(new Map(texts.map(({ id, filter }) => [id, filter])))
    return { version, rules, searches, broken: new Map(broken), sieve, byDimensions: new Map() }
  }

  async #compile(
    stored: StoredRule,
    sight: OwnerSight,
    deleted: readonly number[],
  ): Promise<{ rule: ActiveRule; searches: RuleSearch[] }> {
    const definition = stored.rule as AlertDefinition
    const owner = await sight.of(stored.owner)
    if (!owner) {
      throw new AppError('FORBIDDEN', `Its owner ${stored.owner_name} may not read logs any more.`)
    }
    const read = async (query: string) => {
      const found = await filterOf(this.#options.queries, query, owner.visibility)
      return { ...found, deleted_cameras: deleted }
    }
    const filter = await read(countedQuery(definition))
    const condition = conditionOf(definition.condition)
    // Each kind of message is a group of its own; kinds are told apart by level.
    const group_by: RuleSearch['group_by'] =
      condition.kind === 'new' ? 'level' : (groupPath(definition.group_by) ?? column(definition.group_by))
    const isCounted = (one: LogFilter) =>
      isCountable(one) &&
      isDimension(definition.group_by) &&
      condition.kind !== 'number' &&
      condition.kind !== 'new'
    const asked = {
      ...{ group_by, begins_after: stored.begins_after, include_own: definition.include_own ?? false },
      ...(condition.kind === 'number' && { path: condition.field.split('.') }),
      ...(condition.kind === 'new' && { hasMessage: true }),
    }
    const rule: ActiveRule = {
      ...troubleOf(stored),
      ...{ name: stored.name, filter, ...asked },
      ...{ condition, conditions: conditionsOf(definition), begun: toMillis(stored.begun_at) },
      hours: activeHours(definition.active_hours),
      hoursOf: hoursByGroup(definition.active_hours),
      quiet: definition.quiet_hours && activeHours(definition.quiet_hours),
      isGrouped: group_by !== null,
      isCounted: isCounted(filter),
      // A demoted owner raises nothing any more.
      raise: owner.isAdmin ? definition.raise_level : undefined,
    }
    const rule_id = stored.id
    const search = { ...asked, id: rule_id, rule_id, filter, isWhole: false, isCounted: rule.isCounted }
    if (condition.kind !== 'share') return { rule, searches: [search] }
    const whole = await read(condition.of)
    // Ids of rules are above zero.
    const second = { ...search, id: -rule_id, filter: whole, isWhole: true, isCounted: isCounted(whole) }
    return { rule, searches: [search, second] }
  }
}

function column(group_by: AlertDefinition['group_by']): 'camera' | 'source' | 'logger_name' | null {
  return group_by === 'camera' || group_by === 'source' || group_by === 'logger_name' ? group_by : null
}

function troubleOf({ id, revision, rule, problem, problem_owed }: StoredRule): TroubledRule {
  return {
    ...{ id, revision, definition: rule as AlertDefinition },
    ...{ hadProblem: problem !== null, owed: problem_owed },
  }
}
