// Alerts from a rule over the API to a notice that arrives, on a clock that the test moves.
import { createHmac } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AlertEvaluator } from '../../src/service/alerts/alert-evaluator.ts'
import { AlertWatchdog } from '../../src/service/alerts/watchdog.ts'
import { type AlertClock, standStill } from '../support/alert-clock.ts'
import { startReceiver } from '../support/notice-receiver.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const MINUTE = 60_000

let server: TestServer
let clock: AlertClock
let receiver: Awaited<ReturnType<typeof startReceiver>>
const keys = new Map<string, Record<string, string>>()

beforeAll(async () => {
  receiver = await startReceiver()
  server = await startTestServer({
    environment: {
      ALERTS_KEY: 'a key of the test alone',
      ALERTS_ALLOW_LOCAL: 'true',
      ALERTS_HEARTBEAT_URL: `http://127.0.0.1:${receiver.port}/beat`,
      PUBLIC_URL: 'https://logs.example.org',
    },
  })
  // Behind the real time: lines from the future of the test are no lines from the future for intake.
  clock = await standStill(
    server.database.database.pool,
    Math.floor(Date.now() / MINUTE) * MINUTE - 12 * 60 * MINUTE,
  )
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
})
afterAll(async () => {
  await server?.close()
  await receiver?.close()
})

beforeEach(async () => {
  const { rules } = (await server.get('/api/alerts')).body.data
  for (const { id } of rules) await server.send('DELETE', `/api/alerts/rules/${id}`)
  receiver.received.length = 0
  receiver.answerWith({ status: 200 })
})

const as = (who: string, method: string, path: string, body?: unknown) =>
  server.send(method, path, body, keys.get(who))

async function addRule(rule: object): Promise<number> {
  const { status, body } = await server.send('POST', '/api/alerts/rules', { channels: ['ops'], ...rule })
  expect([status, body.message]).toEqual([201, 'Alert rule saved'])
  return body.data.rule.id
}

/** Evaluates all that is committed, at the clock's present. */
async function evaluate(): Promise<void> {
  for (;;) {
    const outcome = await server.system.evaluateAlerts()
    if (outcome === 'idle') return
  }
}

/** Lets minutes go by one at a time: servers are there all the while. */
async function pass(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await evaluate()
    await clock.set(clock.now + MINUTE)
  }
  await evaluate()
}

async function log(line: object, ago = 0): Promise<void> {
  const timestamp = new Date(clock.now - ago).toISOString()
  const { body } = await server.send('POST', '/api/logs', {
    timestamp,
    level: 'ERROR',
    message: 'broken',
    ...line,
  })
  expect(body.data?.accepted).toBe(1)
}

/** Has the evaluation find all of it in one step. */
async function whileNobodyEvaluates(work: () => Promise<void>): Promise<void> {
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
}

async function stateOf(rule: number): Promise<Record<string, string>> {
  const { rules } = (await server.get('/api/alerts')).body.data
  const { groups } = rules.find(({ id }: { id: number }) => id === rule)
  return Object.fromEntries(
    groups.map((one: { group_key: string; state: string }) => [one.group_key, one.state]),
  )
}

const arrived = (kind: string) => receiver.received.filter(({ body }) => body?.kind === kind)

describe('a rule for any line', () => {
  it('tells at once, with the line, a link and a signature, and again when it is over', async () => {
    const id = await addRule({
      name: 'Errors',
      query: 'min_level=ERROR',
      condition: { kind: 'any' },
      note: 'Call Eve.',
    })
    await log({ level: 'INFO', message: 'all is well' })
    await log({ message: 'the shutter is stuck', source: 'worker' })
    await evaluate()
    await expect.poll(() => arrived('firing').length).toBe(1)
    const [notice] = arrived('firing')
    expect(notice?.body).toMatchObject({
      rule: { id, name: 'Errors', severity: 'warning', condition: 'any line', note: 'Call Eve.' },
      title: '[FIRING] Errors',
      groups: [{ key: '', value: 1, late_ms: 0 }],
      lines: [{ level: 'ERROR', source: 'worker', message: 'the shutter is stuck' }],
    })
    expect(notice?.body.link).toMatch(/^https:\/\/logs\.example\.org\/logs\?min_level=ERROR&from=.+&to=.+/)
    const {
      'x-alert-timestamp': at,
      'x-alert-signature': signature,
      'x-alert-id': alertId,
    } = notice?.headers ?? {}
    const signed = createHmac('sha256', 'signs every notice').update(`${at}.${notice?.text}`).digest('hex')
    expect([signature, alertId]).toEqual([`sha256=${signed}`, notice?.body.id])
    expect(await stateOf(id)).toEqual({ '': 'firing' })

    await log({ message: 'the shutter is stuck again' })
    await pass(4)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
    await pass(2)
    expect(await stateOf(id)).toEqual({ '': 'resolved' })
    await expect.poll(() => arrived('resolved').length).toBe(1)
    expect(arrived('firing')).toHaveLength(1)
    expect(arrived('resolved')[0]?.body.dedup_key).toBe(notice?.body.dedup_key)
  })

  it('says by how much a line is late', async () => {
    await addRule({ name: 'Late', query: 'source=spool', condition: { kind: 'any' } })
    await log({ source: 'spool' }, 125 * MINUTE)
    await evaluate()
    await expect.poll(() => arrived('firing').length).toBe(1)
    expect(arrived('firing')[0]?.body.groups[0].late_ms).toBe(125 * MINUTE)
    expect(arrived('firing')[0]?.body.text).toContain('late by 2 h 5 min')
  })

  it('leaves out what was committed before the rule, and lines of the server itself', async () => {
    await log({ source: 'past' })
    const id = await addRule({ name: 'Past', query: 'min_level=ERROR', condition: { kind: 'any' } })
    await log({ source: 'worker', logger_name: 'timelapser_logs.jobs', message: 'The job alerts failed' })
    await log({ level: 'INFO' })
    await evaluate()
    expect(await stateOf(id)).toEqual({})
  })

  it('leaves out imported lines, also those that came beside live ones', async () => {
    const id = await addRule({ name: 'Live', query: '', condition: { kind: 'any' }, group_by: 'source' })
    const send = (source: string, headers: Record<string, string>) =>
      server.send('POST', '/api/logs', { level: 'ERROR', message: 'broken', source }, headers)
    const isImport = { 'x-import': 'true' }
    const sent = ['a', 'b', 'c', 'd'].flatMap((name) => [
      send(`old_${name}`, isImport),
      send(`new_${name}`, {}),
    ])
    for (const { body } of await Promise.all(sent)) expect(body.data.accepted).toBe(1)
    await evaluate()
    const firing = 'firing'
    expect(await stateOf(id)).toEqual({ new_a: firing, new_b: firing, new_c: firing, new_d: firing })
  })

  it('compares text as the list does', async () => {
    const query = 'q=rtsp%20-%22back%20again%22&source=api'
    const id = await addRule({ name: 'RTSP', query, condition: { kind: 'any' }, group_by: 'logger_name' })
    for (const [message, source, logger_name] of [
      ['RTSP timeout', 'api', 'a.b'],
      ['rtsp is back again', 'api', 'a.c'],
      ['rtsp timeout', 'other', 'a.d'],
    ]) {
      await log({ message, source, logger_name, level: 'INFO' })
    }
    await log({ message: 'RTSP timeout', source: 'api', logger_name: 'a.b' })
    await log({ message: 'nothing', source: 'api', logger_name: 'a.e' })
    await evaluate()
    expect(await stateOf(id)).toEqual({ 'a.b': 'firing' })
  })
})

describe('a rule that counts', () => {
  it('fires above the threshold in a window of the lines own time, once, and ends with the window', async () => {
    const id = await addRule({
      name: 'Rate',
      query: 'level=ERROR',
      condition: { kind: 'count', over: 3, minutes: 5 },
      group_by: 'source',
    })
    for (let line = 0; line < 3; line++) await log({ source: 'a' }, line * MINUTE)
    await log({ source: 'b' })
    await evaluate()
    expect(await stateOf(id)).toEqual({ a: 'normal', b: 'normal' })
    await log({ source: 'a' })
    await evaluate()
    expect(await stateOf(id)).toEqual({ a: 'firing', b: 'normal' })
    await log({ source: 'a' })
    await pass(3)
    expect(await stateOf(id)).toMatchObject({ a: 'firing' })
    await pass(4)
    expect(await stateOf(id)).toMatchObject({ a: 'resolved' })
    // A notice of the rule before may still be on its way.
    const told = () => receiver.received.filter(({ body }) => body.rule.id === id)
    await expect.poll(() => told().map(({ body }) => body.kind)).toEqual(['firing', 'resolved'])
  })

  it('makes one late notice of an hour that a spool delivers at once', async () => {
    await addRule({ name: 'Spool', query: '', condition: { kind: 'count', over: 2, minutes: 5 } })
    const lines = Array.from({ length: 180 }, (_, index) => ({
      timestamp: new Date(clock.now - 3 * 60 * MINUTE + index * 20_000).toISOString(),
      message: `spooled ${index}`,
    }))
    for (let from = 0; from < 180; from += 20) {
      await server.send('POST', '/api/logs', lines.slice(from, from + 20))
      await evaluate()
    }
    await pass(10)
    await expect.poll(() => receiver.received.map(({ body }) => body.kind)).toEqual(['firing', 'resolved'])
    expect(arrived('firing')[0]?.body.groups[0].late_ms).toBeGreaterThan(MINUTE)
  })

  it('fires below the threshold when the window and its grace are over', async () => {
    const id = await addRule({
      name: 'Few',
      query: 'source=beat',
      condition: { kind: 'count', under: 2, minutes: 3 },
    })
    for (let minute = 0; minute < 6; minute++) {
      await log({ source: 'beat' })
      await pass(1)
    }
    expect(await stateOf(id)).toEqual({ '': 'normal' })
    await pass(2)
    expect(await stateOf(id)).toEqual({ '': 'normal' })
    await pass(2)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
    for (let minute = 0; minute < 4; minute++) {
      await log({ source: 'beat' })
      await pass(1)
    }
    await pass(1)
    expect(await stateOf(id)).toEqual({ '': 'resolved' })
  })
})

describe('a rule for a share', () => {
  const share = {
    name: 'Error share',
    query: 'min_level=ERROR',
    condition: { kind: 'share', of: 'source=api', over: 25, minutes: 3, at_least: 4 },
  }

  it('fires when the lines of one search are too large a part of those of another', async () => {
    const id = await addRule(share)
    const lines = async (levels: readonly string[], source = 'api') => {
      for (const level of levels) await log({ level, source })
      await pass(1)
    }
    await lines(['INFO', 'INFO', 'INFO', 'ERROR'])
    await lines(['ERROR', 'ERROR', 'ERROR'], 'other')
    await lines(['INFO'])
    await pass(2)
    // One of five.
    expect(await stateOf(id)).toEqual({ '': 'normal' })
    await lines(['ERROR', 'ERROR', 'INFO', 'INFO'])
    await pass(1)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
    await expect.poll(() => arrived('firing').length).toBe(1)
    expect(arrived('firing')[0]?.body).toMatchObject({
      rule: { condition: 'over 25 % of the lines of source=api in 3 minutes' },
      text: expect.stringMatching(/^50 % in the 3 minutes to .*, over 25 % of the lines of source=api\.$/),
    })
    expect(arrived('firing')[0]?.body.lines).toHaveLength(2)
    expect(arrived('firing')[0]?.body.link).toMatch(/min_level=ERROR&source=api&from=/)
    // Too few lines say nothing, also not that it is over.
    await pass(10)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
    await lines(['INFO', 'INFO', 'INFO', 'INFO'])
    await pass(1)
    expect(await stateOf(id)).toEqual({ '': 'resolved' })
  })
})

describe('a rule for a number', () => {
  const measured = (condition: object) => ({
    name: 'Slow uploads',
    query: 'source=worker',
    condition: { kind: 'number', field: 'upload.ms', minutes: 2, ...condition },
  })
  const upload = (ms: unknown) => log({ level: 'INFO', source: 'worker', extra_data: { upload: { ms } } })

  it.each([
    ['mean', { over: 150 }, [100, 100, 100, 1000], 'mean upload.ms 325'],
    ['max', { over: 500 }, [100, 501], 'largest upload.ms 501'],
    ['min', { under: -3.5 }, [-4, 10], 'least upload.ms -4'],
    [
      'p95',
      { over: 900 },
      [...Array<number>(18).fill(100), 1000, 1000],
      '95th percentile of upload.ms 1,000',
    ],
  ] as const)('holds the %s of a window against a limit', async (measure, limit, numbers, said) => {
    const id = await addRule({ ...measured({ measure, ...limit }), group_by: 'source' })
    // Texts, and numbers that no double holds, are no numbers.
    for (const value of ['900', null, { a: 1 }]) await upload(value)
    for (const value of numbers.slice(0, 1)) await upload(value)
    await pass(1)
    const { body } = await server.send(
      'POST',
      '/api/logs',
      numbers.slice(1).map((ms) => ({
        ...{ timestamp: new Date(clock.now).toISOString(), level: 'INFO', message: 'up', source: 'worker' },
        extra_data: { upload: { ms } },
      })),
    )
    expect(body.data.accepted).toBe(numbers.length - 1)
    await pass(2)
    expect(await stateOf(id)).toEqual({ worker: 'firing' })
    await expect.poll(() => arrived('firing').length).toBe(1)
    expect(arrived('firing')[0]?.body.text).toContain(said)
    const preview = await server.send('POST', '/api/alerts/rules/preview', {
      rule: { ...measured({ measure, ...limit }), name: undefined, group_by: 'source' },
    })
    expect(preview.body.data.incidents.at(-1)).toMatchObject({ label: 'worker' })
  })

  it('is not stopped by a number that is out of all bounds', async () => {
    const id = await addRule(measured({ over: 5 }))
    const huge = `{"timestamp":"${new Date(clock.now).toISOString()}","level":"INFO","message":"x","source":"worker","extra_data":{"upload":{"ms":1e999}}}`
    const { status } = await server.send('POST', '/api/logs', huge, {
      'content-type': 'application/x-ndjson',
    })
    expect(status).toBeLessThan(400)
    await upload(10)
    await pass(3)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
    await expect.poll(() => arrived('firing').length).toBe(1)
  })
})

describe('a rule for new kinds of message', () => {
  const fresh = { name: 'New error', query: 'min_level=WARNING', condition: { kind: 'new', minutes: 3 } }

  it('fires once for each kind, whatever time its lines are of, and knows those there were', async () => {
    await log({ message: 'disk 1 is full' })
    const id = await addRule(fresh)
    await log({ message: 'disk 2 is full' })
    await log({ level: 'WARNING', message: 'disk 3 is full' }, 26 * 60 * MINUTE)
    await log({ message: 'lens 4 is dirty' })
    await log({ level: 'INFO', message: 'all is new' })
    await evaluate()
    expect(await stateOf(id)).toEqual({
      'WARNING disk <n> is full': 'firing',
      'ERROR lens <n> is dirty': 'firing',
    })
    await expect.poll(() => arrived('firing').length).toBe(2)
    const late = arrived('firing').find(({ body }) => body.title.includes('WARNING disk'))
    expect(late?.body).toMatchObject({
      title: '[FIRING] New error: WARNING disk <n> is full',
      text: expect.stringContaining('late by 26 h'),
      lines: [{ message: 'disk 3 is full' }],
    })
    await log({ message: 'lens 5 is dirty' })
    await pass(4)
    expect(Object.values(await stateOf(id))).toEqual(['resolved', 'resolved'])
    await log({ message: 'lens 6 is dirty' })
    await pass(1)
    expect(Object.values(await stateOf(id))).toEqual(['resolved', 'resolved'])
    expect(arrived('firing')).toHaveLength(2)
    const { body } = await server.send('POST', '/api/alerts/rules/preview', {
      rule: { query: fresh.query, condition: fresh.condition },
    })
    expect(body.data.incidents.map(({ label }: { label: string }) => label)).toContain(
      'ERROR lens <n> is dirty',
    )
  })
})

it('fires no second time for a kind whose incident ended in the step in which the next line came', async () => {
  const id = await addRule({
    name: 'New once',
    query: 'min_level=WARNING',
    condition: { kind: 'new', minutes: 1 },
  })
  await log({ message: 'mirror 4 is bent' })
  await evaluate()
  await whileNobodyEvaluates(async () => {
    await clock.set(clock.now + MINUTE)
    await log({ message: 'mirror 5 is bent' })
  })
  expect(await stateOf(id)).toEqual({ 'ERROR mirror <n> is bent': 'resolved' })
  await expect.poll(() => receiver.received.map(({ body }) => body.kind)).toEqual(['firing', 'resolved'])
})

describe('a rule grouped by a field', () => {
  const site = (value: unknown) => ({ source: 'sites', extra_data: { site: { id: value } } })

  it('has an alert for each value, which leads to its lines, and shows when it would have fired', async () => {
    const rule = {
      ...{ name: 'Sites', query: 'source=sites', group_by: 'extra_data.site.id' },
      condition: { kind: 'count', over: 1, minutes: 5 },
    }
    const id = await addRule(rule)
    const values = [
      'north gate',
      'north gate',
      7,
      7,
      'x'.repeat(201),
      'y'.repeat(201),
      ['a'],
      '',
      null,
      'alone',
    ]
    for (const value of values) await log(site(value))
    await evaluate()
    const firing = 'firing'
    expect(await stateOf(id)).toEqual({
      ...{ 'north gate': firing, 7: firing, '(others)': firing, alone: 'normal' },
    })
    await expect.poll(() => arrived('firing').length).toBe(3)
    const north = arrived('firing').find(({ body }) => body.groups[0].key === 'north gate')?.body
    expect(north.rule.condition).toBe('more than 1 line in 5 minutes, for each extra_data.site.id')
    expect(north.lines).toHaveLength(2)
    // The link finds the lines of the group and no others, also for a number.
    for (const [key, count] of [
      ['north gate', 2],
      ['7', 2],
    ] as const) {
      const link = arrived('firing').find(({ body }) => body.groups[0].key === key)?.body.link
      const q = new URL(link).searchParams.get('q') ?? ''
      const found = await server.get(`/api/logs?${new URLSearchParams({ source: 'sites', q })}`)
      expect(found.body.data.logs).toHaveLength(count)
    }
    const why = await server.get(`/api/alerts/rules/${id}/why?group_key=7`)
    expect(why.body.data).toMatchObject({ state: firing, windows: [{ value: 2 }] })
    await clock.set(clock.now + MINUTE)
    const { name: _, ...tried } = rule
    const preview = await server.send('POST', '/api/alerts/rules/preview', { rule: tried, days: 1 })
    const labels = preview.body.data.incidents.map(({ label }: { label: string }) => label)
    expect(labels.toSorted()).toEqual(['(others)', '7', 'north gate'])
  })

  it('puts values beyond the groups that a rule may have into one', async () => {
    const id = await addRule({
      ...{ name: 'Many', query: 'source=sites', group_by: 'extra_data.site.id' },
      condition: { kind: 'any' },
    })
    await server.database.database.pool.query(
      `insert into alert_states (rule_id, group_key, state, since)
       select $1, 'site ' || n, 'normal', log_clock() from generate_series(1, 10000) n`,
      [id],
    )
    for (const value of ['site 1', 'one more', 'and another']) {
      await log(site(value))
      await evaluate()
    }
    // In one step, each in a group of its own.
    const lines = Array.from({ length: 100 }, (_, index) => ({
      ...{ level: 'INFO', message: 'x', timestamp: new Date(clock.now).toISOString() },
      ...site(`further ${index}`),
    }))
    await server.send('POST', '/api/logs', lines)
    await evaluate()
    const { rows } = await server.database.database.pool.query(
      "select group_key, value from alert_states where rule_id = $1 and state = 'firing' order by 1",
      [id],
    )
    expect(rows).toEqual([
      { group_key: '(others)', value: 102 },
      { group_key: 'site 1', value: 1 },
    ])
  })
})

it('tries no rule over more groups than it may have', { tags: ['long'] }, async () => {
  const timestamp = new Date(clock.now - MINUTE).toISOString()
  for (const part of [0, 1]) {
    const lines = Array.from({ length: 5001 }, (_, index) => ({
      ...{ level: 'INFO', message: 'x', source: 'requests', timestamp },
      extra_data: { request: `${part} ${index}` },
    }))
    expect((await server.send('POST', '/api/logs', lines)).body.data.accepted).toBe(5001)
  }
  const { status, body } = await server.send('POST', '/api/alerts/rules/preview', {
    rule: { query: 'source=requests', group_by: 'extra_data.request', condition: { kind: 'any' } },
    days: 1,
  })
  expect([status, body.data?.groups]).toEqual([200, 10_001])
})

it('puts groups beyond those of all rules together into one', { tags: ['long'] }, async () => {
  const { pool } = server.database.database
  // The groups of other rules, all but one of what there may be.
  await pool.query(`insert into alert_states (rule_id, group_key, state, since)
    select -1 - n % 5, n::text, 'normal', log_clock() from generate_series(1, 49999) n`)
  try {
    const id = await addRule({
      ...{ name: 'Full', query: 'min_level=ERROR', group_by: 'source' },
      condition: { kind: 'any' },
    })
    for (const source of ['last', 'one more', 'last', 'and another']) {
      await log({ source })
      await evaluate()
    }
    expect(await stateOf(id)).toEqual({ last: 'firing', '(others)': 'firing' })
  } finally {
    await pool.query('delete from alert_states where rule_id < 0')
  }
})

describe('a rule for more than usual', () => {
  it('compares with the same time of the last days', async () => {
    const daily = Array.from({ length: 5 }, (_, day) =>
      Array.from({ length: 10 }, (__, line) => ({
        timestamp: new Date(clock.now - (day + 1) * 24 * 60 * MINUTE + line * MINUTE).toISOString(),
        ...{ level: 'INFO', source: 'usual', message: 'captured' },
      })),
    ).flat()
    await server.send('POST', '/api/logs', daily)
    await evaluate()
    const condition = { kind: 'usual', times: 2, minutes: 3, days: 5, at_least: 5 }
    const id = await addRule({ name: 'Flood', query: 'source=usual', condition })
    const lines = async (count: number) => {
      await whileNobodyEvaluates(async () => {
        for (let line = 0; line < count; line++) await log({ level: 'INFO', source: 'usual' })
      })
      await pass(1)
    }
    for (let minute = 0; minute < 5; minute++) await lines(1)
    expect(await stateOf(id)).toEqual({ '': 'normal' })
    await lines(6)
    await pass(1)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
    await expect.poll(() => arrived('firing').length).toBe(1)
    expect(arrived('firing')[0]?.body.text).toMatch(/^8 lines in .*, more than 2 times the usual 3\.$/)
    await pass(4)
    expect(await stateOf(id)).toEqual({ '': 'resolved' })
  })

  it('says nothing of days that are not known', async () => {
    const condition = { kind: 'usual', times: 2, minutes: 3, days: 5, at_least: 1 }
    const id = await addRule({ name: 'Flood', query: 'source=unknown_before', condition })
    await log({ source: 'unknown_before' })
    await pass(5)
    expect(await stateOf(id)).toEqual({ '': 'normal' })
  })
})

it('fires when a condition is met in some of the last windows, and not before', async () => {
  const condition = { kind: 'count', over: 1, minutes: 2, for: { windows: 2, of: 3 } }
  const id = await addRule({ name: 'Lasting', query: 'source=lasting', condition })
  const burst = () => Promise.all([log({ source: 'lasting' }), log({ source: 'lasting' })])
  await burst()
  await pass(3)
  expect(await stateOf(id)).toEqual({ '': 'normal' })
  await pass(1)
  await burst()
  await pass(3)
  expect(await stateOf(id)).toEqual({ '': 'firing' })
  await expect.poll(() => arrived('firing').length).toBe(1)
  expect(arrived('firing')[0]?.body.rule.condition).toBe('more than 1 line in 2 minutes, for 2 of 3 windows')
  await pass(6)
  expect(await stateOf(id)).toEqual({ '': 'resolved' })
})

describe('why', () => {
  const why = async (rule: number, parameters: Record<string, string> = {}) =>
    (await server.get(`/api/alerts/rules/${rule}/why?${new URLSearchParams(parameters)}`)).body
  const isoOf = (millis: number) => new Date(millis).toISOString()

  it('tells the value, the limit and what was held back, for the moment that is asked about', async () => {
    const condition = { kind: 'count', over: 2, minutes: 3 }
    const id = await addRule({ name: 'Why', query: 'source=why', condition })
    await pass(1)
    await log({ source: 'why' })
    await evaluate()
    const before = clock.now
    expect((await why(id)).data).toMatchObject({
      ...{ state: 'normal', counted_by: 'evaluation', windows: [{ value: 1, limit: 2, is_bad: false }] },
      reasons: [
        expect.stringMatching(/^1 line in the 3 minutes to .*, which is not more than 2\.$/),
        'It had never fired before.',
      ],
    })
    await server.send('POST', '/api/alerts/silences', { rule_id: id, reason: 'works on why', minutes: 30 })
    await pass(1)
    await whileNobodyEvaluates(async () => {
      for (let line = 0; line < 3; line++) await log({ source: 'why' })
    })
    expect((await why(id)).data).toMatchObject({
      state: 'firing',
      windows: [{ value: 4, limit: 2, is_bad: true }],
      reasons: [
        expect.stringContaining('4 lines in the 3 minutes to'),
        expect.stringContaining('It was firing since'),
        expect.stringContaining('was held back: silence'),
      ],
      transitions: [{ kind: 'firing', held: expect.stringContaining('works on why') }],
      notices: [],
    })
    await pass(6)
    expect((await why(id)).data).toMatchObject({ state: 'resolved', windows: [{ value: 0 }] })
    // A moment of the past is as it was.
    expect((await why(id, { at: isoOf(before) })).data).toMatchObject({
      state: 'normal',
      windows: [{ value: 1 }],
    })
    expect((await why(id, { at: isoOf(clock.now - 10 * 24 * 60 * MINUTE) })).data).toMatchObject({
      state: 'not_evaluated',
      reasons: [expect.stringContaining('The rule is as it is since')],
    })
  })

  it('says why a window decides nothing, and shows lines that came too late for it', async () => {
    const share = { kind: 'share', of: 'source=why2', over: 10, minutes: 2, at_least: 5 }
    const id = await addRule({ name: 'Share', query: 'min_level=ERROR', condition: share })
    await pass(1)
    await log({ source: 'why2' })
    await pass(4)
    const at = isoOf(clock.now - 2 * MINUTE)
    expect((await why(id, { at })).data.reasons[0]).toMatch(
      /have 1 line that the share is taken of, and it takes 5/,
    )
    for (let line = 0; line < 4; line++) await log({ source: 'why2' }, 4 * MINUTE)
    await evaluate()
    expect((await why(id, { at })).data).toMatchObject({
      state: 'normal',
      windows: [{ value: 100, is_bad: true }],
      reasons: [
        expect.anything(),
        expect.stringContaining('came after the window was decided'),
        expect.anything(),
      ],
    })
  })

  it('tells of silence, of hours in which nothing is evaluated, and of a rule that is off', async () => {
    const hour = (offset: number) => new Date(clock.now + offset * MINUTE).toISOString().slice(11, 16)
    const condition = { kind: 'silence', minutes: 4 }
    const quiet = { name: 'Quiet', query: 'source=why3', condition, group_by: 'source' }
    const id = await addRule(quiet)
    for (let line = 0; line < 2; line++) {
      await log({ source: 'why3' })
      await pass(1)
    }
    expect((await why(id, { group_key: 'why3' })).data).toMatchObject({
      state: 'normal',
      reasons: [
        expect.stringContaining('less than the 4 minutes of silence'),
        expect.anything(),
        expect.anything(),
      ],
    })
    expect((await why(id)).message).toContain('group_key is missing')
    await pass(4)
    await expect.poll(() => arrived('firing').length).toBe(1)
    await expect
      .poll(async () => (await why(id, { group_key: 'why3' })).data)
      .toMatchObject({ state: 'firing', notices: [{ channel: 'ops', kind: 'firing', state: 'sent' }] })
    const active_hours = { timezone: 'UTC', from: hour(60), to: hour(90) }
    await server.send('PUT', `/api/alerts/rules/${id}`, { ...quiet, active_hours })
    await pass(2)
    expect((await why(id, { group_key: 'why3' })).data.reasons).toEqual([
      expect.stringContaining('outside of the active hours'),
    ])
    await server.send('PUT', `/api/alerts/rules/${id}`, { ...quiet, enabled: false })
    expect((await why(id, { group_key: 'why3' })).data.reasons[0]).toContain('switched off')
    expect((await why(id, { group_key: 'why3', at: 'noon' })).message).toContain('Invalid at')
    expect((await why(id, { group_key: 'why3', at: '2090-01-01T00:00:00Z' })).message).toContain(
      'not come yet',
    )
    expect((await as('ann', 'GET', `/api/alerts/rules/${id}/why?group_key=why3`)).status).toBe(404)
  })
})

describe('a rule with further thresholds', () => {
  const rule = {
    name: 'Rate',
    query: 'source=tiers',
    condition: { kind: 'count', over: 2, minutes: 3 },
    channels: ['ops'],
    thresholds: [{ at: 5, severity: 'critical', channels: ['pager'] }],
  }
  const lines = (count: number) =>
    whileNobodyEvaluates(async () => {
      for (let line = 0; line < count; line++) await log({ source: 'tiers' })
    })
  const told = () => receiver.received.map(({ body }) => [body.kind, body.rule.severity])

  beforeAll(async () => {
    const url = `${receiver.url}?pager`
    await server.send('POST', '/api/alerts/channels', { name: 'pager', webhook: { url } })
  })

  it('tells the channels of the higher one alone when both are crossed at once, and the lower when it is left', async () => {
    const id = await addRule(rule)
    await lines(6)
    await expect.poll(() => told()).toEqual([['firing', 'critical']])
    expect(receiver.received[0]?.body).toMatchObject({
      groups: [{ value: 6, threshold: 5 }],
      rule: { condition: 'more than 5 lines in 3 minutes' },
    })
    const { rules } = (await server.get('/api/alerts')).body.data
    expect(rules.find((one: { id: number }) => one.id === id)).toMatchObject({
      ...{ firing_count: 1, group_count: 1 },
      groups: [{ state: 'firing', severity: 'critical', is_told: true }],
    })
    const history = (await server.get(`/api/alerts/history?rule_id=${id}`)).body.data.transitions
    expect(history).toMatchObject([
      { tier: 1, kind: 'firing', threshold: 5, held: null },
      { tier: 0, kind: 'firing', threshold: 2, held: 'the threshold 5 fires' },
    ])
    // Four lines of a later minute keep the lower one up when the higher one is over.
    await pass(2)
    await lines(3)
    await pass(2)
    await expect
      .poll(() => told())
      .toEqual([
        ['firing', 'critical'],
        ['resolved', 'critical'],
        ['firing', 'warning'],
      ])
    await pass(3)
    await expect.poll(() => told().at(-1)).toEqual(['resolved', 'warning'])
    expect(await stateOf(id)).toEqual({ '': 'resolved' })
    const keys = new Set(receiver.received.map(({ body }) => body.dedup_key))
    expect(keys.size).toBe(2)
  })

  it('keeps who was told of the lower one before', async () => {
    await addRule(rule)
    await lines(3)
    await expect.poll(() => told()).toEqual([['firing', 'warning']])
    await lines(3)
    await expect.poll(() => told().length).toBe(2)
    await pass(6)
    await expect.poll(() => told().length).toBe(4)
    expect(
      told()
        .slice(2)
        .map(([kind]) => kind),
    ).toEqual(['resolved', 'resolved'])
  })

  it('shows how often each would have been crossed, and deletes no channel of one', async () => {
    await addRule(rule)
    const { channels: _, name: __, ...definition } = { ...rule, thresholds: [{ at: 5 }, { at: 1000 }] }
    const { body } = await server.send('POST', '/api/alerts/rules/preview', { rule: definition })
    expect(body.data.thresholds).toEqual([
      { at: 5, total: expect.any(Number) },
      { at: 1000, total: 0 },
    ])
    expect(body.data.thresholds[0].total).toBeGreaterThan(0)
    const { channels } = (await server.get('/api/alerts/channels')).body.data
    const pager = channels.find(({ name }: { name: string }) => name === 'pager')
    expect((await server.send('DELETE', `/api/alerts/channels/${pager.id}`)).status).toBe(409)
  })
})

describe('a rule for silence', () => {
  const silent = {
    name: 'Camera offline',
    query: '',
    condition: { kind: 'silence', minutes: 5 },
    group_by: 'camera',
  }

  it('fires for the one camera that is silent, names it, and tells when it is back', async () => {
    await server.send('POST', '/api/cameras', { id: 1, name: 'Front Door' })
    const id = await addRule(silent)
    for (let minute = 0; minute < 3; minute++) {
      await log({ camera_id: 1, source: 'camera_1', message: 'captured' })
      await log({ source: 'camera_2', message: 'captured' })
      await pass(1)
    }
    await log({ camera_id: 3, message: 'once, by mistake' })
    for (let minute = 0; minute < 6; minute++) {
      await log({ source: 'camera_2', message: 'captured' })
      await pass(1)
    }
    expect(await stateOf(id)).toEqual({ 1: 'firing', 2: 'normal', 3: 'normal' })
    await expect.poll(() => arrived('firing').length).toBe(1)
    expect(arrived('firing')[0]?.body).toMatchObject({
      title: '[FIRING] Camera offline: Front Door',
      lines: [{ message: 'captured' }, { message: 'captured' }, { message: 'captured' }],
    })
    expect(arrived('firing')[0]?.body.link).toContain('camera_id=1')

    // Old lines of a spool are no life.
    await log({ camera_id: 1, message: 'captured' }, 30 * MINUTE)
    await evaluate()
    expect((await stateOf(id))[1]).toBe('firing')
    await log({ camera_id: 1, message: 'captured' })
    await evaluate()
    expect((await stateOf(id))[1]).toBe('resolved')
    await expect.poll(() => arrived('resolved').length).toBe(1)
  })

  it('fires for a group that is quiet unlike its usual cadence, known from the day before', async () => {
    const lines = [5, 20].flatMap((gap) =>
      Array.from({ length: 15 }, (_, line) => ({
        timestamp: new Date(clock.now - line * gap * MINUTE).toISOString(),
        ...{ level: 'INFO', source: `each_${gap}`, message: 'captured' },
      })),
    )
    await server.send('POST', '/api/logs', lines)
    await evaluate()
    const id = await addRule({
      ...{ name: 'Cadence', query: 'source=each_5&source=each_20', group_by: 'source' },
      condition: { kind: 'silence', minutes: 2, times: 3 },
    })
    await pass(17)
    expect(await stateOf(id)).toEqual({ each_5: 'firing', each_20: 'normal' })
    await expect.poll(() => arrived('firing').length).toBe(1)
    expect(arrived('firing')[0]?.body).toMatchObject({
      rule: {
        condition: 'no line for 3 times the usual gap between lines, 2 minutes at least, for each source',
      },
      text: expect.stringContaining('Its usual cadence has it wait for 15 min'),
    })
    const why = await server.get(`/api/alerts/rules/${id}/why?group_key=each_20`)
    expect(why.body.data.reasons).toContain(
      'Now the usual gap between its lines is 20 min, and it waits 3 times as long.',
    )
  })

  it('is not judged outside of the active hours, nor by what was silent before they began', async () => {
    const hour = (offset: number) => new Date(clock.now + offset * MINUTE).toISOString().slice(11, 16)
    const id = await addRule({ ...silent, active_hours: { timezone: 'UTC', from: hour(20), to: hour(60) } })
    await log({ camera_id: 1, message: 'captured' })
    await pass(1)
    await log({ camera_id: 1, message: 'captured' })
    await pass(23)
    expect(await stateOf(id)).toMatchObject({ 1: 'normal' })
    await pass(3)
    expect(await stateOf(id)).toMatchObject({ 1: 'firing' })
  })

  it('takes lines that a level holds back for signs of life', async () => {
    const id = await addRule(silent)
    await log({ camera_id: 4, message: 'captured' })
    await pass(1)
    await log({ camera_id: 4, message: 'captured' })
    await pass(4)
    await server.send('POST', '/api/logs', { level: 'DEBUG', message: 'frame', camera_id: 4 })
    const { pool } = server.database.database
    await expect.poll(async () => (await pool.query('select 1 from alert_signs')).rowCount).toBe(1)
    await pass(4)
    expect((await stateOf(id))[4]).toBe('normal')
    await pass(2)
    expect((await stateOf(id))[4]).toBe('firing')
  })

  it('is not judged by time in which no server was there', async () => {
    const id = await addRule({
      name: 'Worker',
      query: 'source=worker',
      condition: { kind: 'silence', minutes: 5 },
    })
    await log({ source: 'worker' })
    await pass(3)
    await clock.set(clock.now + 60 * MINUTE)
    await evaluate()
    expect(await stateOf(id)).toEqual({ '': 'normal' })
    await pass(4)
    expect(await stateOf(id)).toEqual({ '': 'normal' })
    await pass(2)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
  })
})

describe('what is held back', () => {
  const errors = { name: 'Errors', query: 'min_level=ERROR', condition: { kind: 'any' } }

  it('is told when the silence is over and it is still so', async () => {
    const rule_id = await addRule(errors)
    await server.send('POST', '/api/alerts/silences', { rule_id, reason: 'works on the roof', minutes: 3 })
    await log({})
    await pass(2)
    expect(await stateOf(rule_id)).toEqual({ '': 'firing' })
    const { transitions } = (await server.get(`/api/alerts/history?rule_id=${rule_id}`)).body.data
    expect(transitions[0]).toMatchObject({
      kind: 'firing',
      held: expect.stringContaining('works on the roof'),
    })
    expect(receiver.received).toEqual([])
    await pass(1)
    await expect.poll(() => arrived('firing').length).toBe(1)
  })

  it('is not told when it began and ended within the silence', async () => {
    const rule_id = await addRule(errors)
    await server.send('POST', '/api/alerts/silences', { rule_id, reason: 'works', minutes: 10 })
    await log({})
    await pass(12)
    expect(await stateOf(rule_id)).toEqual({ '': 'resolved' })
    expect(receiver.received).toEqual([])
  })

  it('is told when the quiet hours of the rule are over and it is still so', async () => {
    const clockAt = (offset: number) => new Date(clock.now + offset * MINUTE).toISOString().slice(11, 16)
    const quiet_hours = { timezone: 'UTC', from: clockAt(0), to: clockAt(4) }
    await addRule({ ...errors, quiet_hours })
    await log({})
    await pass(3)
    expect(receiver.received).toEqual([])
    await pass(1)
    await expect.poll(() => arrived('firing').length).toBe(1)
  })

  it('does not swallow the recovery of what people were told of', async () => {
    const rule_id = await addRule(errors)
    await log({})
    await evaluate()
    await expect.poll(() => arrived('firing').length).toBe(1)
    await server.send('POST', '/api/alerts/silences', { rule_id, reason: 'works', minutes: 10 })
    await pass(7)
    expect(await stateOf(rule_id)).toEqual({ '': 'resolved' })
    expect(arrived('resolved')).toEqual([])
    await pass(4)
    await expect.poll(() => arrived('resolved').length).toBe(1)
  })
})

describe('that a rule cannot be evaluated', () => {
  const ownedBy = async (id: number, owner: string) => {
    await server.database.database.pool.query(
      `with changed as (update alert_rules set owner = $2 where id = $1)
       update alert_position set rules_version = rules_version + 1`,
      [id, owner],
    )
    await evaluate()
  }
  const nobody = 'user 00000000-0000-0000-0000-000000000000'

  it('is told when the silence is over and it is still so, and its end when that is over', async () => {
    const rule_id = await addRule({ name: 'Held', query: 'source=held', condition: { kind: 'any' } })
    const silence = { rule_id, reason: 'works', minutes: 3 }
    await server.send('POST', '/api/alerts/silences', silence)
    await ownedBy(rule_id, nobody)
    await pass(2)
    expect(receiver.received).toEqual([])
    await pass(2)
    await expect.poll(() => arrived('problem').length).toBe(1)
    expect(arrived('problem')[0]?.body.text).toContain('may not read logs any more')
    // It is over, and back, before anybody could be told.
    await server.send('POST', '/api/alerts/silences', silence)
    await ownedBy(rule_id, 'key operator')
    await clock.set(clock.now + MINUTE)
    await ownedBy(rule_id, nobody)
    await pass(4)
    expect(arrived('recovered')).toEqual([])
    await server.send('POST', '/api/alerts/silences', silence)
    await ownedBy(rule_id, 'key operator')
    await pass(2)
    expect(arrived('recovered')).toEqual([])
    await pass(2)
    await expect.poll(() => arrived('recovered').length).toBe(1)
    expect(arrived('problem')).toHaveLength(1)
  })
})

it('says how many lines came too late to be judged', async () => {
  const id = await addRule({
    name: 'Old',
    query: 'source=old',
    condition: { kind: 'count', over: 1, minutes: 5 },
  })
  const metrics = async () => {
    const headers = { authorization: `Bearer ${server.apiKey}` }
    const text = await (await fetch(`${server.url}/metrics`, { headers })).text()
    return Number(/^timelapser_alert_too_late_rows_total (\d+)/m.exec(text)?.[1])
  }
  const before = await metrics()
  for (const hours of [25, 26, 1]) await log({ source: 'old' }, hours * 60 * MINUTE)
  await evaluate()
  const { rules } = (await server.get('/api/alerts')).body.data
  expect(rules.find((one: { id: number }) => one.id === id).groups).toMatchObject([{ too_late: 2 }])
  const { reasons } = (await server.get(`/api/alerts/rules/${id}/why`)).body.data
  expect(reasons).toContainEqual(expect.stringMatching(/^2 lines .* too late to judge\.$/))
  expect((await metrics()) - before).toBe(2)
})

describe('time that cannot be judged', () => {
  it('is that in which the owner of a rule might not read', async () => {
    const id = await addRule({
      name: 'Owned',
      query: 'source=owned',
      condition: { kind: 'silence', minutes: 3 },
    })
    const ownedBy = (owner: string) =>
      server.database.database.pool.query(
        `with changed as (update alert_rules set owner = $2 where id = $1)
         update alert_position set rules_version = rules_version + 1`,
        [id, owner],
      )
    await log({ source: 'owned' })
    await pass(1)
    await ownedBy('user 00000000-0000-0000-0000-000000000000')
    for (let minute = 0; minute < 5; minute++) {
      await log({ source: 'owned' })
      await pass(1)
    }
    const problem = async () => (await server.get('/api/alerts')).body.data.rules[0].problem
    expect(await problem()).toContain('may not read')
    await ownedBy('key operator')
    await pass(2)
    expect([await problem(), await stateOf(id)]).toEqual([null, { '': 'normal' }])
    await pass(2)
    expect(await stateOf(id)).toEqual({ '': 'firing' })
  })
})

it('sends notices at once though the clock of the database was set back', async () => {
  await addRule({ name: 'Back', query: 'source=back', condition: { kind: 'any', minutes: 5 } })
  await evaluate()
  const before = clock.now
  await clock.set(before - 60 * MINUTE)
  await log({ source: 'back' })
  await evaluate()
  await expect.poll(() => arrived('firing').length).toBe(1)
  await clock.set(before)
})

it('dates a notice by when it was decided, though the evaluation was behind', async () => {
  await addRule({ name: 'Behind', query: 'min_level=ERROR', condition: { kind: 'any' } })
  await whileNobodyEvaluates(async () => {
    await log({})
    await clock.set(clock.now + 30 * MINUTE)
  })
  await expect.poll(() => arrived('firing').length).toBe(1)
  const { at, groups } = arrived('firing')[0]?.body ?? {}
  expect(Date.parse(at)).toBe(clock.now)
  expect(Date.parse(groups[0].at)).toBe(clock.now - 30 * MINUTE)
})

it('keeps no notice waiting for a channel that does not answer', async () => {
  const stalling = await startReceiver()
  stalling.answerWith('stall')
  const created = await server.send('POST', '/api/alerts/channels', {
    name: 'stalls',
    webhook: { url: stalling.url },
  })
  try {
    const rule = { query: 'min_level=ERROR', condition: { kind: 'any' }, group_by: 'source' }
    const id = await addRule({ ...rule, name: 'Stalls', channels: ['stalls'] })
    const lines = Array.from({ length: 20 }, (_, index) => ({
      ...{ level: 'ERROR', message: 'x', source: `s${index}` },
    }))
    await server.send('POST', '/api/logs', lines)
    await evaluate()
    await expect.poll(() => stalling.received.length).toBeGreaterThan(0)
    await addRule({ name: 'Answers', query: 'min_level=ERROR', condition: { kind: 'any' } })
    await log({})
    await evaluate()
    await expect.poll(() => arrived('firing').length).toBe(1)
    // None of them has ended meanwhile.
    const { deliveries } = (await server.get('/api/alerts/deliveries?limit=100')).body.data
    const stalled = deliveries.filter(({ rule_id }: { rule_id: number }) => rule_id === id)
    expect(stalled).toHaveLength(21)
    expect(stalled.filter(({ attempts }: { attempts: number }) => attempts > 0)).toHaveLength(4)
    expect(stalled.every(({ error }: { error: string | null }) => error === null)).toBe(true)
    await server.send('DELETE', `/api/alerts/rules/${id}`)
  } finally {
    await server.send('DELETE', `/api/alerts/channels/${created.body.data.channel.id}`)
    await stalling.close()
  }
})

it('says what no rule was evaluated over, and that evaluation is late', async () => {
  await addRule({ name: 'Gap', query: 'source=gap', condition: { kind: 'any' } })
  await evaluate()
  const { pool } = server.database.database
  await whileNobodyEvaluates(async () => {
    await pool.query('update alert_position set feed_id = feed_id + 1000')
  })
  const reported = (kind: string) => server.reports.filter((one) => one.kind === kind)
  expect(reported('gap')).toMatchObject([{ detail: { cause: 'restored' } }])
  await log({ source: 'gap' })
  await evaluate()
  await expect.poll(() => arrived('firing').length).toBe(1)
  const news: unknown[] = []
  const watchdog = new AlertWatchdog({
    pool,
    onLate: (one) => news.push(one),
    onFailure: (error) => news.push(error),
  })
  await watchdog.look()
  await whileNobodyEvaluates(async () => {
    await clock.set(clock.now + 3 * MINUTE)
    await watchdog.look()
    await watchdog.look()
  })
  await watchdog.look()
  expect(news).toEqual([
    { isLate: true, lag_seconds: expect.any(Number) },
    { isLate: false, lag_seconds: 0 },
  ])
})

it('evaluates nothing, and gives no sign of life, on a server that takes no lines', async () => {
  await addRule({ name: 'Full', query: '', condition: { kind: 'any' } })
  const { pool } = server.database.database
  const evaluator = new AlertEvaluator({
    ...{ pool, feed: {} as never, isTaking: async () => false },
    rules: { get: async () => ({ rules: new Map([[1, {}]]), broken: new Map() }) } as never,
    onNotices: () => undefined,
    onFailure: () => undefined,
  })
  expect(await evaluator.step()).toBe('paused')
})

it('makes one digest of what more than a hundred groups have to tell at once', async () => {
  await addRule({
    name: 'Everywhere',
    query: 'min_level=ERROR',
    condition: { kind: 'any' },
    group_by: 'source',
  })
  const lines = Array.from({ length: 101 }, (_, index) => ({
    level: 'ERROR',
    message: 'x',
    source: `s${index}`,
  }))
  await server.send('POST', '/api/logs', lines)
  await evaluate()
  await expect.poll(() => receiver.received.length).toBe(1)
  const { title, groups, link } = receiver.received[0]?.body ?? {}
  expect(title).toBe('[FIRING] Everywhere: 101 groups')
  expect(groups).toHaveLength(101)
  const query = new URL(link).searchParams
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? '']
  const shown = await server.get(`/api/logs?min_level=ERROR&start_date=${from}&end_date=${to}&limit=200`)
  expect([query.get('min_level'), query.get('source')]).toEqual(['ERROR', null])
  expect(shown.body.data.logs).toHaveLength(101)
})

it('ends the incident of a rule whose condition is changed, and begins anew', async () => {
  const rule = { name: 'Edited', query: 'min_level=ERROR', condition: { kind: 'any' }, channels: ['ops'] }
  const id = await addRule(rule)
  await log({})
  await evaluate()
  await expect.poll(() => arrived('firing').length).toBe(1)
  const renamed = await server.send('PUT', `/api/alerts/rules/${id}`, { ...rule, name: 'Renamed' })
  expect(renamed.body.data.rule).toMatchObject({ name: 'Renamed', revision: 1 })
  expect(await stateOf(id)).toEqual({ '': 'firing' })
  const changed = await server.send('PUT', `/api/alerts/rules/${id}`, { ...rule, query: 'level=CRITICAL' })
  expect(changed.body.data.rule.revision).toBe(2)
  expect(await stateOf(id)).toEqual({})
  await expect.poll(() => arrived('resolved').length).toBe(1)
  expect(arrived('resolved')[0]?.body.text).toContain('The rule was changed')
})

it('retries a notice that was not taken, with the same id', async () => {
  receiver.answerWith({ status: 503, text: 'later' })
  await addRule({ name: 'Errors', query: 'min_level=ERROR', condition: { kind: 'any' } })
  await log({})
  await evaluate()
  await expect.poll(() => receiver.received.length).toBe(1)
  const firstOf = async () => (await server.get('/api/alerts/deliveries')).body.data.deliveries[0]
  await expect.poll(async () => (await firstOf()).error).toBe('It answered 503.')
  expect(await firstOf()).toMatchObject({ state: 'pending', attempts: 1, reply: '503 later' })
  receiver.answerWith({ status: 200 })
  await clock.set(clock.now + 15_000)
  await expect.poll(() => receiver.received.length).toBe(2)
  const [first, second] = receiver.received
  expect(second?.headers['x-alert-id']).toBe(first?.headers['x-alert-id'])
  await expect.poll(async () => (await firstOf()).state).toBe('sent')
})

it('puts a notice away that was given up, for those who may see its rule', async () => {
  receiver.answerWith({ status: 503 })
  await addRule({ name: 'Given up', query: 'source=given_up', condition: { kind: 'any' } })
  await log({ source: 'given_up' })
  await evaluate()
  const first = async () => (await server.get('/api/alerts/deliveries')).body.data.deliveries[0]
  await expect.poll(async () => (await first()).error).toBe('It answered 503.')
  const { id } = await first()
  const path = `/api/alerts/deliveries/${id}`
  expect((await server.send('DELETE', path)).status).toBe(404)
  await server.database.database.pool.query(
    "update alert_deliveries set state = 'dead', ended_at = log_clock() where id = $1",
    [id],
  )
  const dead = async () => (await server.get('/api/alerts/summary')).body.data.dead
  expect(await dead()).toBe(1)
  expect((await as('ann', 'DELETE', path)).status).toBe(404)
  expect((await server.send('DELETE', path)).status).toBe(200)
  expect([await dead(), (await server.send('DELETE', path)).status]).toEqual([0, 404])
})

it('sends the body of an own template, and says what is wrong with it', async () => {
  const create = (webhook: object) =>
    server.send('POST', '/api/alerts/channels', {
      name: 'own template',
      webhook: { url: receiver.url, ...webhook },
    })
  for (const [webhook, said] of [
    [{ format: 'template' }, 'webhook.template is missing'],
    [{ template: 'x' }, 'webhook.template goes with the format template alone'],
    [{ format: 'slack', content_type: 'text/plain' }, 'webhook.content_type goes with'],
    [{ format: 'template', template: 'x', content_type: 'text/plain\r\nx: y' }, 'webhook.content_type'],
    [{ token: 'two words' }, 'webhook.token'],
  ] as const) {
    const { status, body } = await create(webhook)
    expect([status, body.message]).toEqual([400, expect.stringContaining(said)])
  }
  const template = '{ "what": "{{title}}", "who": "{{rule.owner}}" }'
  const { channel } = (await create({ format: 'template', template })).body.data
  const test = await server.send('POST', `/api/alerts/channels/${channel.id}/test`)
  expect(test.body.data).toMatchObject({
    is_sent: true,
    reply: '200 ok (template: a notice has no "rule.owner")',
  })
  expect(receiver.received.at(-1)?.body).toEqual({ what: '[TEST] Channel own template', who: '' })
})

it('calls the address of the heartbeat once it evaluates', async () => {
  await expect.poll(() => receiver.beats()).toBeGreaterThan(0)
})

it('stores everything of a group for a while when it begins to fire, unless somebody chose its level', async () => {
  const rule = {
    name: 'Raise',
    condition: { kind: 'any' },
    group_by: 'source',
    raise_level: { level: 'DEBUG', minutes: 15 },
  }
  const refused = await server.send('POST', '/api/alerts/rules', { ...rule, query: '' })
  expect(refused.body.message).toContain('raise_level goes with silence')
  const ofReader = await as('ann', 'POST', '/api/alerts/rules', { ...rule, query: 'min_level=ERROR' })
  expect(ofReader.status).toBe(403)
  await server.send('PUT', '/api/levels', { scope: 'source', target: 'kept', level: 'ERROR' })
  await addRule({ ...rule, query: 'min_level=ERROR' })
  await log({ source: 'raised' })
  await log({ source: 'kept' })
  await evaluate()
  const overrides = async () => (await server.get('/api/levels')).body.data.overrides
  await expect.poll(async () => (await overrides()).length).toBe(2)
  expect(await overrides()).toMatchObject([
    { scope: 'source', target: 'kept', level: 'ERROR' },
    { scope: 'source', target: 'raised', level: 'DEBUG', author: 'alert Raise' },
  ])
})

describe('roles', () => {
  it('lets a reader keep rules of their own, which see what their owner sees', async () => {
    const rule = {
      name: 'Mine',
      query: '',
      condition: { kind: 'any' },
      group_by: 'source',
      channels: ['ops'],
    }
    const made = await as('ben', 'POST', '/api/alerts/rules', rule)
    expect(made.status).toBe(201)
    const { id } = made.body.data.rule
    expect((await as('ann', 'GET', '/api/alerts')).body.data.rules).toEqual([])
    expect((await as('ann', 'DELETE', `/api/alerts/rules/${id}`)).status).toBe(404)
    await log({ camera_id: 2, source: 'two' })
    await log({ camera_id: 1, source: 'one' })
    await evaluate()
    expect(await stateOf(id)).toEqual({ one: 'firing' })
    expect((await as('ben', 'POST', '/api/alerts/silences', { reason: 'all', minutes: 5 })).status).toBe(403)
    const hook = { name: 'own', webhook: { url: receiver.url } }
    expect((await as('ben', 'POST', '/api/alerts/channels', hook)).status).toBe(403)
    const { channels } = (await as('ben', 'GET', '/api/alerts/channels')).body.data
    expect(JSON.stringify(channels)).not.toMatch(/\/hook|signs/)
  })

  it('keeps a rule with the key that takes the place of its own', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: 'rotated', scope: 'read' })
    const { secret, key } = body.data
    const rule = { name: 'Kept', query: '', condition: { kind: 'any' } }
    const by = (one: string) => ({ authorization: `Bearer ${one}` })
    expect((await server.send('POST', '/api/alerts/rules', rule, by(secret))).status).toBe(201)
    const rotated = await server.send('POST', `/api/keys/${key.id}/rotate`, {})
    await server.send('DELETE', `/api/keys/${key.id}`)
    const { rules } = (await server.send('GET', '/api/alerts', undefined, by(rotated.body.data.secret))).body
      .data
    expect(rules).toMatchObject([{ name: 'Kept', is_own: true, problem: null }])
    await log({})
    await evaluate()
    expect(await stateOf(rules[0].id)).toEqual({ '': 'firing' })
  })

  it('says that a rule cannot be evaluated when its owner may read no more', async () => {
    const { body } = await server.send('POST', '/api/keys', { name: 'gone', scope: 'read' })
    const headers = { authorization: `Bearer ${body.data.secret}` }
    const rule = { name: 'Orphan', query: '', condition: { kind: 'any' }, channels: ['ops'] }
    const made = await server.send('POST', '/api/alerts/rules', rule, headers)
    await server.send('DELETE', `/api/keys/${body.data.key.id}`)
    await expect
      .poll(async () => {
        await evaluate()
        const { rules } = (await server.get('/api/alerts')).body.data
        return rules.find(({ id }: { id: number }) => id === made.body.data.rule.id).problem
      })
      .toContain('may not read logs any more')
    await expect.poll(() => arrived('problem').length).toBe(1)
  })
})

describe('what is wrong with a rule', () => {
  it.each([
    [{ condition: { kind: 'count', minutes: 5 } }, 'over or under'],
    [{ condition: { kind: 'count', over: 1, under: 2, minutes: 5 } }, 'over or under'],
    [{ condition: { kind: 'count', over: 1, minutes: 1441 } }, 'condition.minutes is at most 1440'],
    [{ condition: { kind: 'silence' } }, 'condition.minutes is missing'],
    [
      { condition: { kind: 'any', over: 3 } },
      'condition.over goes with the kind count or share or number alone',
    ],
    [{ condition: { kind: 'count', over: 1.5, minutes: 5 } }, 'condition.over of a count is a whole number'],
    [{ condition: { kind: 'count', under: 0, minutes: 5 } }, 'condition.under of a count'],
    [{ condition: { kind: 'share', over: 5, minutes: 5 } }, 'condition.of is missing'],
    [{ condition: { kind: 'share', of: '', over: 101, minutes: 5 } }, 'from 0 to 100 percent'],
    [
      { condition: { kind: 'share', of: 'page=2', over: 5, minutes: 5 } },
      'In condition.of: query names "page"',
    ],
    [
      { query: 'source=a', condition: { kind: 'share', of: 'source=b', over: 5, minutes: 5 } },
      'different values of source',
    ],
    [{ condition: { kind: 'number', over: 5, minutes: 5 } }, 'condition.field is missing'],
    [{ condition: { kind: 'number', field: 'a b', over: 5, minutes: 5 } }, 'condition.field'],
    [{ condition: { kind: 'usual', minutes: 60 } }, 'condition.times is missing'],
    [{ condition: { kind: 'usual', minutes: 60, times: 1 } }, 'condition.times'],
    [
      { condition: { kind: 'count', over: 1, minutes: 60, for: { windows: 3, of: 30 } } },
      'windows of 60 minutes are 1800 minutes',
    ],
    [
      { condition: { kind: 'count', over: 1, minutes: 60, for: { windows: 4, of: 3 } } },
      'condition.for.windows is 4',
    ],
    [{ thresholds: [{ at: 5 }] }, 'thresholds do not go with the kind any'],
    [
      { condition: { kind: 'count', over: 9, minutes: 5 }, thresholds: [{ at: 9 }] },
      'thresholds[0].at is 9, and has to be above 9',
    ],
    [
      { condition: { kind: 'count', under: 9, minutes: 5 }, thresholds: [{ at: 5 }, { at: 6 }] },
      'thresholds[1].at is 6, and has to be below 5',
    ],
    [
      { condition: { kind: 'count', over: 9, minutes: 5 }, thresholds: [{ at: 9.5 }] },
      'thresholds[0].at: condition.over of a count is a whole number',
    ],
    [
      { condition: { kind: 'silence', minutes: 5 }, thresholds: [{ at: 5.5 }] },
      'thresholds[0].at has to be whole minutes',
    ],
    [
      {
        condition: { kind: 'count', over: 9, minutes: 5 },
        thresholds: [{ at: 10, channels: ['nowhere'] }],
      },
      'channels names "nowhere"',
    ],
    [{ condition: { kind: 'new' } }, 'min_level=WARNING'],
    [{ condition: { kind: 'new' }, query: 'level=ERROR', group_by: 'source' }, 'group_by does not go'],
    [{ query: 'level=ERROR&start_date=2026-01-01' }, 'query names "start_date"'],
    [{ query: 'level=loud' }, 'Invalid log level'],
    [{ query: 'q=%2F(%2F' }, 'regular expression'],
    [{ channels: ['nowhere'] }, 'channels names "nowhere"'],
    [{ active_hours: { timezone: 'Mars/Olympus', from: '07:00', to: '19:00' } }, 'IANA name'],
    [{ active_hours: { timezone: 'UTC', from: '7', to: '19:00' } }, 'active_hours.from'],
    [
      { active_hours: { timezone: 'UTC', from: 'sunrise', to: 'sunset' } },
      'active_hours.latitude is missing',
    ],
    [
      { active_hours: { timezone: 'UTC', from: '06:00', to: '07:00', latitude: 5 } },
      'active_hours.longitude',
    ],
    [
      { active_hours: { timezone: 'UTC', from: 'sunrise', to: '19:00', latitude: 91, longitude: 0 } },
      'active_hours.latitude',
    ],
    [
      {
        active_hours: {
          ...{ timezone: 'UTC', from: 'sunrise', to: 'sunset', latitude: 1, longitude: 0 },
          places: [{ group: '1', latitude: 1, longitude: 2 }],
        },
      },
      'active_hours.places are for active_hours of a rule with group_by',
    ],
    [{ group_by: 'level' }, 'group_by'],
    [{ name: '  ' }, 'name'],
  ])('%j is refused by name', async (part, said) => {
    const rule = { name: 'x', query: '', condition: { kind: 'any' }, ...part }
    const { status, body } = await server.send('POST', '/api/alerts/rules', rule)
    expect([status, body.message]).toEqual([400, expect.stringContaining(said)])
  })
})

it('shows when a rule would have fired', async () => {
  const start = clock.now - 3 * 60 * MINUTE
  const lines = Array.from({ length: 12 }, (_, index) => ({
    timestamp: new Date(start + index * 1000).toISOString(),
    ...{ level: 'CRITICAL', source: 'bench', message: 'overheated' },
  }))
  await server.send('POST', '/api/logs', lines)
  const condition = { kind: 'count', over: 10, minutes: 5 }
  const preview = async (rule: object) =>
    (await server.send('POST', '/api/alerts/rules/preview', { rule })).body.data
  const counted = await preview({ query: 'source=bench', condition, group_by: 'source' })
  expect(counted).toMatchObject({ total: 1, groups: 1, incidents: [{ label: 'bench', value: 12 }] })
  const compared = await preview({ query: 'q=overheated', condition })
  expect(compared).toMatchObject({ total: 1, incidents: [{ value: 12 }] })
  expect((await preview({ query: 'source=nobody', condition })).total).toBe(0)
})

it('applies a file of rules: makes, changes, leaves, and deletes the rest when asked to', async () => {
  const rule = (name: string, level: string) => ({
    name,
    query: `level=${level}`,
    condition: { kind: 'any' },
  })
  const apply = async (rules: object[], prune = false) =>
    (await server.send('PUT', '/api/alerts/rules', { rules, prune })).body
  expect((await apply([rule('a', 'ERROR'), rule('b', 'ERROR')])).data).toMatchObject({ created: ['a', 'b'] })
  expect((await apply([rule('a', 'ERROR'), rule('b', 'INFO')], true)).data).toMatchObject({
    ...{ created: [], changed: ['b'], deleted: [], unchanged: 1 },
  })
  expect((await apply([rule('a', 'ERROR')], true)).data).toMatchObject({ deleted: ['b'], unchanged: 1 })
  const broken = await apply([rule('c', 'ERROR'), { ...rule('d', 'ERROR'), query: 'page=2' }])
  expect(broken.message).toContain('In the rule "d": query names "page"')
  expect((await server.get('/api/alerts')).body.data.rules.map(({ name }: { name: string }) => name)).toEqual(
    ['a'],
  )
})

it('deletes no channel that a rule tells', async () => {
  await addRule({ name: 'Told', query: '', condition: { kind: 'any' } })
  const { channels } = (await server.get('/api/alerts/channels')).body.data
  const { status, body } = await server.send('DELETE', `/api/alerts/channels/${channels[0].id}`)
  expect([status, body.message]).toEqual([409, expect.stringContaining('"Told"')])
})

it('sends a test the whole way and shows the answer', async () => {
  receiver.answerWith({ status: 404, text: 'no such hook' })
  const { channels } = (await server.get('/api/alerts/channels')).body.data
  const test = await server.send('POST', `/api/alerts/channels/${channels[0].id}/test`)
  expect(test.body.data).toEqual({
    is_sent: false,
    reply: '404 no such hook',
    error: 'It answered 404.',
  })
})

it.each([
  ['tls', true],
  ['starttls', false],
] as const)('sends mails over %s with a name and a password', async (security, secure) => {
  const mails: string[] = []
  const post = new SMTPServer({
    secure,
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: ({ username, password }, _, done) =>
      username === 'logs' && password === 'right'
        ? done(null, { user: username })
        : done(new Error('wrong password')),
    onData: (stream, _, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString('utf8'))
        done()
      })
    },
  })
  // The certificate of the test's server is nobody's.
  post.on('error', () => undefined)
  // It warns on the console, once, that its own certificate is known to everybody.
  await new Promise<void>((resolve) => post.listen(0, '127.0.0.1', resolve))
  const { port } = post.server.address() as AddressInfo
  const email = {
    host: '127.0.0.1',
    port,
    security,
    username: 'logs',
    from: 'logs@example.org',
    to: ['ops@example.org'],
  }
  const made = await server.send('POST', '/api/alerts/channels', {
    name: security,
    email: { ...email, password: 'right' },
  })
  expect(made.body.data.channel).toMatchObject({ kind: 'email', target: 'ops@example.org' })
  const { id } = made.body.data.channel
  const test = async () => (await server.send('POST', `/api/alerts/channels/${id}/test`)).body.data
  // A certificate that nobody vouches for is refused unless the channel says otherwise.
  expect(await test()).toMatchObject({ is_sent: false, error: expect.stringMatching(/certificate/i) })
  const trusting = { ...email, password: 'right', trust_any_certificate: true }
  await server.send('PUT', `/api/alerts/channels/${id}`, { email: trusting })
  expect(await test()).toMatchObject({ is_sent: true, reply: expect.stringContaining('250') })
  expect(mails[0]).toMatch(/^Message-ID: <alert-test-\d+@timelapser-logs>\r$/m)
  expect(mails[0]).toMatch(/^Subject: \[TEST\] Channel /m)
  await server.send('PUT', `/api/alerts/channels/${id}`, { email: { ...trusting, password: 'wrong' } })
  expect(await test()).toMatchObject({ is_sent: false, error: expect.stringContaining('535') })
  await new Promise<void>((resolve) => post.close(resolve))
})

describe('the daily digest', () => {
  /** A time of day that is soon: the test's clock stands at any hour. */
  const dueIn = (minutes: number) => new Date(clock.now + minutes * MINUTE).toISOString().slice(11, 16)
  const digests = () => arrived('digest')

  it('tells of the day what its owner may see, once, whichever server looks', async () => {
    // Ben sees the camera 1.
    for (const name of ['Yard', 'Garden']) await server.send('POST', '/api/cameras', { name })
    const { cameras } = (await server.get('/api/cameras')).body.data
    const garden = cameras.find(({ name }: { name: string }) => name === 'Garden').id
    await log(
      { level: 'INFO', camera_id: garden, source: 'shed', message: 'still here' },
      3 * 24 * 60 * MINUTE,
    )
    await log({ message: 'worn out 12', source: 'digest' }, 30 * 60 * MINUTE)
    await log({ message: 'worn out 13', source: 'digest' }, 2 * MINUTE)
    await log({ message: 'the mirror is cracked 14', source: 'digest' }, 2 * MINUTE)
    await log({ message: 'the mirror is cracked 15', source: 'digest' }, 2 * MINUTE)
    const id = await addRule({ name: 'Cracks', query: 'q=cracked', condition: { kind: 'any' } })
    await log({ message: 'the mirror is cracked 16', source: 'digest' })
    await evaluate()
    await pass(2)

    const time = { at: dueIn(1), timezone: 'UTC', channels: ['ops'] }
    const saved = await server.send('PUT', '/api/alerts/digest', time)
    expect(saved.body.data.digest).toMatchObject({ ...time, enabled: true, last_at: null })
    expect(await server.system.writeDigests()).toBe(0)
    const bens = await as('ben', 'PUT', '/api/alerts/digest', time)
    expect(bens.status).toBe(200)
    await clock.set(clock.now + MINUTE)
    const looks = await Promise.all([1, 2, 3].map(() => server.system.writeDigests()))
    expect(looks.reduce((sum, one) => sum + one, 0)).toBe(2)
    await expect.poll(() => digests().length).toBe(2)
    const mine = digests().find(({ body }) => body.digest.own !== null)?.body
    expect(mine.title).toMatch(/^\[DIGEST\] \d{4}-\d\d-\d\d: \d+ errors?, \d+ alerts?/)
    expect(mine.digest.alerts).toContainEqual({
      ...{ rule_id: id, name: 'Cracks', severity: 'warning', fired: 1, groups: 1 },
      ...{ is_firing: true, problem: null },
    })
    const cracks = mine.digest.new_kinds.most.find(({ text }: { text: string }) => text.includes('cracked'))
    expect(cracks).toMatchObject({ level: 'ERROR', rows: 3 })
    expect(JSON.stringify(mine.digest.new_kinds)).not.toContain('worn out')
    expect(mine.digest.silent_cameras.listed).toContainEqual(
      expect.objectContaining({ id: garden, name: 'Garden', last_at: expect.any(String) }),
    )
    expect(mine.text).toMatch(
      /ERROR: \d+ \(\d+\).*Garden, last line.*Cracks \(warning\): fired once; fires now/s,
    )
    const other = digests().find(({ body }) => body.digest.own === null)?.body
    expect(other.digest).toMatchObject({ dead_notices: null, alerts: [], silent_cameras: { total: 0 } })
    expect(JSON.stringify(other)).not.toContain('cracked')

    // The time that is set anew brings no second one on the same day.
    await server.send('PUT', '/api/alerts/digest', { ...time, at: dueIn(1) })
    await clock.set(clock.now + MINUTE)
    expect(await server.system.writeDigests()).toBe(0)
    // After days without a server the digest of the last day alone is written.
    await clock.set(clock.now + 3 * 24 * 60 * MINUTE)
    expect(await server.system.writeDigests()).toBe(2)
    expect(await server.system.writeDigests()).toBe(0)
    await expect.poll(() => digests().length).toBe(4)
    await clock.set(clock.now - 3 * 24 * 60 * MINUTE)

    const notices = (await as('ben', 'GET', '/api/alerts/deliveries')).body.data.deliveries
    expect(notices.map(({ rule_name }: { rule_name: string }) => rule_name)).toEqual(
      Array(notices.length).fill('Daily digest'),
    )
    expect(notices.length).toBe(2)
    await as('ben', 'PUT', '/api/alerts/digest', { ...time, enabled: false })
    await server.send('DELETE', `/api/alerts/rules/${id}`)
    const { channels } = (await server.get('/api/alerts/channels')).body.data
    const refused = await server.send('DELETE', `/api/alerts/channels/${channels[0].id}`)
    expect([refused.status, refused.body.message]).toEqual([409, expect.stringContaining('daily digest of')])
    await server.send('PUT', '/api/alerts/digest', { ...time, enabled: false })
  })

  it.each([
    [{ at: '7:00' }, 'at '],
    [{ timezone: 'Mars/Base' }, 'timezone must be an IANA name'],
    [{ channels: [] }, 'channels'],
    [{ channels: ['nobody'] }, 'channels names "nobody"'],
  ])('refuses %j', async (wrong, sentence) => {
    const body = { at: '07:00', timezone: 'UTC', channels: ['ops'], ...wrong }
    const { status, body: answer } = await server.send('PUT', '/api/alerts/digest', body)
    expect([status, answer.message]).toEqual([400, expect.stringContaining(sentence)])
  })

  it('shows a reader the digest up to now without a time being set', async () => {
    const { body } = await as('ann', 'GET', '/api/alerts/digest/preview?timezone=Europe/Berlin')
    expect(body.data.text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d to .* \(Europe\/Berlin\)/)
    expect((await as('ann', 'GET', '/api/alerts/digest')).body.data).toEqual({ digest: null })
  })
})
