import { expect, it } from 'vitest'
import { onBehalfOf } from '../../caller.ts'
import { type GrowingRoom, PageRoom } from './reader.ts'

const MB = 1024 * 1024
const LIMIT = 100

/** Reads that stay until they are asked to end, by the name of their caller. */
function reads(room: PageRoom) {
  const begun: string[] = []
  const ends = new Map<string, (() => void)[]>()
  const grown: string[] = []
  const staying = (name: string) => {
    begun.push(name)
    return new Promise<void>((end) => ends.set(name, [...(ends.get(name) ?? []), end]))
  }
  const as = (name: string, work: () => Promise<void>) => onBehalfOf({ id: name, isAdmin: false }, work)
  const plain = (name: string) => as(name, () => room.readPlain(LIMIT, undefined, () => staying(name)))
  const text = (name: string, isLong = false) =>
    as(name, () =>
      room.readText(LIMIT, undefined, async (growing: GrowingRoom) => {
        if (isLong) await growing.grow().then(() => grown.push(name))
        await staying(name)
      }),
    )
  const end = (name: string) => ends.get(name)?.shift()?.()
  return { begun, grown, plain, text, end }
}

it('has three searches of one caller, and room for those of others beside them', async () => {
  const room = new PageRoom()
  const { begun, text } = reads(room)
  for (let count = 0; count < 60; count++) void text('greedy')
  void text('other')
  await expect.poll(() => begun).toEqual(['greedy', 'greedy', 'greedy', 'other'])
  expect(room.budget.usedBytes).toBe(4 * MB)
})

it('has the longest page of each caller in turn, within its bytes', async () => {
  const room = new PageRoom()
  const { begun, grown, text, end } = reads(room)
  for (let count = 0; count < 60; count++) void text('greedy', true)
  for (const name of ['b', 'c', 'd']) void text(name, true)
  await expect.poll(() => begun).toEqual(['greedy', 'b'])
  expect(room.budget.usedBytes).toBeLessThanOrEqual(24 * MB)
  end('greedy')
  await expect.poll(() => grown).toEqual(['greedy', 'b', 'c'])
  end('b')
  await expect.poll(() => grown).toEqual(['greedy', 'b', 'c', 'd'])
  expect(room.budget.usedBytes).toBeLessThanOrEqual(24 * MB)
})

it('has the long pages of many administrators end, each of whom has a place beyond the number', async () => {
  const room = new PageRoom()
  let most = 0
  const long = (_: unknown, number: number) =>
    onBehalfOf({ id: `admin ${number}`, isAdmin: true }, () =>
      room.readText(LIMIT, undefined, async ({ grow }) => {
        await grow()
        most = Math.max(most, room.budget.usedBytes)
      }),
    )
  await Promise.all(Array.from({ length: 60 }, long))
  expect(most).toBeLessThanOrEqual(32 * MB)
  expect(room.budget.usedBytes).toBe(0)
})

it('lets a page of another caller pass those that wait', async () => {
  const room = new PageRoom()
  const { begun, plain, end } = reads(room)
  for (let count = 0; count < 50; count++) void plain('greedy')
  void plain('other')
  await expect.poll(() => begun).toEqual(['greedy', 'greedy', 'greedy'])
  end('greedy')
  await expect.poll(() => begun).toEqual(['greedy', 'greedy', 'greedy', 'other'])
})

it('gives all of it back, of reads that failed as well', async () => {
  const room = new PageRoom()
  const failing = (growing: GrowingRoom) => growing.grow().then(() => Promise.reject(new Error('gone')))
  await expect(room.readText(LIMIT, undefined, failing)).rejects.toThrow('gone')
  await expect(room.readPlain(LIMIT, undefined, () => Promise.reject(new Error('gone')))).rejects.toThrow()
  expect(room.budget.usedBytes).toBe(0)
  await expect(room.readText(LIMIT, undefined, async ({ bytes }) => bytes)).resolves.toBe(MB)
})
