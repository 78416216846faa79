import type { FastifyError, FastifyRequest } from 'fastify'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

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
