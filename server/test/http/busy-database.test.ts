import { randomUUID } from 'node:crypto'
import type { FastifyError, FastifyRequest } from 'fastify'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RECORD_BYTES } from '../../src/record-weight.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server.close())

const request = { routeOptions: { schema: undefined } } as unknown as FastifyRequest

it.each([
  ['53200', 'max_locks_per_transaction'],
  ['53300', 'max_connections'],
  ['55P03', 'for over a minute'],
  ['57P03', 'cannot be reached'],
])('what the database says with %s is told with what to do', (code, words) => {
  const error = Object.assign(new pg.DatabaseError('no', 2, 'error'), { code }) as unknown as FastifyError
  const { status, message, retryAfter } = server.system.app.toAppError(error, request)
  expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: 2 })
  expect(message).toContain(words)
  expect(server.reports).toEqual([])
})

it('what is more than the database takes is refused with Retry-After, and is stored once when it comes again', async () => {
  const LINES = 50
  const batches = Array.from({ length: 5 }, (_, index) => ({
    body: Array.from({ length: LINES }, (_, line) =>
      JSON.stringify({ level: 'INFO', source: `overload_${index}`, message: `line ${line}` }),
    ).join('\n'),
    headers: { 'content-type': 'application/x-ndjson', 'x-sender': randomUUID(), 'x-batch': '1' },
  }))
  const post = ({ body, headers }: (typeof batches)[number]) =>
    server.send('POST', '/api/logs', body, headers)
  const { budget } = server.system.ingestService.bodies
  // The lines of others, on their way: there is room for two batches more.
  const others = budget.open('others')
  others.grow(budget.limitBytes - 2.5 * (LINES * RECORD_BYTES + (batches[0]?.body.length ?? 0)))

  // A database that takes nothing for a while: every amount is more than it takes.
  const holder = await server.database.database.connect()
  await holder.query('begin; lock table logs in access exclusive mode')
  const answers: Answer[] = []
  const refused: typeof batches = []
  const sent = batches.map(async (batch) => {
    const answer = await post(batch)
    answers.push(answer)
    if (answer.status === 503) refused.push(batch)
  })
  await expect.poll(() => answers.length).toBeGreaterThan(0)
  expect(budget.usedBytes).toBeLessThanOrEqual(budget.limitBytes)
  expect(answers.length).toBeLessThan(batches.length)
  for (const { status, body, headers } of answers) {
    expect([status, body.code]).toEqual([503, 'UNAVAILABLE'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  await holder.query('rollback')
  await holder.end()
  await Promise.all(sent)
  others.release()

  for (const batch of refused) expect((await post(batch)).status).toBe(200)
  // The reply to one of the others was lost, as far as its sender knows.
  const [lost] = batches.filter((batch) => !refused.includes(batch))
  expect((await post(lost as (typeof batches)[number])).body.data).toMatchObject({ accepted: LINES })
  const { rows } = await server.database.database.pool.query(
    'select source, count(*)::int as rows, count(distinct message)::int as lines from logs group by source order by source',
  )
  expect(rows).toEqual(
    batches.map((_, index) => ({ source: `overload_${index}`, rows: LINES, lines: LINES })),
  )
  expect(budget.usedBytes).toBe(0)
  expect(server.reports.filter(({ kind }) => kind !== 'request')).toEqual([])
})
