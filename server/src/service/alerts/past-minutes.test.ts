import { expect, it } from 'vitest'
import { forEachInTurns } from './past-minutes.ts'

const MINUTES = Array.from({ length: 100_000 }, (_, minute) => minute)

it('hundreds of thousands of minutes give others their turn between, each once and in order', async () => {
  const seen: number[] = []
  const turns: number[] = []
  let isOver = false
  const watch = () => {
    turns.push(seen.length)
    if (!isOver) setImmediate(watch)
  }
  setImmediate(watch)
  await forEachInTurns(MINUTES, new AbortController().signal, (minute) => seen.push(minute))
  isOver = true
  expect(seen).toEqual(MINUTES)
  const between = turns.slice(1).map((count, at) => count - (turns[at] ?? 0))
  expect(Math.max(...between)).toBeLessThanOrEqual(10_000)
})

it('ends where its caller is gone', async () => {
  const gone = new AbortController()
  const seen: number[] = []
  const work = forEachInTurns(MINUTES, gone.signal, (minute) => {
    if (seen.push(minute) === 7) gone.abort(new Error('gone'))
  })
  await expect(work).rejects.toThrow('gone')
  expect(seen.length).toBeLessThan(10_000)
})
