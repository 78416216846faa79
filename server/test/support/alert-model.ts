// A plain model of the decisions of alert rules: from all lines with the times of their commits, without steps, states or a
// database. Slow and short; the tests hold the system against it.

export const MINUTE = 60_000
const GRACE = MINUTE

/** A line that may match; `isError` when it does, and otherwise it is one of those that a share is taken of. */
type ModelLine = { source: string; at: number; isError: boolean; ms: number }
/** A committed entry of the feed with its lines. */
export type ModelEntry = { id: number; committed: number; lines: ModelLine[] }
export type ModelRule = {
  kind: 'any' | 'over' | 'under' | 'silence' | 'share' | 'mean' | 'lasting'
  minutes: number
  threshold: number
  begun: number
  isGrouped: boolean
}
export type Decision = { group: string; kind: 'firing' | 'resolved'; at: number; value: number | null }

/** All that has to be decided up to an instant, by group and time. */
export function decide(rule: ModelRule, entries: readonly ModelEntry[], until: number): Decision[] {
  const isMatch = (line: ModelLine) => line.isError || rule.kind === 'share'
  const groups = new Set(entries.flatMap(({ lines }) => lines.filter(isMatch).map(({ source }) => source)))
  if (!rule.isGrouped) return decideGroup(rule, '', seenBy(entries, isMatch), until)
  return [...groups].toSorted().flatMap((group) =>
    decideGroup(
      rule,
      group,
      seenBy(entries, (line) => isMatch(line) && line.source === group),
      until,
    ),
  )
}

type Seen = { committed: number; times: number[]; lines: ModelLine[] }

function seenBy(entries: readonly ModelEntry[], isMine: (line: ModelLine) => boolean): Seen[] {
  return entries
    .map(({ committed, lines }) => ({ committed, lines: lines.filter(isMine) }))
    .filter(({ lines }) => lines.length > 0)
    .map((entry) => ({ ...entry, times: entry.lines.map(({ at }) => at) }))
}

function decideGroup(rule: ModelRule, group: string, seen: readonly Seen[], until: number): Decision[] {
  const decisions = {
    ...{ any: decideAny, over: decideOver, under: decideUnder, silence: decideSilence },
    ...{ share: decideWindows, mean: decideWindows, lasting: decideWindows },
  }[rule.kind](rule, seen, until)
  return decisions.map((decision) => ({ group, ...decision }))
}

type Plain = Omit<Decision, 'group'>

function decideAny({ minutes }: ModelRule, seen: readonly Seen[], until: number): Plain[] {
  const decisions: Plain[] = []
  let over = Number.POSITIVE_INFINITY
  let lines = 0
  for (const { committed, times } of seen) {
    if (over <= committed) {
      decisions.push({ kind: 'resolved', at: over, value: lines })
      over = Number.POSITIVE_INFINITY
    }
    if (over === Number.POSITIVE_INFINITY) {
      lines = 0
      decisions.push({ kind: 'firing', at: committed, value: times.length })
    }
    lines += times.length
    over = committed + minutes * MINUTE
  }
  if (over <= until) decisions.push({ kind: 'resolved', at: over, value: lines })
  return decisions
}

/** Lines whose minute lies in the window that ends at an instant. */
function linesIn(times: readonly number[], end: number, minutes: number): number {
  return times.filter((at) => floor(at) >= end - minutes * MINUTE && floor(at) < end).length
}

function decideOver({ minutes, threshold }: ModelRule, seen: readonly Seen[], until: number): Plain[] {
  const decisions: Plain[] = []
  const known: number[] = []
  let incident: { last: number; due: number } | undefined
  const end = (to: number) => {
    if (!incident || incident.due > to) return
    const { due } = incident
    decisions.push({ kind: 'resolved', at: due, value: linesIn(known, floor(due - GRACE), minutes) })
    incident = undefined
  }
  for (const { committed, times } of seen) {
    end(committed)
    const before = [...known]
    known.push(...times)
    const touched = new Set(
      times.flatMap((at) => Array.from({ length: minutes }, (_, index) => floor(at) + (index + 1) * MINUTE)),
    )
    // Between two minutes of one entry lie windows that have lines of it as well, or of lines before.
    const [from, to] = [Math.min(...touched), Math.max(...touched)]
    const ends = Array.from({ length: (to - from) / MINUTE + 1 }, (_, index) => from + index * MINUTE)
    const above = ends.filter((one) => linesIn(known, one, minutes) > threshold)
    const crossed = above.filter((one) => linesIn(before, one, minutes) <= threshold)
    const last = above.at(-1)
    if (last === undefined || (!incident && crossed.length === 0)) continue
    if (!incident) {
      const most = Math.max(...above.map((one) => linesIn(known, one, minutes)))
      decisions.push({ kind: 'firing', at: committed, value: most })
    }
    const latest = Math.max(incident?.last ?? last, last)
    const due = Math.max(Math.min(latest, committed + minutes * MINUTE), committed) + GRACE
    incident = { last: latest, due }
  }
  end(until)
  return decisions
}

function decideUnder(rule: ModelRule, seen: readonly Seen[], until: number): Plain[] {
  const decisions: Plain[] = []
  const begun = knownFrom(rule, seen)
  if (begun === undefined) return []
  let isFiring = false
  for (let end = ceil(begun) + rule.minutes * MINUTE; end + GRACE <= until; end += MINUTE) {
    const inTime = seen.filter(({ committed }) => committed < end + GRACE).flatMap(({ times }) => times)
    const lines = linesIn(inTime, end, rule.minutes)
    if (lines < rule.threshold === isFiring) continue
    isFiring = !isFiring
    decisions.push({ kind: isFiring ? 'firing' : 'resolved', at: end + GRACE, value: lines })
  }
  return decisions
}

/** Lines of the whole that a share needs, and how many of how many windows have to be bad when it has to last. */
export const SHARE_AT_LEAST = 2
export const LASTING = { windows: 2, of: 3 }

/** Conditions that windows decide when they and their grace are over, and that a lack of lines does not meet. */
function decideWindows(rule: ModelRule, seen: readonly Seen[], until: number): Plain[] {
  const decisions: Plain[] = []
  const { minutes, begun } = rule
  const valueAt = (end: number, decidedAt: number): number | undefined => {
    if (end - minutes * MINUTE < ceil(begun)) return undefined
    const inTime = seen.filter(({ committed }) => committed < decidedAt).flatMap(({ lines }) => lines)
    const within = inTime.filter(({ at }) => linesIn([at], end, minutes) === 1)
    const matching = within.filter(({ isError }) => isError)
    if (rule.kind === 'lasting') return matching.length
    if (rule.kind === 'share') {
      return within.length < SHARE_AT_LEAST ? undefined : (100 * matching.length) / within.length
    }
    if (matching.length === 0) return undefined
    return matching.reduce((sum, { ms }) => sum + ms, 0) / matching.length
  }
  const { windows, of } = rule.kind === 'lasting' ? LASTING : { windows: 1, of: 1 }
  let isFiring = false
  for (let end = ceil(begun) + minutes * MINUTE; end + GRACE <= until; end += MINUTE) {
    const values = Array.from({ length: of }, (_, index) =>
      valueAt(end - index * minutes * MINUTE, end + GRACE),
    )
    const bad = values.filter((value) => value !== undefined && value > rule.threshold).length
    const unknown = values.filter((value) => value === undefined).length
    const isBad = bad >= windows
    // Windows that say nothing might have been bad.
    if (isBad === isFiring || (!isBad && bad + unknown >= windows)) continue
    isFiring = isBad
    decisions.push({ kind: isBad ? 'firing' : 'resolved', at: end + GRACE, value: values[0] ?? 0 })
  }
  return decisions
}

function decideSilence(rule: ModelRule, seen: readonly Seen[], until: number): Plain[] {
  const decisions: Plain[] = []
  const begun = knownFrom(rule, seen)
  if (begun === undefined) return []
  const length = rule.minutes * MINUTE
  let life = Number.NEGATIVE_INFINITY
  let firing: number | undefined
  const look = (to: number) => {
    const due = Math.max(life, begun) + length
    if (firing !== undefined || due > to) return
    firing = life === Number.NEGATIVE_INFINITY ? begun : life
    decisions.push({ kind: 'firing', at: due, value: Math.floor((due - firing) / MINUTE) })
  }
  for (const { committed, times } of seen) {
    if (committed > begun || !rule.isGrouped) look(committed)
    life = Math.max(life, ...times.map((at) => Math.min(at, committed)))
    if (firing === undefined || committed - life >= length) continue
    decisions.push({ kind: 'resolved', at: committed, value: Math.floor((committed - firing) / MINUTE) })
    firing = undefined
  }
  look(until)
  return decisions
}

/** From when on a group is missed: from the beginning, or when it was seen the second time. */
function knownFrom({ isGrouped, begun }: ModelRule, seen: readonly Seen[]): number | undefined {
  return isGrouped ? seen[1]?.committed : begun
}

const floor = (at: number) => Math.floor(at / MINUTE) * MINUTE
const ceil = (at: number) => Math.ceil(at / MINUTE) * MINUTE
