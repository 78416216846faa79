import { expect, it } from 'vitest'
import { SystemWatch, type Trouble } from './system-watch.ts'

it('puts each trouble into words once, and once that it is over', async () => {
  const now = {
    lateJobs: 0,
    feedLagSeconds: null as number | null,
    spooledRows: 0,
    dropped: 2,
    refused: 5,
    faults: 0,
  }
  const said: string[] = []
  const watch = new SystemWatch({
    figures: async () => now,
    ownLog: () => now,
    refusedRows: () => now.refused,
    auditFaults: async () => now.faults,
    onTrouble: ({ name, isOver, message }: Trouble) =>
      said.push(isOver ? `${name} is over` : `${name}: ${message}`),
    onFailure: (error) => said.push(String(error)),
  })
  await watch.look(true)
  expect(said).toEqual([])
  Object.assign(now, {
    lateJobs: 2,
    feedLagSeconds: 90.4,
    spooledRows: 500,
    dropped: 3,
    refused: 7,
    faults: 1,
  })
  await watch.look()
  await watch.look(true)
  expect(said).toEqual([
    'intake: 3 lines were refused or lost in the last minutes',
    'spool: 500 lines of the server wait on disk',
    'jobs: 2 jobs are late',
    'feed: Stored lines reach this server 90 seconds late',
    'intake is over',
    'audit: The chain of the audit trail is broken in 1 places',
  ])
  said.length = 0
  Object.assign(now, { lateJobs: 0, feedLagSeconds: 0, spooledRows: 0 })
  await watch.look()
  // Nobody looked at the audit trail anew.
  expect(said).toEqual(['spool is over', 'jobs is over', 'feed is over'])
})
