import { expect, it } from 'vitest'
import { ByteBudget } from './byte-budget.ts'

const NEVER = new AbortController().signal

it('refuses what is over the limit or over a share, and counts it', () => {
  const budget = new ByteBudget('test', 100, 60)
  expect([budget.take('a', 50), budget.take('a', 20), budget.take('b', 50), budget.take('c', 1)]).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect([budget.usedBytes, budget.refused, budget.heldBy('a'), budget.heldBy('c')]).toEqual([100, 2, 50, 0])
})

it('gives a holder that has nothing one thing of any size while nobody else holds any', () => {
  const budget = new ByteBudget('test', 100, 60)
  expect([budget.take('a', 500), budget.take('b', 1)]).toEqual([true, false])
  budget.give('a', 500)
  expect([budget.take('b', 1), budget.take('a', 500)]).toEqual([true, false])
})

it('grows and shrinks a hold, and gives it back once', () => {
  const budget = new ByteBudget('test', 100)
  const hold = budget.open('a')
  expect([hold.grow(60), hold.grow(60), budget.usedBytes]).toEqual([true, false, 60])
  expect([hold.resize(20), budget.usedBytes, hold.resize(90), budget.usedBytes]).toEqual([true, 20, true, 90])
  hold.release()
  hold.release()
  expect(budget.usedBytes).toBe(0)
})

it('lets those in line in by turn, past one whose own share is used up', async () => {
  const budget = new ByteBudget('test', 100, 60)
  const order: string[] = []
  const wait = (name: string, bytes: number) =>
    budget.wait(name[0] as string, bytes, NEVER).then(() => order.push(name))
  await Promise.all([wait('a1', 60), wait('b1', 40)])
  const waiting = [wait('a2', 20), wait('c1', 50), wait('d1', 10)]
  budget.give('b', 40)
  await Promise.resolve()
  // c1 needs 50, and d1 does not overtake it.
  expect([order, budget.usedBytes]).toEqual([['a1', 'b1'], 60])
  budget.give('a', 60)
  await Promise.all(waiting)
  expect(order.slice(2)).toEqual(['a2', 'c1', 'd1'])
})

it('leaves the line when its signal aborts', async () => {
  const budget = new ByteBudget('test', 10)
  await budget.wait('a', 10, NEVER)
  const ending = new AbortController()
  const waiting = budget.wait('b', 5, ending.signal)
  const behind = budget.wait('c', 1, NEVER)
  ending.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  budget.give('a', 10)
  await behind
  expect(budget.usedBytes).toBe(1)
})
