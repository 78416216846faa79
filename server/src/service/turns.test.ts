import { expect, it, vi } from 'vitest'
import { Turns } from './turns.ts'

it('leaves one reaction on what is pending, however often it waits', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const then = vi.spyOn(promise, 'then')
  const turns = new Turns(promise)
  for (let turn = 0; turn < 50; turn++) expect(await turns.within(0)).toBe(false)
  expect(then).toHaveBeenCalledOnce()
  const waiting = [turns.within(60_000), turns.within(60_000)]
  resolve()
  expect(await Promise.all(waiting)).toEqual([true, true])
  expect(await turns.within(0)).toBe(true)
})

it('ends with a failure as well, and when it is told to stop', async () => {
  const failing = Promise.reject(new Error('broken pipe'))
  expect(await new Turns(failing).within(60_000)).toBe(true)
  const stop = new AbortController()
  const waiting = new Turns(new Promise(() => undefined)).within(60_000, stop.signal)
  stop.abort()
  expect(await waiting).toBe(false)
})
