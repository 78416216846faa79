// Who is told of what, and how: notices, channels and the daily digest.
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { beforeAll, describe, expect, it } from 'vitest'
import { MINUTE, startAlerts } from '../support/alerts-server.ts'
import { startReceiver } from '../support/notice-receiver.ts'

const { server, clock, receiver, as, addRule, evaluate, pass, log, whileNobodyEvaluates, stateOf, arrived } =
  await startAlerts()

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
