import { expect, it } from 'vitest'
import { Places } from './places.ts'

it('lets so many in, the others in their order, and forgets who gives up', async () => {
  const places = new Places(2)
  const entered: number[] = []
  const doors: PromiseWithResolvers<void>[] = []
  const come = (who: number, signal?: AbortSignal) => {
    const door = Promise.withResolvers<void>()
    doors[who] = door
    return places.use(signal, () => {
      entered.push(who)
      return door.promise
    })
  }
  const leaving = new AbortController()
  const all = [come(0), come(1), come(2, leaving.signal), come(3), come(4)]
  expect(entered).toEqual([0, 1])
  leaving.abort(new Error('gone'))
  await expect(all[2]).rejects.toThrow('gone')
  doors[1]?.reject(new Error('failed'))
  await expect(all[1]).rejects.toThrow('failed')
  await expect.poll(() => entered).toEqual([0, 1, 3])
  for (const door of doors) door.resolve()
  await Promise.all([all[0], all[3], all[4]])
  expect(entered).toEqual([0, 1, 3, 4])
  await expect(places.use(AbortSignal.abort(), () => Promise.resolve())).rejects.toThrow()
})
