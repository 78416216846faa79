import { AppError } from '../../app-error.ts'
import { keyOf } from '../labels.ts'
import type { Grouping, Matching } from '../language/syntax.ts'
import type { LabelSet } from '../pipeline/line-labels.ts'
import { applyOperator, COMPARISONS, SET_OPERATORS } from './operators.ts'

/** A value of one series at one time; `key` is the text of its labels. */
export type Sample = { key: string; labels: LabelSet; value: number }

/** Labels by name, so that equal sets have equal keys. */
export function sample(labels: LabelSet, value: number): Sample {
  return { key: keyOf(labels), labels, value }
}

/** The labels that a grouping leaves. */
export function grouped(labels: LabelSet, { isWithout, labels: names }: Grouping): LabelSet {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name) !== isWithout))
}

const EVERYTHING: Grouping = { isWithout: false, labels: [] }

/** One value for each group of series; `topk` and its like leave the series as they are. */
export function aggregate(
  operation: string,
  parameter: number,
  grouping: Grouping = EVERYTHING,
  samples: readonly Sample[],
): Sample[] {
  const groups = new Map<string, { labels: LabelSet; members: Sample[] }>()
  for (const one of samples) {
    const labels = grouped(one.labels, grouping)
    const key = keyOf(labels)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { labels, members: [one] })
    else group.members.push(one)
  }
  return [...groups].flatMap(([key, { labels, members }]) => {
    switch (operation) {
      case 'topk':
      case 'approx_topk':
        return members.toSorted(mostFirst).slice(0, parameter)
      case 'bottomk':
        return members.toSorted(leastFirst).slice(0, parameter)
      case 'sort_desc':
        return members.toSorted(mostFirst)
      case 'sort':
        return members.toSorted(leastFirst)
      default:
        return [{ key, labels, value: folded(operation, members) }]
    }
  })
}

/** Equal values by their labels, so that the same question always has the same answer. */
const byKey = (a: Sample, b: Sample) => (a.key < b.key ? -1 : 1)
const mostFirst = (a: Sample, b: Sample) => descending(a, b) || byKey(a, b)
const leastFirst = (a: Sample, b: Sample) => descending(b, a) || byKey(a, b)

/** NaN is less than any number. */
function descending(a: Sample, b: Sample): number {
  if (Number.isNaN(a.value)) return Number.isNaN(b.value) ? 0 : 1
  return Number.isNaN(b.value) ? -1 : b.value - a.value
}

function folded(operation: string, members: readonly Sample[]): number {
  const values = members.map(({ value }) => value)
  switch (operation) {
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0)
    case 'count':
      return values.length
    case 'max':
      return values.reduce((most, value) => (most < value || Number.isNaN(most) ? value : most))
    case 'min':
      return values.reduce((least, value) => (least > value || Number.isNaN(least) ? value : least))
    case 'avg':
      return meanOf(values)
    default: {
      const mean = meanOf(values)
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
      return operation === 'stddev' ? Math.sqrt(variance) : variance
    }
  }
}

function meanOf(values: readonly number[]): number {
  let mean = 0
  for (const [index, value] of values.entries()) {
    if (Number.isFinite(mean)) mean += (value - mean) / (index + 1)
    else if (Number.isNaN(value) || value === -mean) mean = Number.NaN
  }
  return mean
}

/** A vector and a number; `isLeft` says that the number is the left operand. */
export function withNumber(
  operator: string,
  samples: readonly Sample[],
  number: number,
  { isLeft, isBool }: { isLeft: boolean; isBool: boolean },
): Sample[] {
  return samples.flatMap((one) => {
    const value = isLeft
      ? applyOperator(operator, number, one.value)
      : applyOperator(operator, one.value, number)
    if (!COMPARISONS.has(operator) || isBool) return [{ ...one, value }]
    return value === 1 ? [one] : []
  })
}

/** Two vectors, matched by their labels. @throws {AppError} INVALID_REQUEST when a match is not unique */
export function combine(
  operator: string,
  left: readonly Sample[],
  right: readonly Sample[],
  matching: Matching,
): Sample[] {
  const signature = signatureBy(matching)
  if (SET_OPERATORS.has(operator)) return combineSets(operator, left, right, signature)
  const isSwapped = matching.group === 'right'
  const [many, one] = isSwapped ? [right, left] : [left, right]
  const ones = new Map<string, Sample>()
  for (const member of one) {
    const key = signature(member)
    if (ones.has(key)) {
      const side = isSwapped ? 'left' : 'right'
      throw new AppError(
        'INVALID_REQUEST',
        `found duplicate series on the ${side} hand-side;many-to-many matching not allowed: matching labels must be unique on one side`,
      )
    }
    ones.set(key, member)
  }
  const matched = new Map<string, Set<string>>()
  const results: Sample[] = []
  for (const member of many) {
    const key = signature(member)
    const other = ones.get(key)
    if (other === undefined) continue
    const labels = resultLabels(member.labels, other.labels, matching)
    const result = keyOf(labels)
    const known = matched.get(key)
    if (known !== undefined && (matching.group === 'none' || known.has(result))) {
      const what =
        matching.group === 'none'
          ? 'many-to-one matching must be explicit (group_left/group_right)'
          : 'grouping labels must ensure unique matches'
      throw new AppError('INVALID_REQUEST', `multiple matches for labels: ${what}`)
    }
    matched.set(key, (known ?? new Set()).add(result))
    const [a, b] = isSwapped ? [other, member] : [member, other]
    const value = applyOperator(operator, a.value, b.value)
    if (!COMPARISONS.has(operator) || matching.isBool) results.push({ key: result, labels, value })
    else if (value === 1) results.push({ key: result, labels, value: a.value })
  }
  return results
}

function combineSets(
  operator: string,
  left: readonly Sample[],
  right: readonly Sample[],
  signature: (of: Sample) => string,
): Sample[] {
  if (operator === 'or') {
    const present = new Set(left.map(signature))
    return [...left, ...right.filter((member) => !present.has(signature(member)))]
  }
  const present = new Set(right.map(signature))
  return left.filter((member) => present.has(signature(member)) === (operator === 'and'))
}

function signatureBy({ labels, isOn }: Matching): (of: Sample) => string {
  if (labels.length === 0 && !isOn) return ({ key }) => key
  const grouping = { isWithout: !isOn, labels }
  return (of) => keyOf(grouped(of.labels, grouping))
}

function resultLabels(own: LabelSet, other: LabelSet, { labels, isOn, group, included }: Matching): LabelSet {
  const kept =
    group === 'none' && (isOn || labels.length > 0) ? grouped(own, { isWithout: !isOn, labels }) : own
  if (included.length === 0) return kept
  const entries = Object.entries(kept).filter(([name]) => !included.includes(name))
  for (const name of included) {
    const value = Object.hasOwn(other, name) ? other[name] : undefined
    if (value !== undefined && value !== '') entries.push([name, value])
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
