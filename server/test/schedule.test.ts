import { afterEach, expect, it } from 'vitest'
import { type Jobs, startSchedule } from '../src/jobs/schedule.ts'
import { openDatabase } from '../src/store/database/open.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'

let database: TestDatabase
const ending: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

/** A server's schedule whose jobs write down that they ran. */
async function startServer(ran: string[], name: string) {
  const { libraryPool, close } = await openDatabase({ connection: database.connection })
  ending.push(close)
  const note = (job: string) => async () => void ran.push(`${job} at ${name}`)
  const jobs: Jobs = {
    retention: note('retention'),
    cleared: note('cleared'),
    cameras: note('cameras'),
    feed: note('feed'),
    scrub: note('scrub'),
    diagnostic: async (payload) =>
      void ran.push(`diagnostic ${(payload as { number: number }).number} at ${name}`),
  }
  const runner = await startSchedule({
    pool: libraryPool,
    jobs,
    onFailure: (_job, error) => ran.push(String(error)),
  })
  ending.push(() => runner.stop())
  return runner
}

it('runs each job once however many servers there are', async () => {
  database = await createTestDatabase()
  ending.push(() => database.close())
  const ran: string[] = []
  const runners = await Promise.all(['a', 'b', 'c'].map((name) => startServer(ran, name)))
  const numbers = Array.from({ length: 60 }, (_, number) => number)
  await Promise.all(numbers.map((number) => runners[number % 3]?.addJob('diagnostic', { number })))
  const of = () => ran.filter((line) => line.startsWith('diagnostic'))
  await expect.poll(() => of().length, { timeout: 15_000 }).toBeGreaterThanOrEqual(60)
  expect(
    of()
      .map((line) => Number(line.split(' ')[1]))
      .toSorted((a, b) => a - b),
  ).toEqual(numbers)
  // Asked for by all of them at once under its key, it is still one job.
  const runAt = new Date(Date.now() + 500)
  await Promise.all(
    runners.map((runner) => runner.addJob('diagnostic', { number: 100 }, { jobKey: 'one', runAt })),
  )
  await expect.poll(() => of().length, { timeout: 15_000 }).toBe(61)
  await runners[0]?.addJob('diagnostic', { number: 101 })
  await expect.poll(() => of().at(-1), { timeout: 15_000 }).toMatch(/^diagnostic 101 /)
  expect(of().filter((line) => line.startsWith('diagnostic 100 ')).length).toBe(1)
})
