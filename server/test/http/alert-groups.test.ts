// Rules with an alert for each group: kinds of message, and values of a field.
import { describe, expect, it } from 'vitest'
import { MINUTE, startAlerts } from '../support/alerts-server.ts'

const { server, clock, receiver, addRule, evaluate, pass, log, whileNobodyEvaluates, stateOf, arrived } =
  await startAlerts()

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
