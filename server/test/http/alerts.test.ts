// Rules over the API: who may have which, why one fired, and what is not judged.
import { describe, expect, it } from 'vitest'
import { AlertEvaluator } from '../../src/service/alerts/alert-evaluator.ts'
import { AlertWatchdog } from '../../src/service/alerts/watchdog.ts'
import { MINUTE, startAlerts } from '../support/alerts-server.ts'

const { server, clock, receiver, as, addRule, evaluate, pass, log, whileNobodyEvaluates, stateOf, arrived } =
  await startAlerts()

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

it('shows the lines that came because the level was raised, in the history and with the recovery', async () => {
  const { log_level } = (await server.get('/api/settings')).body.data
  await server.send('PUT', '/api/settings', { log_level: 'WARNING' })
  try {
    const id = await addRule({
      name: 'Detail',
      query: 'min_level=ERROR',
      condition: { kind: 'any', minutes: 5 },
      group_by: 'source',
      raise_level: { level: 'DEBUG', minutes: 15 },
    })
    await log({ source: 'lens', message: 'an error' })
    await log(
      { source: 'lens', level: 'DEBUG', message: 'before it', extra_data: { recorded: true } },
      2 * MINUTE,
    )
    await evaluate()
    const overrides = async () => (await server.get('/api/levels')).body.data.overrides
    await expect
      .poll(async () => (await overrides()).map((one: { target: string }) => one.target))
      .toContain('lens')
    await log({ source: 'lens', level: 'DEBUG', message: 'focus at 0.2' })
    await log({ source: 'lens', level: 'WARNING', message: 'stored anyway' })
    await log({ source: 'lens', level: 'INFO', message: 'focus lost' }, -MINUTE)
    await pass(7)
    await expect.poll(() => arrived('resolved').filter(({ body }) => body.rule.id === id).length).toBe(1)
    const [told] = arrived('resolved').filter(({ body }) => body.rule.id === id)
    const messages = told?.body.raised.lines.map(({ message }: { message: string }) => message)
    expect(told?.body.raised.level).toBe('DEBUG')
    expect(messages.sort()).toEqual(['focus at 0.2', 'focus lost'])
    const { transitions } = (await server.get(`/api/alerts/history?rule_id=${id}`)).body.data
    const [over, firing] = transitions
    expect([over.kind, over.raised, firing.kind]).toEqual(['resolved', null, 'firing'])
    expect(told?.body.raised.link).toBe(`https://logs.example.org/logs${firing.raised}`)
    const list = new URLSearchParams(firing.raised)
    const bounds = { start_date: list.get('from'), end_date: list.get('to') }
    const query = new URLSearchParams({ q: list.get('q') ?? '', source: 'lens', ...bounds } as Record<
      string,
      string
    >)
    const { logs } = (await server.get(`/api/logs?${query}`)).body.data
    const shown = logs.map(({ message }: { message: string }) => message)
    expect(shown.sort()).toEqual(['before it', 'focus at 0.2', 'focus lost'])
  } finally {
    await server.send('DELETE', '/api/levels/source/lens')
    await server.send('PUT', '/api/settings', { log_level })
  }
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
