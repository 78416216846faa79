import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type ExtraData, type Level, type LogRecord, normaliseRecord } from '@timelapser/logger'
import type { ParseRule } from '../../ingest/rules/parse-rule.ts'
import { type CompiledRule, RuleSet } from '../../ingest/rules/rule-set.ts'
import type { LogRow } from '../../store/database/reader.ts'
import { fromMillis, HOUR, now } from '../../store/database/timestamp.ts'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { LogSlice } from '../../store/reading/log-pages.ts'
import type { ParseRuleCounts, ParseRuleStore } from '../../store/settings/parse-rules.ts'
import { RedactionPatterns } from '../../store/settings/redaction-patterns.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'
import { compileRules, problemOf } from './compile-parse-rules.ts'
import { toParseRule } from './line-parser.ts'
import { type DryRun, noteTried } from './parse-dry-run.ts'
import { differenceOf, versionOf } from './parse-rule-changes.ts'
import { maskTrial, type Trial, tryRules } from './parse-rule-trial.ts'

/** A rule as it is in force, with what it did in the last seven days. */
export type ListedParseRule = {
  rule: ParseRule
  author: string
  updated_at: string
  counts: Omit<ParseRuleCounts, 'name'>
  /** Why this version cannot run it. */
  problem: string | null
}

/** A line to try rules on, as it may come in. */
export type SampleLine = {
  message: string
  source?: string
  level?: Level
  logger_name?: string
  timestamp?: string
  camera_id?: number
  extra_data?: ExtraData
}

/** Lines of a dry run, and how long it may take. */
const MAX_TRIED = 200_000
const MAX_TRIED_MS = 10_000
const PAGE = 1000
/** How long lines are tried before others have their turn. */
const SLICE_MS = 10
/** Sources that a filter names. */
const MAX_SOURCES = 500
const EVERYTHING = { visibility: { cameras: null } }
const NO_COUNTS = { applied: 0, failed: 0, dropped: 0, passed: 0, last_failure: null, last_failed_at: null }

export type ParseRulesServiceOptions = {
  store: ParseRuleStore
  settings: SettingsStore
  logOperations: LogOperations
  auditTrail: AuditTrail
  /** Has what was counted so far written down. */
  flushCounts: () => Promise<void>
}

/** The rules by which lines are parsed: reading, changing and trying them. */
export class ParseRulesService {
  readonly #options: ParseRulesServiceOptions

  constructor(options: ParseRulesServiceOptions) {
    this.#options = options
  }

  /** In the order in which they are run, with a version that differs when they do. */
  async list(): Promise<{ rules: ListedParseRule[]; version: string }> {
    const { store, flushCounts } = this.#options
    await flushCounts()
    const [stored, counted] = await Promise.all([store.get(), store.counts()])
    const byName = new Map(counted.map(({ name, ...counts }) => [name, counts]))
    const rules = stored.map((one) => {
      const { author, updated_at } = one
      const rule = toParseRule(one)
      return { rule, author, updated_at, counts: byName.get(one.name) ?? NO_COUNTS, problem: problemOf(rule) }
    })
    return { rules, version: versionOf(stored) }
  }

  /**
   * Makes these the rules, in this order; returns the rules in force then.
   *
   * @param version of the rules that the caller saw; without it, any rules in force are replaced
   * @throws {AppError} INVALID_REQUEST naming the rule and its part; CONFLICT when somebody changed the rules meanwhile
   */
  async replace(rules: readonly ParseRule[], version?: string) {
    const { store, auditTrail } = this.#options
    compileRules(rules)
    await auditTrail.change(async (client) => {
      const old = await store.readForChange(client)
      if (version !== undefined && version !== versionOf(old)) {
        throw new AppError(
          'CONFLICT',
          'The parse rules have been changed meanwhile. Reload them, then make your change.',
        )
      }
      const before = old.map(toParseRule)
      if (isDeepStrictEqual(before, rules)) return { result: undefined, entry: undefined }
      await store.replace(
        client,
        rules.map(({ name, ...rule }) => ({ name, rule })),
        auditTrail.actor,
      )
      const entry = { action: 'parse_rules.update', entity: 'parse_rules', ...differenceOf(before, rules) }
      return { result: undefined, entry }
    })
    store.reload()
    return this.list()
  }

  /**
   * The outcome for lines: for those given, or of the newest that are stored of the rules' sources.
   *
   * @param rules instead of those in force
   * @throws {AppError} INVALID_REQUEST naming the rule and its part
   */
  async test(
    given: { rules?: readonly ParseRule[] | undefined; lines?: readonly SampleLine[] | undefined },
    count: number,
  ): Promise<Trial[]> {
    const compiled = await this.#compiled(given.rules)
    const patterns = await this.#patterns()
    const set = new RuleSet(compiled)
    const records = given.lines
      ? given.lines.map((line) => normaliseRecord({ timestamp: now(), ...line }))
      : await this.#newest(compiled, count)
    return records.map((record) => maskTrial(tryRules(record, set), patterns))
  }

  /** The outcome for the stored lines of the last hours, had they come in now. Changes nothing. */
  async dryRun(rules: readonly ParseRule[] | undefined, hours: number, signal: AbortSignal): Promise<DryRun> {
    const compiled = await this.#compiled(rules)
    const patterns = await this.#patterns()
    const set = new RuleSet(compiled)
    const start = fromMillis(Date.now() - hours * HOUR)
    const run: DryRun = {
      ...{ lines: 0, changed: 0, failed: 0, dropped: 0, start, searched_to: null, examples: [] },
      rules: compiled.map(({ name }) => ({
        name,
        applied: 0,
        passed: 0,
        failed: 0,
        dropped: 0,
        failures: [],
      })),
    }
    const sources = await this.#sourcesOf(compiled)
    if (sources.length === 0) return run
    const filter: LogFilter = { ...EVERYTHING, sources, start }
    const until = performance.now() + MAX_TRIED_MS
    let beganMs = performance.now()
    let slice: LogSlice = { offset: 0, limit: PAGE }
    for (;;) {
      const rows = await this.#options.logOperations.getLogs(filter, slice)
      for (const row of rows) {
        if (performance.now() - beganMs > SLICE_MS) {
          await nextTurn()
          beganMs = performance.now()
        }
        noteTried(run, tryRules(toRecord(row), set), patterns)
      }
      const last = rows.at(-1)
      if (rows.length < PAGE || last === undefined || signal.aborted) return run
      if (run.lines >= MAX_TRIED || performance.now() > until) return { ...run, searched_to: last.timestamp }
      slice = { beyond: { timestamp: last.timestamp, id: last.id }, order: 'newest', limit: PAGE }
    }
  }

  async #compiled(rules: readonly ParseRule[] | undefined): Promise<CompiledRule[]> {
    if (rules !== undefined) return compileRules(rules)
    const stored = (await this.#options.store.get()).map(toParseRule)
    return compileRules(stored.filter((rule) => problemOf(rule) === null))
  }

  async #patterns(): Promise<RedactionPatterns> {
    return RedactionPatterns.ofStored((await this.#options.settings.get()).redaction)
  }

  async #newest(compiled: readonly CompiledRule[], count: number): Promise<LogRecord[]> {
    const sources = await this.#sourcesOf(compiled)
    if (sources.length === 0) return []
    const rows = await this.#options.logOperations.getLogs(
      { ...EVERYTHING, sources },
      { offset: 0, limit: count },
    )
    return rows.map(toRecord)
  }

  /** The sources there are that a rule is for. */
  async #sourcesOf(compiled: readonly CompiledRule[]): Promise<string[]> {
    const all = await this.#options.logOperations.getLogSources(EVERYTHING)
    return all
      .map(({ source }) => source)
      .filter((source) => compiled.some(({ isFor }) => isFor(source)))
      .slice(0, MAX_SOURCES)
  }
}

function toRecord({
  timestamp,
  level,
  message,
  source,
  logger_name,
  camera_id,
  extra_data,
}: LogRow): LogRecord {
  return {
    timestamp,
    level,
    message,
    source,
    logger_name,
    camera_id,
    extra_data: extra_data as ExtraData | null,
  }
}
