import { expect, it } from 'vitest'
import { FreshValue } from './fresh-value.ts'

it('is read once for all who ask, until it is said to have changed', async () => {
  const fresh = new FreshValue<number>()
  let reads = 0
  const read = async () => ++reads
  expect(await Promise.all([fresh.get(read), fresh.get(read)])).toEqual([1, 1])
  fresh.reload()
  expect(await fresh.get(read)).toBe(2)
})

it('is read anew when it has reached its age', async () => {
  const fresh = new FreshValue<string>(0)
  await fresh.get(async () => 'first')
  expect(await fresh.get(async () => 'second')).toBe('second')
})

it('is not what was being read when the change came', async () => {
  const fresh = new FreshValue<string>()
  const slow = Promise.withResolvers<string>()
  const asked = fresh.get(() => slow.promise)
  fresh.reload()
  expect(await fresh.get(async () => 'of after')).toBe('of after')
  slow.resolve('of before')
  expect(await asked).toBe('of before')
  expect(await fresh.get(async () => 'read again')).toBe('of after')
})

it('stays when an older reading fails, and is read again when its own does', async () => {
  const fresh = new FreshValue<string>()
  const failing = Promise.withResolvers<string>()
  const asked = fresh.get(() => failing.promise)
  fresh.reload()
  await fresh.get(async () => 'of after')
  failing.reject(new Error('away'))
  await expect(asked).rejects.toThrow('away')
  expect(await fresh.get(async () => 'read again')).toBe('of after')
  fresh.reload()
  await expect(fresh.get(() => Promise.reject(new Error('away')))).rejects.toThrow('away')
  expect(await fresh.get(async () => 'read again')).toBe('read again')
})
