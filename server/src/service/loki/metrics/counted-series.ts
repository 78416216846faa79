import { fromMillis, toMillis } from '../../../store/database/timestamp.ts'
import { isCountable, type LogFilter } from '../../../store/filter/log-filter.ts'
import type { SearchNode } from '../../../store/filter/search-conditions.ts'
import { countDimensions } from '../../../store/reading/log-overview.ts'
import { countLoggers } from '../../../store/reading/logger-counts.ts'
import type { LabelSet } from '../pipeline/line-labels.ts'
import { holdMore } from '../row-reader.ts'
import type { Label } from '../selection-filter.ts'
import type { Evaluation, Source } from './source.ts'
import { type Sample, sample } from './vectors.ts'

/** Series that are counted one by one from the kept counts, and from rows; more are counted while rows are read. */
const MAX_COUNTED = 500
const MAX_SCANNED = 20
/** Steps that are counted one by one: an hour's range moved on by seconds would be 3,600 a point. */
const MAX_STEPS = 50_000
/** Bytes of one value, about. */
const SAMPLE_BYTES = 100

/** The labels that are asked for, each with the label of ours that says the same. */
export type CountedLabels = ReadonlyMap<string, Label>
/** The labels of a series but its level, and the condition that finds its rows. */
type Group = { labels: Partial<Record<Label, string>>; condition: SearchNode | undefined }

/**
 * The windows of `count_over_time` and `rate` by labels of the stream, from kept counts where they can tell and else
 * counted by PostgreSQL; undefined when that is not possible. Rows are counted in steps that both range and step are
 * made of, and summed up.
 */
export async function countedSource(
  { logs, times, stepMs, limits }: Evaluation,
  filter: LogFilter,
  labels: CountedLabels,
  { range, offset, isRate }: { range: number; offset: number; isRate: boolean },
): Promise<Source | undefined> {
  const { signal } = limits
  const [rangeMs, offsetMs] = [range / 1e6, offset / 1e6]
  if (![rangeMs, offsetMs, stepMs].every(Number.isInteger)) return undefined
  const shifted = times.map((time) => time - offsetMs)
  const [first = 0] = shifted
  const last = shifted.at(-1) ?? first
  const bucketMs = shifted.length === 1 ? rangeMs : divisor(rangeMs, stepMs)
  const origin = first - rangeMs
  if ((last - origin) / bucketMs > MAX_STEPS) return undefined
  const own = [...new Set(labels.values())]
  // With conditions on the text each series would look for the same lines: one look at them costs less.
  if (!isCountable(filter) && own.some((label) => label !== 'level')) return undefined
  const asked = { ...filter, start: fromMillis(origin), end: justBefore(last) }
  const groups = await groupsOf(logs, asked, own, signal)
  const most = own.includes('logger_name') ? MAX_SCANNED : MAX_COUNTED
  if (groups === undefined || groups.length > most) return undefined
  const vectors = new Map<number, Sample[]>()
  for (const group of groups) {
    const ofGroup = group.condition
      ? { ...asked, q: { kind: 'and' as const, nodes: [...(asked.q ? [asked.q] : []), group.condition] } }
      : asked
    const rows = await logs.getHistogram(ofGroup, origin, bucketMs, signal)
    const byLevel = Map.groupBy(rows, ({ level }) => (own.includes('level') ? level : ''))
    for (const [level, counted] of byLevel) {
      const buckets = new Map<number, number>()
      for (const { bucket, rows: count } of counted) {
        const index = Math.floor((toMillis(bucket) - origin) / bucketMs)
        buckets.set(index, (buckets.get(index) ?? 0) + count)
      }
      const named = namedBy(labels, { ...group.labels, ...(level && { level }) })
      for (const { at, value } of windows(buckets, shifted, { origin, bucketMs, rangeMs })) {
        const vector = vectors.get(at + offsetMs) ?? []
        vectors.set(at + offsetMs, vector)
        vector.push(sample(named, isRate ? value / (rangeMs / 1000) : value))
        holdMore(limits, SAMPLE_BYTES)
      }
    }
  }
  return { next: async (at) => vectors.get(at) ?? [], close: async () => undefined }
}

function namedBy(labels: CountedLabels, values: Partial<Record<Label, string>>): LabelSet {
  const entries = [...labels].flatMap(([name, own]) => {
    const value = values[own]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The times whose window has rows; Loki leaves the others out. */
function windows(
  buckets: ReadonlyMap<number, number>,
  times: number[],
  { origin, bucketMs, rangeMs }: { origin: number; bucketMs: number; rangeMs: number },
): { at: number; value: number }[] {
  const width = rangeMs / bucketMs
  const sums: { at: number; value: number }[] = []
  let value = 0
  let from = 0
  let to = 0
  for (const at of times) {
    const end = Math.round((at - origin) / bucketMs)
    for (; to < end; to += 1) value += buckets.get(to) ?? 0
    for (; from < end - width; from += 1) value -= buckets.get(from) ?? 0
    if (value > 0) sums.push({ at, value })
  }
  return sums
}

async function groupsOf(
  logs: Evaluation['logs'],
  filter: LogFilter,
  labels: Label[],
  signal?: AbortSignal,
): Promise<Group[] | undefined> {
  const groups = new Map<string, Group>()
  const add = (group: Group) => groups.set(JSON.stringify(group.labels), group)
  if (labels.includes('logger_name')) {
    if (labels.includes('camera')) return undefined
    const { counts, counted_from } = await logs.read(countLoggers, filter, signal)
    if (counted_from !== null) return undefined
    for (const row of counts) add(groupOf(labels, { ...row, camera_id: null }))
  } else if (labels.some((label) => label !== 'level')) {
    for (const row of await logs.read(countDimensions, filter, signal))
      add(groupOf(labels, { ...row, logger_name: null }))
  } else add({ labels: {}, condition: undefined })
  return [...groups.values()]
}

function groupOf(
  labels: Label[],
  {
    source,
    camera_id,
    logger_name,
  }: { source: string; camera_id: number | null; logger_name: string | null },
): Group {
  const nodes: SearchNode[] = []
  const values: Group['labels'] = {}
  if (labels.includes('source')) {
    values.source = source
    nodes.push({ kind: 'source', value: source, isGlob: false })
  }
  if (labels.includes('camera')) {
    if (camera_id !== null) values.camera = String(camera_id)
    const isNone: SearchNode = { kind: 'camera', id: null }
    // A camera's rows are those of its source too; here each row is counted once, by its id.
    nodes.push(...(camera_id === null ? [isNone] : [{ kind: 'camera' as const, id: camera_id }, not(isNone)]))
  }
  if (labels.includes('logger_name')) {
    if (logger_name !== null) values.logger_name = logger_name
    const any: SearchNode = { kind: 'logger_name', value: '*', isGlob: true }
    nodes.push(logger_name === null ? not(any) : { kind: 'logger_name', value: logger_name, isGlob: false })
  }
  return { labels: values, condition: { kind: 'and', nodes } }
}

function not(node: SearchNode): SearchNode {
  return { kind: 'not', node }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}

/** The last microsecond before the instant. */
function justBefore(millis: number): string {
  return new Date(millis - 1).toISOString().replace('Z', '999Z')
}
