import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StepCounts } from './step-counts.ts'

const steps = fc.array(
  fc.tuple(
    fc.oneof(fc.integer({ min: 1500, max: 1700 }), fc.integer({ min: -42_000, max: 42_000 })),
    fc.integer({ min: 1, max: 9 }),
  ),
)

it('counts as a map does, also several together', () => {
  fc.assert(
    fc.property(fc.array(steps), (parts) => {
      const model = new Map<number, number>()
      const all = new StepCounts()
      for (const part of parts) {
        const counts = new StepCounts()
        for (const [step, count] of part) {
          counts.add(step, count)
          model.set(step, (model.get(step) ?? 0) + count)
        }
        all.addAll(counts)
      }
      expect(all.ascending()).toEqual([...model].sort(([a], [b]) => a - b))
    }),
  )
})
