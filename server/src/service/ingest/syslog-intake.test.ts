import type { LogRecord } from '@timelapser/logger'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Decoded } from '../../ingest/decoded.ts'
import { utcClock } from '../../ingest/time-zone.ts'
import { MAX_WAITING_BYTES_OF_ONE } from './gathering-intake.ts'
import type { IngestService } from './ingest-service.ts'
import { SyslogIntake } from './syslog-intake.ts'

let isAway: boolean
let stored: LogRecord[]
let rejected: number
let troubles: unknown[]
let intake: SyslogIntake

beforeEach(() => {
  vi.useFakeTimers()
  isAway = false
  ;[stored, rejected, troubles] = [[], 0, []]
  // The database, away at will.
  const ingest = {
    ingest: async ({ records, rejectedCount }: Decoded) => {
      if (isAway) throw new Error('the database is away')
      stored.push(...records)
      rejected += rejectedCount
    },
  } as unknown as IngestService
  intake = new SyslogIntake({
    ...{ ingest, cameras: new Map(), clock: utcClock },
    onTrouble: (error) => troubles.push(error),
  })
})
afterEach(() => vi.useRealTimers())

const take = (count: number) => {
  for (let index = 0; index < count; index += 1) intake.take(Buffer.from(`<13>message ${index}`), '10.0.0.1')
}

it('stores what came within a tenth of a second', async () => {
  take(3)
  expect(stored).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(100)
  expect(stored.map(({ message }) => message)).toEqual(['message 0', 'message 1', 'message 2'])
})

it('keeps what comes while the database is away, in order, and complains once', async () => {
  isAway = true
  take(10)
  await vi.advanceTimersByTimeAsync(5000)
  take(10)
  await vi.advanceTimersByTimeAsync(5000)
  expect([stored.length, troubles.length]).toEqual([0, 1])
  isAway = false
  await vi.advanceTimersByTimeAsync(2000)
  expect(stored).toHaveLength(20)
  expect(stored[10]?.message).toBe('message 0')
})

it('holds connections back when much waits of one sender, and counts datagrams that are too much', async () => {
  isAway = true
  const long = Buffer.from(`<13>${'x'.repeat(250_000)}`)
  for (let index = 0; index < 40; index += 1) intake.take(long, '10.0.0.1')
  const kept = Math.floor(MAX_WAITING_BYTES_OF_ONE / 250_000)
  expect(intake.budget.heldBy('10.0.0.1')).toBeLessThanOrEqual(MAX_WAITING_BYTES_OF_ONE)
  let isTaken = false
  const waiting = intake.takeInTurn(long, '10.0.0.1', new AbortController().signal).then(() => {
    isTaken = true
  })
  await vi.advanceTimersByTimeAsync(3000)
  expect(isTaken).toBe(false)
  // Others find room.
  await intake.takeInTurn(long, '10.0.0.2', new AbortController().signal)
  isAway = false
  await vi.advanceTimersByTimeAsync(3000)
  await waiting
  await vi.advanceTimersByTimeAsync(3000)
  expect([stored.length, rejected, intake.budget.usedBytes]).toEqual([kept + 2, 40 - kept, 0])
})

it('stores what waits when it is closed, and does not wait for a database that is away', async () => {
  take(2)
  await intake.close()
  expect(stored).toHaveLength(2)
  isAway = true
  take(1)
  await intake.close()
  expect(stored).toHaveLength(2)
  expect(String(troubles.at(-1))).toContain('1 syslog messages could not be stored')
})
