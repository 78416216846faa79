import { expect, it } from 'vitest'
import { progressLines } from './progress-lines.ts'

async function linesOf(work: Parameters<typeof progressLines>[0]) {
  const toReply = (error: unknown) => ({ success: false, message: (error as Error).message })
  const lines: unknown[] = []
  for await (const line of progressLines(work, toReply)) lines.push(JSON.parse(line))
  return lines
}

it('tells the last progress every second, and the reply', async () => {
  const lines = await linesOf(async (tell) => {
    tell({ rows: 1 })
    tell({ rows: 2 })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    return { success: true }
  })
  expect(lines).toEqual([{ progress: { rows: 2 } }, { success: true }])
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
