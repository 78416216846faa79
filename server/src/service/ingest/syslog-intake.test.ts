import type { LogRecord } from '@timelapser/logger'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Decoded } from '../../ingest/decoded.ts'
import { utcClock } from '../../ingest/time-zone.ts'
import { MAX_WAITING_BYTES_OF_ONE } from './gathering-intake.ts'
import type { IngestService } from './ingest-service.ts'
import { type SyslogConnection, SyslogIntake } from './syslog-intake.ts'

let isAway: boolean
let stored: LogRecord[]
let rejected: number
let troubles: unknown[]
let joining: Record<string, boolean>
let intake: SyslogIntake

beforeEach(() => {
  vi.useFakeTimers()
  isAway = false
  ;[stored, rejected, troubles, joining] = [[], 0, [], {}]
  // The database, away at will.
  const ingest = {
    ingest: async ({ records, rejectedCount }: Decoded) => {
      if (isAway) throw new Error('the database is away')
      stored.push(...records)
      rejected += rejectedCount
    },
    joining: async () => joining,
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
  const [first, second] = [intake.open('10.0.0.1'), intake.open('10.0.0.2')]
  const waiting = first.takeInTurn(long, '', new AbortController().signal).then(() => {
    isTaken = true
  })
  await vi.advanceTimersByTimeAsync(3000)
  expect(isTaken).toBe(false)
  // Others find room.
  await second.takeInTurn(long, '', new AbortController().signal)
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

describe('lines of a connection that belong together', () => {
  const TRACE = [
    'java.io.IOException: away',
    '\tat net.Socket.read(Socket.java:7)',
    'Caused by: java.io.EOFException',
  ]
  const send = async (connection: SyslogConnection, ...lines: string[]) => {
    for (const line of lines) await connection.takeInTurn(Buffer.from(line), '', new AbortController().signal)
  }
  const messages = () => stored.map(({ message }) => message)

  it('are one entry with the line that announces them, within half a second', async () => {
    const connection = intake.open('10.0.0.1')
    await send(connection, '<11>shop: cannot read', ...TRACE, '<14>shop: going on')
    await vi.advanceTimersByTimeAsync(1000)
    expect(messages()).toEqual([`cannot read\n${TRACE.join('\n')}`, 'going on'])
    await send(connection, '<11>shop: again')
    await vi.advanceTimersByTimeAsync(1000)
    await send(connection, TRACE[1] as string)
    connection.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(messages().slice(2)).toEqual(['again', TRACE[1]])
    expect(intake.budget.usedBytes).toBe(0)
  })

  it('never belong to those of another connection, nor to datagrams', async () => {
    const [one, other] = [intake.open('10.0.0.1'), intake.open('10.0.0.1')]
    await send(one, '<11>shop: cannot read')
    await send(other, TRACE[1] as string)
    intake.take(Buffer.from('<11>shop: a datagram'), '10.0.0.1')
    intake.take(Buffer.from(TRACE[1] as string), '10.0.0.1')
    one.end()
    other.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(messages()).toEqual(['a datagram', TRACE[1], 'cannot read', TRACE[1]])
  })

  it('stay apart where people said so, and with a priority are one where people said that', async () => {
    joining = { 'edge-1': false, 'edge-2': true }
    const head = (host: string) => `<11>Nov 29 13:00:00 ${host} shop: cannot read`
    const part = (host: string) => `<11>Nov 29 13:00:00 ${host} shop: \tat net.Socket.read(Socket.java:7)`
    for (const host of ['edge-1', 'edge-2', 'edge-3']) {
      const connection = intake.open(host)
      await send(connection, head(host), part(host))
      connection.end()
    }
    const bare = intake.open('edge-1')
    await send(bare, head('edge-1'), TRACE[1] as string)
    bare.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(stored.map(({ source, message }) => [source, message.split('\n').length])).toEqual([
      ['edge-1', 1],
      ['edge-1', 1],
      ['edge-2', 2],
      ['edge-3', 1],
      ['edge-3', 1],
      ['edge-1', 1],
      ['edge-1', 1],
    ])
  })

  it('begin an entry of their own behind a message that says that all is well', async () => {
    const connection = intake.open('10.0.0.1')
    await send(
      connection,
      '<14>shop: going on',
      'Traceback (most recent call last):',
      '  File "a.py", line 1',
    )
    connection.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(stored).toMatchObject([{ level: 'INFO', message: 'going on' }, { level: 'ERROR' }])
  })

  it('are an error when they are a trace and nothing says their level', async () => {
    const connection = intake.open('10.0.0.1')
    await send(
      connection,
      'Traceback (most recent call last):',
      '  File "a.py", line 1, in <module>',
      'KeyError: 1',
    )
    connection.end()
    await vi.advanceTimersByTimeAsync(1000)
    expect(stored).toMatchObject([{ level: 'ERROR' }])
    expect(stored[0]?.message.split('\n')).toHaveLength(3)
  })
})
