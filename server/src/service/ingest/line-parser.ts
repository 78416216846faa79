import type { LogRecord } from '@timelapser/logger'
import type { ParseRule } from '../../ingest/rules/parse-rule.ts'
import { type CompiledRule, compileRule, RuleSet } from '../../ingest/rules/rule-set.ts'
import { now } from '../../store/database/timestamp.ts'
import type { ParseRuleStore, ParseRuleTally, StoredParseRule } from '../../store/settings/parse-rules.ts'
import type { LineParsing, ParsePass } from '../../store/writing/admission.ts'
import { TEST_SOURCE } from '../diagnosis/test-lines.ts'

const FLUSH_MS = 2000

type LookedLine = Pick<LogRecord, 'level' | 'source' | 'logger_name' | 'camera_id'> & {
  message: string | undefined
  timestamp: string | undefined
}

type Tally = { -readonly [K in keyof ParseRuleTally]: ParseRuleTally[K] }

/** Parses the lines of a batch by the rules in force, and counts what each rule did; kept in memory for at most two seconds. */
export class LineParser implements LineParsing {
  readonly #store: ParseRuleStore
  #compiledOf: readonly StoredParseRule[] | undefined
  #set = new RuleSet([])
  #tallies = new Map<string, Tally>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: ParseRuleStore) {
    this.#store = store
  }

  async begin(): Promise<ParsePass | undefined> {
    const set = await this.#inForce()
    return set.isEmpty ? undefined : this.#pass(set)
  }

  /** The outcome for a line that somebody asks about; nothing is counted. Without its text no rule is asked. */
  async look<L extends LookedLine>(line: L): Promise<{ parsed: L; droppedBy: string | undefined }> {
    const { message, timestamp = now() } = line
    if (message === undefined) return { parsed: line, droppedBy: undefined }
    let droppedBy: string | undefined
    const record = { ...line, message, timestamp, extra_data: null }
    const parsed = (await this.#inForce()).parse(record, ({ name }, outcome) => {
      if (outcome === 'dropped') droppedBy = name
    })
    if (parsed === undefined || parsed === record) return { parsed: line, droppedBy }
    const { level, logger_name, camera_id, message: text } = parsed
    return { parsed: { ...line, level, logger_name, camera_id, message: text }, droppedBy }
  }

  async #inForce(): Promise<RuleSet> {
    const stored = await this.#store.get()
    if (stored !== this.#compiledOf) {
      this.#set = new RuleSet(compileStored(stored))
      this.#compiledOf = stored
    }
    return this.#set
  }

  /** Writes what was counted; on failure it is kept and tried again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#tallies.size === 0) return
    const tallies = this.#tallies
    this.#tallies = new Map()
    // While the database is away, the next flush carries these numbers with it.
    await this.#store.addCounts(tallies).catch(() => this.#keep(tallies))
  }

  async close(): Promise<void> {
    await this.flush()
    clearTimeout(this.#timer)
  }

  #pass(set: RuleSet): ParsePass {
    const tallies = new Map<string, Tally>()
    return {
      parse: (record) => {
        // The system's own test lines are to be found as they were written.
        if (record.source === TEST_SOURCE) return record
        return set.parse(record, ({ name }, outcome, reason) => {
          const tally = tallyOf(tallies, name)
          tally[outcome] += 1
          if (reason !== undefined) tally.last_failure = reason
        })
      },
      count: () => this.#keep(tallies),
    }
  }

  #keep(tallies: ReadonlyMap<string, Tally>): void {
    if (tallies.size === 0) return
    for (const [name, { applied, failed, dropped, passed, last_failure }] of tallies) {
      const kept = tallyOf(this.#tallies, name)
      kept.applied += applied
      kept.failed += failed
      kept.dropped += dropped
      kept.passed += passed
      kept.last_failure = last_failure ?? kept.last_failure
    }
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref()
  }
}

/** Compiles the rules in force; a rule that this version cannot run is left out, and the list of rules says so. */
function compileStored(stored: readonly StoredParseRule[]): CompiledRule[] {
  return stored.flatMap((one) => {
    const rule = toParseRule(one)
    if (rule.enabled === false) return []
    try {
      return [compileRule(rule)]
    } catch {
      return []
    }
  })
}

export function toParseRule({ name, rule }: StoredParseRule): ParseRule {
  return { name, ...rule } as ParseRule
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const known = tallies.get(name)
  if (known !== undefined) return known
  const tally = { applied: 0, failed: 0, dropped: 0, passed: 0, last_failure: null }
  tallies.set(name, tally)
  return tally
}
