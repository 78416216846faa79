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
async function startServer(ran: string[], name: string, own?: Partial<Jobs>) {
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
    ...own,
  }
  const runner = await startSchedule({
    pool: libraryPool,
    jobs,
    // At seven past the hour the clock asks for more.
    isOnClock: own === undefined,
    onFailure: (_job, error) => ran.push(String(error)),
  })
  ending.push(() => runner.stop())
  return runner
}

it('runs each job once however many servers there are', { tags: ['long'] }, async () => {
  database = await createTestDatabase()
  ending.push(() => database.close())
  const ran: string[] = []
  const runners = await Promise.all(['a', 'b', 'c'].map((name) => startServer(ran, name)))
  const numbers = Array.from({ length: 60 }, (_, number) => number)
  await Promise.all(numbers.map((number) => runners[number % 3]?.addJob('diagnostic', { number })))
  const of = () => ran.filter((line) => line.startsWith('diagnostic'))
  await expect.poll(() => of().length).toBeGreaterThanOrEqual(60)
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
  await expect.poll(() => of().length).toBe(61)
  await runners[0]?.addJob('diagnostic', { number: 101 })
  await expect.poll(() => of().at(-1)).toMatch(/^diagnostic 101 /)
  expect(of().filter((line) => line.startsWith('diagnostic 100 ')).length).toBe(1)
})

it('runs a job while others are not at their end, and one that is asked for again once more after it', async () => {
  database = await createTestDatabase()
  ending.push(() => database.close())
  const ran: string[] = []
  const ends: (() => void)[] = []
  const long = (job: string) => () => {
    ran.push(`${job} begins`)
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  const own = { retention: long('retention'), scrub: long('scrub'), cleared: long('cleared') }
  const first = await startServer(ran, 'a', own)
  const second = await startServer(ran, 'b', own)
  const ask = (job: string) => first.addJob(job, {}, { jobKey: job })
  const begun = (job: string) => ran.filter((line) => line === `${job} begins`).length
  try {
    for (const job of ['retention', 'scrub', 'cleared']) await ask(job)
    await expect.poll(() => ['retention', 'scrub', 'cleared'].map(begun)).toEqual([1, 1, 1])
    // Asked for on both servers while it runs.
    const { pool } = database.database
    const asked = async () =>
      (await pool.query(`select asked from job_runs where name = 'retention'`)).rows[0].asked
    for (const [index, server] of [first, second, first].entries()) {
      await server.addJob('retention', {}, { jobKey: 'retention' })
      await expect.poll(asked).toBe(index + 2)
    }
    await ask('feed')
    await expect.poll(() => ran.filter((line) => line.startsWith('feed')).length).toBe(1)
    expect(begun('retention')).toBe(1)
    ends[ran.filter((line) => line.endsWith('begins')).indexOf('retention begins')]?.()
    await expect.poll(() => begun('retention')).toBe(2)
  } finally {
    const answered = async () => {
      for (const end of ends.splice(0)) end()
      const { rows } = await database.database.pool.query(
        'select 1 from job_runs where asked > answered or finished_at is null or started_at > finished_at',
      )
      return rows.length
    }
    await expect.poll(answered).toBe(0)
  }
  expect(begun('retention')).toBe(2)
})
