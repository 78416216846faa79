// Two servers evaluate and deliver while lines come early, late and at equal times, and their connections are cut at named
// points: every transition is decided once, none is missing, with the value that a plain model has.
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SeededRandom } from '../src/service/scenarios/seeded-random.ts'
import { type AlertClock, standStill } from './support/alert-clock.ts'
import {
  decide,
  LASTING,
  MINUTE,
  type ModelEntry,
  type ModelRule,
  SHARE_AT_LEAST,
} from './support/alert-model.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { startReceiver } from './support/notice-receiver.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const HITS = 5
const SOURCES = ['a', 'b', 'c']

let database: TestDatabase
let servers: TestServer[]
let clock: AlertClock
let receiver: Awaited<ReturnType<typeof startReceiver>>

beforeAll(async () => {
  receiver = await startReceiver()
  database = await createTestDatabase()
  const environment = { ALERTS_KEY: 'a key of the test alone', ALERTS_ALLOW_LOCAL: 'true' }
  servers = [
    await startTestServer({ database, environment }),
    await startTestServer({ database, environment }),
  ]
  // Behind the real time: lines from the future of the test are no lines from the future for intake.
  clock = await standStill(
    database.database.pool,
    Math.floor(Date.now() / MINUTE) * MINUTE - 12 * 60 * MINUTE,
  )
})
afterAll(async () => {
  for (const server of servers ?? []) await server.close()
  await database?.close()
  await receiver?.close()
})

type Point = 'before COMMIT' | 'between COMMIT and reply' | 'between decision and sending'
const hits = new Map<Point, number>()
let armed: Point | undefined

/** Cuts the connection of a server at the point that is armed, once. */
function cutAtPoints(): () => void {
  const evaluating = new WeakSet<object>()
  const { prototype } = pg.Client
  const query = prototype.query as (...parameters: unknown[]) => unknown
  const cut = (client: object, point: Point): Promise<never> => {
    armed = undefined
    hits.set(point, (hits.get(point) ?? 0) + 1)
    ;(client as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy()
    return Promise.reject(new Error(`cut ${point}`))
  }
  prototype.query = function (this: object, ...parameters: unknown[]) {
    const [asked] = parameters as [string | { name?: string; text?: string }]
    const name = typeof asked === 'string' ? asked : (asked?.name ?? asked?.text)
    if (name === 'lock_alerts') evaluating.add(this)
    if (name === 'begin') evaluating.delete(this)
    if (name === 'commit' && evaluating.has(this)) {
      if (armed === 'before COMMIT') return cut(this, armed)
      if (armed === 'between COMMIT and reply') {
        const point = armed
        return (query.apply(this, parameters) as Promise<unknown>).then(() => cut(this, point))
      }
    }
    const reply = parameters.at(-1) as (error: unknown, result?: pg.QueryResult) => void
    if (name === 'claim_alert_deliveries' && typeof reply === 'function') {
      // The server does not get the claimed deliveries, as if it had died with the answer.
      const heard: typeof reply = (error, result) => {
        if (armed !== 'between decision and sending' || !result?.rowCount) return reply(error, result)
        hits.set(armed, (hits.get(armed) ?? 0) + 1)
        armed = undefined
        reply(new Error('cut between decision and sending'))
      }
      return query.apply(this, [...parameters.slice(0, -1), heard])
    }
    return query.apply(this, parameters)
  } as typeof prototype.query
  return () => {
    prototype.query = query as typeof prototype.query
  }
}

/** Evaluates all there is, on whichever server has its turn; one that is cut leaves the rest to the next. */
async function evaluate(random: SeededRandom): Promise<void> {
  for (;;) {
    const server = servers[random.int(0, 1)]
    const outcome = await server?.system.evaluateAlerts().catch(() => 'more')
    if (outcome === 'idle') return
  }
}

async function addRules(): Promise<Map<number, ModelRule>> {
  const rules = new Map<number, ModelRule>()
  for (const isGrouped of [false, true]) {
    for (const [kind, condition] of [
      ['any', { kind: 'any', minutes: 3 }],
      ['over', { kind: 'count', over: 4, minutes: 4 }],
      ['under', { kind: 'count', under: 3, minutes: 3 }],
      ['silence', { kind: 'silence', minutes: 4 }],
      ['share', { kind: 'share', of: 'q=tick', over: 80, minutes: 3, at_least: SHARE_AT_LEAST }],
      ['mean', { kind: 'number', field: 'ms', over: 50, minutes: 2 }],
      ['lasting', { kind: 'count', over: 1, minutes: 2, for: LASTING }],
    ] as const) {
      // A text in every other rule, so that both ways of matching are tried.
      const query = isGrouped ? 'q=tick&level=ERROR' : 'level=ERROR'
      const { body } = await (servers[0] as TestServer).send('POST', '/api/alerts/rules', {
        ...{ name: `${kind} ${isGrouped}`, query, condition, channels: ['ops'] },
        ...(isGrouped && { group_by: 'source' }),
      })
      const threshold = 'over' in condition ? condition.over : 'under' in condition ? condition.under : 0
      const begun = Date.parse(body.data.rule.begun_at)
      rules.set(body.data.rule.id, { kind, minutes: condition.minutes, threshold, begun, isGrouped })
    }
  }
  return rules
}

it.each([1, 2, 3])(
  'decides as the model does, once, whatever is cut (%i)',
  async (seed) => {
    const random = new SeededRandom(seed)
    const [server] = servers as [TestServer]
    await server.send('POST', '/api/alerts/channels', { name: 'ops', webhook: { url: receiver.url } })
    for (const { id } of (await server.get('/api/alerts')).body.data.rules) {
      await server.send('DELETE', `/api/alerts/rules/${id}`)
    }
    receiver.received.length = 0
    // Nothing evaluated while there were no rules: the first step of all is about that gap alone.
    const rules = await addRules()
    await evaluate(random)
    const restore = cutAtPoints()
    try {
      for (let step = 0; step < 220; step++) {
        const points = ['before COMMIT', 'between COMMIT and reply', 'between decision and sending'] as const
        // One that was not come to yet stays: the deliverer looks at its own times.
        if (random.int(0, 3) === 0) armed ??= points[random.int(0, 2)]
        const writers = random.int(0, 3)
        await Promise.all(
          Array.from({ length: writers }, async (_, writer) => {
            const lines = Array.from({ length: random.int(1, 4) }, () => ({
              timestamp: new Date(clock.now - latenessOf(random)).toISOString(),
              ...{ level: random.int(0, 4) === 0 ? 'INFO' : 'ERROR', message: 'tick' },
              extra_data: { ms: random.int(0, 100) },
              source: SOURCES[random.int(0, SOURCES.length - 1)],
            }))
            const { body } = await (servers[writer % 2] as TestServer).send('POST', '/api/logs', lines)
            expect(body.data?.accepted).toBe(lines.length)
          }),
        )
        if (random.int(0, 2) > 0) await evaluate(random)
        // Before the clock moves all is evaluated: more than a minute without would be an outage.
        await evaluate(random)
        const quiet = random.int(0, 9) === 0 ? 8 : 1
        for (let minute = 0; minute < quiet; minute++) {
          await clock.set(clock.now + (quiet > 1 ? MINUTE : random.int(0, 50) * 1000))
          await evaluate(random)
        }
      }
      for (const point of ['before COMMIT', 'between COMMIT and reply'] as const) {
        while ((hits.get(point) ?? 0) < HITS * seed) {
          armed = point
          await clock.set(clock.now + 20_000)
          await evaluate(random)
        }
      }
    } finally {
      armed = undefined
      restore()
    }
    await evaluate(random)
    const { pool } = database.database
    const entries = await readEntries(pool)
    for (const [id, rule] of rules) {
      const { rows } = await pool.query<{ group: string; kind: string; at: string; value: number }>(
        `select group_key as "group", kind, at, value from alert_transitions where rule_id = $1 order by group_key, id`,
        [id],
      )
      const decided = rows.map((row) => ({ ...row, at: Date.parse(row.at) }))
      const mine = entries.filter(({ committed }) => committed >= rule.begun)
      const wanted = decide(rule, mine, clock.now)
      expect(decided, `${rule.kind}, ${rule.isGrouped ? 'grouped' : 'together'}`).toEqual(wanted)
      expect(wanted.length).toBeGreaterThan(1)
    }
    await expectDelivered(pool)
  },
  600_000,
)

it('was cut at each point', () => {
  expect(Object.fromEntries(hits)).toMatchObject({
    'before COMMIT': expect.any(Number),
    'between COMMIT and reply': expect.any(Number),
    'between decision and sending': expect.any(Number),
  })
  for (const count of hits.values()) expect(count).toBeGreaterThanOrEqual(HITS)
})

/** Now, within the minute, minutes ago, and sometimes a little ahead. */
function latenessOf(random: SeededRandom): number {
  const kind = random.int(0, 9)
  if (kind < 5) return 0
  if (kind < 7) return random.int(0, 90_000)
  if (kind < 9) return random.int(2 * MINUTE, 25 * MINUTE)
  return -random.int(0, 90_000)
}

async function readEntries(pool: pg.Pool): Promise<ModelEntry[]> {
  const { rows } = await pool.query<{
    id: number
    committed: string
    source: string | null
    at: string
    is_error: boolean
    ms: number
  }>(`
    select f.id, f.created_at as committed, l.source, l.timestamp as at, l.level = 'ERROR' as is_error,
      (l.extra_data ->> 'ms')::integer as ms
    from log_feed f
    left join logs l on l.id between f.first_id and f.last_id and l.message = 'tick'
    order by f.id, l.id`)
  return [...Map.groupBy(rows, ({ id }) => id)].map(([id, of]) => ({
    id,
    committed: Date.parse(of[0]?.committed ?? ''),
    lines: of.flatMap(({ source, at, is_error, ms }) =>
      source === null ? [] : [{ source, at: Date.parse(at), isError: is_error, ms }],
    ),
  }))
}

/** Every notice in the outbox arrives, at least once and always under its own id. */
async function expectDelivered(pool: pg.Pool): Promise<void> {
  await expect
    .poll(async () => {
      // Deliveries that a cut server had claimed are free again after their lease.
      await clock.set(clock.now + 20_000)
      const { rows } = await pool.query(`select count(*) as n from alert_deliveries where state <> 'sent'`)
      return rows[0].n
    })
    .toBe(0)
  const { rows } = await pool.query<{ id: number }>(
    'select d.id from alert_deliveries d join alert_rules r on r.id = d.rule_id',
  )
  const arrived = new Set(
    receiver.received.map(({ headers }) => /^alert-(\d+)-/.exec(`${headers['x-alert-id']}`)?.[1]),
  )
  expect(rows.filter(({ id }) => !arrived.has(String(id)))).toEqual([])
}
