// A plain model of the decisions of alert rules: from all lines with the times of their commits, without steps, states or a
// database. Slow and short; the tests hold the system against it.

export const MINUTE = 60_000
const GRACE = MINUTE

type ModelLine = { source: string; at: number }
/** A committed entry of the feed: its lines that match a rule. */
export type ModelEntry = { id: number; committed: number; lines: ModelLine[] }
export type ModelRule = {
  kind: 'any' | 'over' | 'under' | 'silence'
  minutes: number
  threshold: number
  begun: number
  isGrouped: boolean
}
export type Decision = { group: string; kind: 'firing' | 'resolved'; at: number; value: number | null }

/** All that has to be decided up to an instant, by group and time. */
export function decide(rule: ModelRule, entries: readonly ModelEntry[], until: number): Decision[] {
  const groups = new Set(entries.flatMap(({ lines }) => lines.map(({ source }) => source)))
  if (!rule.isGrouped)
    return decideGroup(
      rule,
      '',
      seenBy(entries, () => true),
      until,
    )
  return [...groups].toSorted().flatMap((group) =>
    decideGroup(
      rule,
      group,
      seenBy(entries, (line) => line.source === group),
      until,
    ),
  )
}

type Seen = { committed: number; times: number[] }

function seenBy(entries: readonly ModelEntry[], isMine: (line: ModelLine) => boolean): Seen[] {
  return entries
    .map(({ committed, lines }) => ({ committed, times: lines.filter(isMine).map(({ at }) => at) }))
    .filter(({ times }) => times.length > 0)
}

function decideGroup(rule: ModelRule, group: string, seen: readonly Seen[], until: number): Decision[] {
  const decisions = { any: decideAny, over: decideOver, under: decideUnder, silence: decideSilence }[
    rule.kind
  ](rule, seen, until)
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
