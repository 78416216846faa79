import type pg from 'pg'
import { onOwnBehalf } from '../../caller.ts'
import { DoublingPause } from '../../doubling-pause.ts'
import {
  type AlertPosition,
  type CommittedEntry,
  entriesAfter,
  readPosition,
  savePosition,
  tick,
  tryToEvaluate,
} from '../../store/alerts/alert-position.ts'
import { judgeFrom, passOver } from '../../store/alerts/alert-states.ts'
import { fromMillis, toMillis } from '../../store/database/timestamp.ts'
import { inTransaction } from '../../store/database/transaction.ts'
import type { Feed } from '../../store/feed/feed.ts'
import { hasWindows } from './alert-condition.ts'
import { evaluate, type Raise } from './evaluation.ts'
import { keepNewKinds } from './new-kinds.ts'
import { noteProblem, tellProblems } from './problems.ts'
import type { ActiveRule, AlertRules, RuleSet } from './rule-set.ts'
import type { SiftedEntries } from './sieve/sifted-entries.ts'
import { addSigns, findSightings } from './sightings.ts'
import { FIRST_STEP_ROWS, nextStepRows } from './step-rows.ts'

const BEAT_MS = 60_000

/** How often what falls due is looked at though no line comes. */
const TICK_MS = 1000

/** The least between two steps: lines that come together are evaluated together. */
const REST_MS = 200

/**
 * After a step that took long, so many times as long, up to the most: under load each step is of more lines, and what it
 * costs for each rule is paid less often. A notice waits for it, so that it is below what is asked of these.
 */
const RESTS = 4
const MAX_REST_MS = 800

/** How long it is waited after a failure, at first and at most. */
const RETRY_MS = 1000
const MAX_RETRY_MS = 30_000

/** Without an entry and without a tick for so long, no server took lines: that says nothing of silence. */
const OUTAGE_MS = 90_000

/** How often the position is written though nothing happens; well below what counts as an outage. */
const IDLE_SAVE_MS = 15_000

/** `more`: there is more to evaluate at once. `busy`: another server evaluates. `paused`: this server takes no lines. */
export type StepOutcome = 'idle' | 'more' | 'busy' | 'paused'

/** Entries that no rule was evaluated over. */
export type AlertGap = {
  /** `trimmed`: they waited for longer than the feed keeps them; `restored`: the database is an older one. */
  cause: 'trimmed' | 'restored'
  from: number
  to: number
}

/** The rows of a step, the changes it decided, and the rows that came too late to count. */
export type EvaluatedStep = { rows: number; transitions: number; tooLate: number; millis: number }

export type AlertEvaluatorOptions = {
  pool: pg.Pool
  feed: Feed
  rules: AlertRules
  /** Entries that this server wrote, sifted. */
  sifted?: SiftedEntries
  /** Whether this server takes lines; all do when unset. */
  isTaking?: () => Promise<boolean>
  /** Told once a minute that all there is was evaluated. */
  onMinute?: () => void
  /** Told of groups whose level is to be raised. */
  onRaise?: (raises: readonly Raise[]) => void
  /** Told when notices were written. */
  onNotices: () => void
  onFailure: (error: unknown) => void
  onGap?: (gap: AlertGap) => void
  /** Told of each step that evaluated something. */
  onStep?: (step: EvaluatedStep) => void
}

/**
 * Evaluates the rules over the feed, each entry once and in the order of commits: position, counts, states, transitions and
 * notices move in one transaction. Of all servers one evaluates at a time; any may take over between two steps.
 */
export class AlertEvaluator {
  readonly #options: AlertEvaluatorOptions
  readonly #pause = new DoublingPause(RETRY_MS, MAX_RETRY_MS)
  #running: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isStopped = true
  #isRunning = false
  /** Whether there may be something new since the last step began. */
  #isAwake = false
  /** No step begins before, also when there is something new. */
  #restUntil = 0
  #stepRows = FIRST_STEP_ROWS
  #beatAt = Number.NEGATIVE_INFINITY
  /** The rules that could be read in the last step; a rule with a problem that is none of them begins to be judged again. */
  #readable: ReadonlySet<number> = new Set()

  constructor(options: AlertEvaluatorOptions) {
    this.#options = options
  }

  start(): void {
    this.#isStopped = false
    this.#schedule(0)
  }

  /** Tells that there may be something new; before the start it is of no effect. */
  wake(): void {
    if (this.#isStopped || this.#isAwake) return
    this.#isAwake = true
    if (!this.#isRunning) this.#schedule(Math.max(0, this.#restUntil - performance.now()))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(millis: number): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    // The caller whose request wakes it does not pay for it.
    this.#timer = onOwnBehalf(() =>
      setTimeout(() => {
        this.#running = this.#run()
      }, millis).unref(),
    )
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    this.#isAwake = false
    let next = TICK_MS
    let rest = REST_MS
    const began = performance.now()
    try {
      const outcome = await this.step()
      if (outcome === 'more') {
        rest = 0
        next = 0
      } else {
        rest = Math.min(MAX_REST_MS, Math.max(REST_MS, RESTS * (performance.now() - began)))
        if (outcome === 'idle') this.#beat()
      }
      this.#pause.reset()
    } catch (error) {
      // The transaction was rolled back, and with it the problems that the rules in memory hold.
      this.#options.rules.reload()
      this.#options.onFailure(error)
      rest = this.#pause.next()
      next = rest
    }
    this.#isRunning = false
    this.#restUntil = performance.now() + rest
    this.#schedule(this.#isAwake ? rest : next)
  }

  #beat(): void {
    if (performance.now() - this.#beatAt < BEAT_MS) return
    this.#beatAt = performance.now()
    this.#options.onMinute?.()
  }

  /** Evaluates what there is, up to some 50,000 lines. */
  async step(): Promise<StepOutcome> {
    const { pool, rules } = this.#options
    const { rules: active, broken } = await rules.get()
    if (active.size === 0 && broken.size === 0) {
      this.#options.sifted?.use(undefined)
      return 'idle'
    }
    if (this.#options.isTaking && !(await this.#options.isTaking())) return 'paused'
    const began = performance.now()
    const at = toMillis(await tick(pool))
    const done = await inTransaction(pool, (client) => this.#stepIn(client, at), { isLimited: true })
    if (done.deliveries > 0) this.#options.onNotices()
    if (done.raises.length > 0) this.#options.onRaise?.(done.raises)
    // Another server reads the messages of the entries that this one writes.
    if (done.outcome === 'busy') this.#options.sifted?.use(undefined)
    else {
      if (done.gap) this.#options.onGap?.(done.gap)
      this.#readable = done.readable ?? this.#readable
      const { rows, transitions, tooLate } = done
      const millis = performance.now() - began
      this.#stepRows = nextStepRows(this.#stepRows, { rows, millis })
      this.#options.onStep?.({ rows, transitions, tooLate, millis })
    }
    return done.outcome
  }

  async #stepIn(client: pg.PoolClient, at: number) {
    const nothing = { rows: 0, transitions: 0, deliveries: 0, tooLate: 0, raises: [] as Raise[] }
    const known = { readable: undefined as ReadonlySet<number> | undefined }
    if (!(await tryToEvaluate(client)))
      return { outcome: 'busy' as const, gap: undefined, ...known, ...nothing }
    const position = await readPosition(client)
    const set = await this.#options.rules.get(position.rules_version)
    const watermark = toMillis(position.watermark)
    const from = startOf(position, set)
    const gap = gapOf(position, from)
    const entries = from > position.head ? [] : await entriesAfter(client, from, this.#stepRows)
    const stretch = cutAtOutage(entries, {
      from,
      head: position.head,
      watermark,
      at: Math.max(at, watermark),
    })
    if (stretch.isOutage) {
      await leaveUnjudged(client, [...set.rules.values()], stretch.until)
      await savePosition(client, {
        feed_id: Math.min(from, position.head),
        watermark: fromMillis(stretch.until),
      })
      return { outcome: 'more' as const, gap, ...known, ...nothing }
    }
    const { taken, until } = stretch
    const times = new Map(taken.map(({ id, created_at }) => [id, Math.max(toMillis(created_at), watermark)]))
    const { feed, sifted } = this.#options
    sifted?.use(set.sieve)
    const { groups, failed, compared } = await findSightings(
      client,
      feed,
      set,
      taken.filter(({ is_import }) => !is_import),
      (id) => times.get(id) ?? until,
      sifted,
    )
    await keepNewKinds(client, set, { groups, failed })
    await leaveUnjudged(client, this.#unjudged(set, failed), until)
    const problems = await this.#noteProblems(client, set, failed, compared, until)
    await addSigns(client, set, groups, { after: watermark, until })
    const told = await evaluate(client, set, groups, until)
    const feed_id = taken.at(-1)?.id ?? Math.min(from, position.head)
    // Each write is a flush of the disk: an idle machine is left alone most of the time.
    const isNews = told.isChanged || problems > 0 || feed_id !== position.feed_id
    if (isNews || until - watermark >= IDLE_SAVE_MS) {
      await savePosition(client, { feed_id, watermark: fromMillis(until) })
    }
    sifted?.forget(taken)
    const rows = taken.reduce((sum, entry) => sum + entry.rows, 0)
    return {
      outcome: stretch.isMore ? ('more' as const) : ('idle' as const),
      gap,
      readable: new Set(set.rules.keys()),
      rows,
      ...told,
      deliveries: told.deliveries + problems,
    }
  }

  /** The rules that could not be evaluated in this step, or not until now. */
  #unjudged({ rules }: RuleSet, failed: ReadonlyMap<number, string>) {
    return [...rules.values()].filter(
      ({ id, hadProblem }) => failed.has(id) || (hadProblem && !this.#readable.has(id)),
    )
  }

  async #noteProblems(
    client: pg.PoolClient,
    set: RuleSet,
    failed: ReadonlyMap<number, string>,
    compared: readonly number[],
    at: number,
  ): Promise<number> {
    let noted = 0
    for (const { rule, problem } of set.broken.values()) {
      if (!rule.hadProblem) noted += await noteProblem(client, rule, problem, at)
    }
    for (const rule of set.rules.values()) {
      const problem = failed.get(rule.id) ?? null
      // One whose text is compared is well again when that worked; another one as soon as it can be read.
      const isKnown = rule.isCounted || compared.includes(rule.id)
      if (!isKnown || (problem !== null) === rule.hadProblem) continue
      noted += await noteProblem(client, rule, problem, at)
    }
    const broken = [...set.broken.values()].map(({ rule }) => rule)
    noted += await tellProblems(client, [...broken, ...set.rules.values()], at)
    return noted
  }
}

/**
 * Lets these rules say nothing of the time up to an instant: nobody took lines then, or they could not be compared. Windows
 * that were over meanwhile are not decided one by one: their lines may still be on their way.
 */
async function leaveUnjudged(
  client: pg.PoolClient,
  rules: readonly ActiveRule[],
  until: number,
): Promise<void> {
  const isMissing = ({ condition }: ActiveRule) => /^(silence|under)$/.test(condition.kind)
  const idsOf = (some: readonly ActiveRule[]) => some.map(({ id }) => id)
  const missing = rules.filter(isMissing)
  const closing = rules.filter((rule) => hasWindows(rule.condition) && !isMissing(rule))
  if (missing.length > 0) await judgeFrom(client, idsOf(missing), fromMillis(until))
  if (closing.length > 0) await passOver(client, idsOf(closing), fromMillis(until))
}

/** The entries that evaluation passes over unseen. */
function gapOf({ feed_id, head, trimmed_to }: AlertPosition, from: number): AlertGap | undefined {
  if (feed_id > head) return { cause: 'restored', from: feed_id, to: head }
  return trimmed_to > feed_id && from === trimmed_to
    ? { cause: 'trimmed', from: feed_id, to: trimmed_to }
    : undefined
}

/** Where evaluation goes on: behind what no rule begins with, and what left the feed; at the head of an older database. */
function startOf({ feed_id, trimmed_to, head }: AlertPosition, { rules }: RuleSet): number {
  const begins = [...rules.values()].map(({ begins_after }) => begins_after)
  const first = begins.length > 0 ? begins.reduce((a, b) => Math.min(a, b)) : head
  return feed_id > head ? head : Math.max(feed_id, trimmed_to, Math.min(first, head))
}

type Stretch = {
  taken: CommittedEntry[]
  until: number
  isMore: boolean
  isOutage: boolean
}

/** The entries up to the first gap in time that no server was there to fill; a gap at the beginning is a stretch of its own. */
function cutAtOutage(
  entries: readonly CommittedEntry[],
  { from, head, watermark, at }: { from: number; head: number; watermark: number; at: number },
): Stretch {
  const last = entries.at(-1)
  const isWhole = (last?.id ?? from) >= head || last === undefined
  let before = watermark
  for (const [index, { created_at }] of entries.entries()) {
    const next = Math.max(toMillis(created_at), before)
    if (next - before > OUTAGE_MS) {
      if (index === 0) return { taken: [], until: next, isMore: true, isOutage: true }
      return { taken: entries.slice(0, index), until: before, isMore: true, isOutage: false }
    }
    before = next
  }
  if (!isWhole) return { taken: [...entries], until: before, isMore: true, isOutage: false }
  const end = Math.max(at, before)
  if (end - before <= OUTAGE_MS) return { taken: [...entries], until: end, isMore: false, isOutage: false }
  if (entries.length === 0) return { taken: [], until: end, isMore: true, isOutage: true }
  return { taken: [...entries], until: before, isMore: true, isOutage: false }
}
