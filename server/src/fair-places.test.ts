import { describe, expect, it } from 'vitest'
import type { Caller } from './caller.ts'
import { FairPlaces } from './fair-places.ts'

const caller = (id: string, isAdmin = false): Caller => ({ id, isAdmin })

/** Lets callers come; each stays until it is asked to go. */
function door(places: FairPlaces) {
  const entered: string[] = []
  const leave: (() => void)[] = []
  const come = (who: Caller | undefined, signal?: AbortSignal) =>
    places.take(who, signal).then((giveBack) => {
      entered.push(who?.id ?? 'system')
      leave.push(giveBack)
    })
  return { entered, leave, come }
}

describe('places', () => {
  it('are a third of all for one caller, whoever else is there', async () => {
    const places = new FairPlaces(6)
    expect([1, 2, 3].map(() => places.tryTake(caller('a')) !== undefined)).toEqual([true, true, false])
    expect(places.tryTake(caller('b'))).toBeDefined()
  })

  it('go to who has least, in the order they came, and forget who gives up', async () => {
    const { entered, leave, come } = door(new FairPlaces(3))
    const leaving = new AbortController()
    await Promise.all([come(caller('a')), come(caller('b')), come(caller('c'))])
    const waiting = [
      come(caller('a')),
      come(caller('a')),
      come(caller('d'), leaving.signal),
      come(caller('e')),
    ]
    leaving.abort(new Error('gone'))
    await expect(waiting[2]).rejects.toThrow('gone')
    leave[1]?.()
    await waiting[3]
    expect(entered.at(-1)).toBe('e')
    leave[0]?.()
    // A second time gives nothing back.
    leave[0]?.()
    await waiting[0]
    expect(entered).toEqual(['a', 'b', 'c', 'e', 'a'])
    leave[4]?.()
    await waiting[1]
    await expect(come(caller('f'), AbortSignal.abort())).rejects.toThrow()
  })

  it('go round where there is one alone', async () => {
    const { entered, leave, come } = door(new FairPlaces(1))
    const all = ['a', 'a', 'a', 'b', 'b', 'c'].map((id) => come(caller(id)))
    for (const [index, waits] of [0, 3, 5, 1, 4, 2].entries()) {
      await all[waits]
      leave[index]?.()
    }
    expect(entered).toEqual(['a', 'b', 'c', 'a', 'b', 'a'])
  })

  it('are there for an administrator whoever took all, one of them', async () => {
    const places = new FairPlaces(2)
    expect(['a', 'b', 'c'].map((id) => places.tryTake(caller(id)) !== undefined)).toEqual([true, true, false])
    expect(places.tryTake(caller('root', true))).toBeDefined()
    expect(places.tryTake(caller('root', true))).toBeUndefined()
  })

  it('are not divided for the work of the system itself', () => {
    const places = new FairPlaces(3)
    expect([1, 2, 3, 4].map(() => places.tryTake(undefined) !== undefined)).toEqual([true, true, true, false])
  })

  it('are given back by work that fails', async () => {
    const places = new FairPlaces(1)
    const failing = places.use(caller('a'), undefined, () => Promise.reject(new Error('failed')))
    await expect(failing).rejects.toThrow('failed')
    expect(places.taken).toBe(0)
  })
})
