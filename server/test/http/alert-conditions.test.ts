// When a rule of each condition fires and resolves, on a clock that the test moves.
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MINUTE, startAlerts } from '../support/alerts-server.ts'

const { server, clock, receiver, addRule, evaluate, pass, log, whileNobodyEvaluates, stateOf, arrived } =
  await startAlerts()

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

  it('counts lines that were deleted before it was evaluated, and keeps no counts of entries that it was', async () => {
    const id = await addRule({ name: 'Gone', query: '', condition: { kind: 'count', over: 2, minutes: 5 } })
    const { pool } = server.database.database
    await whileNobodyEvaluates(async () => {
      for (let line = 0; line < 3; line++) await log({ source: 'gone' })
      const preview = await server.send('POST', '/api/logs/delete/preview', { source: 'gone' })
      const { filters_applied: filters, rows } = preview.body.data
      const deleted = await server.send('POST', '/api/logs/delete', { ...filters, confirm_rows: rows })
      expect(deleted.body.data.deleted_count).toBe(3)
    })
    expect(await stateOf(id)).toEqual({ '': 'firing' })
    const { rows } = await pool.query('select from log_feed_counts')
    expect(rows).toHaveLength(0)
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
