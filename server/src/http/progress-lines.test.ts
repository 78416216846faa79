import { expect, it } from 'vitest'
import { progressLines } from './progress-lines.ts'

const toReply = (error: unknown) => ({ success: false, message: (error as Error).message })

async function linesOf(work: Parameters<typeof progressLines>[0]) {
  const lines: unknown[] = []
  for await (const line of progressLines(work, toReply)) lines.push(JSON.parse(line))
  return lines
}

it('tells the last progress again and again, and then the reply', async () => {
  const { promise: heardTwice, resolve: end } = Promise.withResolvers<void>()
  const work: Parameters<typeof progressLines>[0] = async (tell) => {
    tell({ rows: 1 })
    tell({ rows: 2 })
    await heardTwice
    return { success: true }
  }
  const lines: string[] = []
  for await (const line of progressLines(work, toReply, 1)) {
    lines.push(line)
    if (lines.length === 2) end()
  }
  expect(new Set(lines.slice(0, -1))).toEqual(new Set(['{"progress":{"rows":2}}\n']))
  expect(lines.at(-1)).toBe('{"success":true}\n')
})

it('replies at once to what is done at once', async () => {
  expect(await linesOf(async () => ({ success: true }))).toEqual([{ success: true }])
})

it('ends with the reply of an error', async () => {
  const lines = await linesOf(async () => {
    throw new Error('no')
  })
  expect(lines).toEqual([{ success: false, message: 'no' }])
})
