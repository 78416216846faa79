import { expect, it } from 'vitest'
import { aggregate, sample } from './vectors.ts'

const series = (source: string, value: number) => sample({ source }, value)

it.each([
  ['topk', 1, ['a']],
  ['bottomk', 1, ['a']],
  ['sort', 3, ['a', 'b', 'c']],
  ['sort_desc', 3, ['a', 'b', 'c']],
] as const)(
  '%s takes equal values by their labels, in whatever order they came',
  (operation, count, chosen) => {
    const three = [series('c', 5), series('a', 5), series('b', 5)]
    for (const samples of [three, three.toReversed()]) {
      const taken = aggregate(operation, count, undefined, samples)
      expect(taken.map(({ labels }) => labels.source)).toEqual(chosen)
    }
  },
)
