import { afterAll, beforeEach, expect } from 'vitest'
import { standStill } from './alert-clock.ts'
import { startReceiver } from './notice-receiver.ts'
import { startTestServer } from './server.ts'

export const MINUTE = 60_000

/**
 * A server for tests of alerts, on a clock that the test moves, with an address that takes the notices of the channel `ops`
 * and two readers: `ann`, and `ben`, who sees the camera 1 alone. Each test begins without rules and notices.
 */
export async function startAlerts() {
  const receiver = await startReceiver()
  const server = await startTestServer({
    environment: {
      ALERTS_KEY: 'a key of the test alone',
      ALERTS_ALLOW_LOCAL: 'true',
      ALERTS_HEARTBEAT_URL: `http://127.0.0.1:${receiver.port}/beat`,
      PUBLIC_URL: 'https://logs.example.org',
    },
  })
  afterAll(async () => {
    await server.close()
    await receiver.close()
  })
  // Behind the real time: lines from the future of the test are no lines from the future for intake.
  const clock = await standStill(
    server.database.database.pool,
    Math.floor(Date.now() / MINUTE) * MINUTE - 12 * 60 * MINUTE,
  )
  const keys = new Map<string, Record<string, string>>()
  for (const [name, body] of [
    ['ann', { scope: 'read' }],
    ['ben', { scope: 'read', cameras: [1] }],
  ] as const) {
    const created = await server.send('POST', '/api/keys', { name, ...body })
    keys.set(name, { authorization: `Bearer ${created.body.data.secret}` })
  }
  const made = await server.send('POST', '/api/alerts/channels', {
    name: 'ops',
    webhook: { url: receiver.url, secret: 'signs every notice' },
  })
  expect(made.body.data?.channel).toMatchObject({
    name: 'ops',
    kind: 'webhook',
    target: `127.0.0.1:${receiver.port}`,
  })

  beforeEach(async () => {
    const { rules } = (await server.get('/api/alerts')).body.data
    for (const { id } of rules) await server.send('DELETE', `/api/alerts/rules/${id}`)
    receiver.received.length = 0
    receiver.answerWith({ status: 200 })
  })

  /** Evaluates all that is committed, at the clock's present. */
  async function evaluate(): Promise<void> {
    for (;;) {
      const outcome = await server.system.evaluateAlerts()
      if (outcome === 'idle') return
    }
  }

  return {
    ...{ server, clock, receiver, evaluate },

    as: (who: 'ann' | 'ben', method: string, path: string, body?: unknown) =>
      server.send(method, path, body, keys.get(who)),

    async addRule(rule: object): Promise<number> {
      const { status, body } = await server.send('POST', '/api/alerts/rules', { channels: ['ops'], ...rule })
      expect([status, body.message]).toEqual([201, 'Alert rule saved'])
      return body.data.rule.id
    },

    /** Lets minutes go by one at a time: servers are there all the while. */
    async pass(minutes: number): Promise<void> {
      for (let minute = 0; minute < minutes; minute++) {
        await evaluate()
        await clock.set(clock.now + MINUTE)
      }
      await evaluate()
    },

    async log(line: object, ago = 0): Promise<void> {
      const timestamp = new Date(clock.now - ago).toISOString()
      const { body } = await server.send('POST', '/api/logs', {
        timestamp,
        level: 'ERROR',
        message: 'broken',
        ...line,
      })
      expect(body.data?.accepted).toBe(1)
    },

    /** Has the evaluation find all of it in one step. */
    async whileNobodyEvaluates(work: () => Promise<void>): Promise<void> {
      const client = await server.database.database.pool.connect()
      try {
        await client.query('begin')
        await client.query('select pg_advisory_xact_lock(7469010)')
        await work()
      } finally {
        await client.query('rollback')
        client.release()
      }
      await evaluate()
    },

    async stateOf(rule: number): Promise<Record<string, string>> {
      const { rules } = (await server.get('/api/alerts')).body.data
      const { groups } = rules.find(({ id }: { id: number }) => id === rule)
      return Object.fromEntries(
        groups.map((one: { group_key: string; state: string }) => [one.group_key, one.state]),
      )
    },

    arrived: (kind: string) => receiver.received.filter(({ body }) => body?.kind === kind),
  }
}
