import { packedRows } from '../blocks/every-row.ts'
import type { Certainty, DimensionCount } from '../counts/counts.ts'
import { mayBePacked } from '../database/packed-state.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'
import { fromMillis, maximum, minimum, toMillis } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import type { Partition } from '../partitions/partition.ts'
import { MAX_PARTITIONS_A_STATEMENT } from '../partitions/partitions.ts'
import { matchingRows } from './log-rows.ts'
import type { Store } from './store.ts'

/** The day or month that holds the newest row of something, [from, to). */
export type Step = { from: string; to: string }

/** Partitions of a step that one statement may touch, newest first. */
export type PartOfStep = { step: Step; partitions: readonly Partition[] }

/** Steps looked at side by side: what fell silent long ago has one of its own each. */
const STEPS_AT_ONCE = 4

/** Each key and the step of its newest row. */
export type LastSteps<Key> = (certainty: Certainty) => Promise<(readonly [key: Key, step: Step])[]>

type Find<Key, Row> = (keys: Key[], part: PartOfStep) => Promise<(readonly [Key, Row])[]>

/** The latest step of each key among the counts that are its own. */
export function lastSteps<Key>(
  counts: readonly DimensionCount[],
  keysOf: (count: DimensionCount) => readonly Key[],
): Map<Key, Step> {
  const steps = new Map<Key, Step>()
  for (const count of counts) {
    const step = { from: count.last_from, to: count.last_to }
    for (const key of keysOf(count)) {
      const known = steps.get(key)
      if (!known || toMillis(known.from) < toMillis(step.from)) steps.set(key, step)
    }
  }
  return steps
}

/**
 * Calls `find` for each key in the step of its newest row, as the kept counts know it. A statement a step that was
 * the last of some, more where it is cut finely, and once more for those whose newest rows were removed a moment ago.
 */
export async function newestOfSteps<Key, Row>(
  store: Store,
  stepsOf: LastSteps<Key>,
  find: Find<Key, Row>,
): Promise<Map<Key, Row>> {
  const steps = await stepsOf('counted')
  const newest = await newestWithinSteps(store, steps, find)
  if (newest.size === steps.length) return newest
  const others = (await stepsOf('net')).filter(([key]) => !newest.has(key))
  return new Map([...newest, ...(await newestWithinSteps(store, others, find))])
}

async function newestWithinSteps<Key, Row>(
  store: Store,
  keys: Awaited<ReturnType<LastSteps<Key>>>,
  find: Find<Key, Row>,
): Promise<Map<Key, Row>> {
  const newest = new Map<Key, Row>()
  const steps = [...Map.groupBy(keys, ([, { from, to }]) => `${from} ${to}`).values()]
  for (let index = 0; index < steps.length; index += STEPS_AT_ONCE) {
    await Promise.all(
      steps.slice(index, index + STEPS_AT_ONCE).map(async (ofStep) => {
        const step = ofStep[0]?.[1] as Step
        const missing = new Set(ofStep.map(([key]) => key))
        for (const partitions of await partitionsOf(store, step)) {
          for (const [key, row] of await find([...missing], { step, partitions })) {
            newest.set(key, row)
            missing.delete(key)
          }
          if (missing.size === 0) break
        }
      }),
    )
  }
  return newest
}

/** A relation of the newest row of the part that is of a key, by a condition on it. */
export function newestOfPart(
  { step, partitions }: PartOfStep,
  filter: LogFilter,
  { select, isOfKey }: { select: string; isOfKey: string },
  parameters: SqlParameters,
): string {
  const lower = maximum(step.from, partitions.at(-1)?.lower ?? step.from)
  const upper = minimum(step.to, partitions[0]?.upper ?? step.to)
  const choice = matchingRows(filter, { lower, upper }, select, parameters, [isOfKey])
  const packed = { ...choice, dimensions: [...(choice.dimensions ?? []), isOfKey] }
  const inOrder = 'order by timestamp desc, id desc'
  const newest = `(select ${select} from logs where ${choice.where} ${inOrder} limit 1)`
  if (!mayBePacked()) return newest
  return `(
      select *
      from (
        ${newest}
        union all
        ${packedRows(packed, parameters, { order: 'newest', limit: '1' })}
      ) every
      ${inOrder}
      limit 1
    )`
}

/** The step's partitions, newest first, as many together as a statement may touch: most keys are in the first. */
async function partitionsOf(store: Store, { from, to }: Step): Promise<Partition[][]> {
  const partitions = await store.partitions.overlapping(from, fromMillis(toMillis(to) - 1))
  const groups: Partition[][] = []
  for (let index = 0; index < partitions.length; index += MAX_PARTITIONS_A_STATEMENT) {
    groups.push(partitions.slice(index, index + MAX_PARTITIONS_A_STATEMENT))
  }
  return groups
}
