// Rules as they are written: what is wrong with one, when it would have fired, and files of rules.
import { describe, expect, it, vi } from 'vitest'
import { previewRule } from '../../src/service/alerts/preview.ts'
import { MINUTE, startAlerts } from '../support/alerts-server.ts'

const { server, clock, as } = await startAlerts()

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

it('a caller has one preview at a time, and all callers have two', async () => {
  const { pool } = server.database.database
  const made = await server.send('POST', '/api/keys', { name: 'eve', scope: 'read' })
  const eve = { authorization: `Bearer ${made.body.data.secret}` }
  const condition = { kind: 'count', over: 1, minutes: 5 }
  const path = '/api/alerts/rules/preview'
  // The first reads lines, and the other counts alone.
  const held = { rule: { query: 'q=overheated', condition }, days: 1 }
  const free = { rule: { query: 'source=nobody', condition }, days: 1 }
  const answered: string[] = []
  const noted = async (who: string, asked: ReturnType<typeof server.send>) => {
    const { status } = await asked
    answered.push(`${who} ${status}`)
  }
  const previewsHeld = async () => {
    const { rows } = await pool.query(
      `select count(*)::int as held from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like '%group_rows%'`,
    )
    return rows[0].held
  }
  const others: Promise<void>[] = []
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('lock table logs in access exclusive mode')
    others.push(noted('ann', as('ann', 'POST', path, held)))
    await expect.poll(previewsHeld).toBe(1)
    others.push(noted('ann', as('ann', 'POST', path, free)))
    await noted('ben', as('ben', 'POST', path, free))
    expect(answered).toEqual(['ben 200'])
    others.push(noted('ben', as('ben', 'POST', path, held)))
    await expect.poll(previewsHeld).toBe(2)
    others.push(noted('eve', server.send('POST', path, free, eve)))
    // An administrator has a place beyond the number.
    await noted('admin', server.send('POST', path, free))
    expect(answered).toEqual(['ben 200', 'admin 200'])
  } finally {
    await client.query('rollback')
    client.release()
  }
  await Promise.all(others)
  expect(answered.slice(2).toSorted()).toEqual(['ann 200', 'ann 200', 'ben 200', 'eve 200'])
})

it('a preview judges weeks of minutes in turns with other work', async () => {
  const minutes = 2 * 24 * 60
  const lines = Array.from({ length: minutes }, (_, index) => ({
    timestamp: new Date(clock.now - (index + 1) * MINUTE).toISOString(),
    ...{ message: 'each minute', source: 'minutes', level: 'ERROR' },
  }))
  const { body } = await server.send('POST', '/api/logs', lines)
  expect(body.data.accepted).toBe(minutes)
  const definition = {
    query: '',
    condition: { kind: 'count' as const, over: 0, minutes: 10, for: { windows: 10, of: 10 } },
  }
  const read = async () => ({ visibility: { cameras: null }, sources: ['minutes'] })
  const { signal } = new AbortController()
  // After each turn it looks whether the caller is gone.
  const turns = vi.spyOn(signal, 'throwIfAborted')
  // Each look at the clock takes a millisecond.
  let at = performance.now()
  const time = vi.spyOn(performance, 'now').mockImplementation(() => ++at)
  try {
    const { pool } = server.database.database
    const options = { pool, logOperations: server.system.logOperations }
    const { total } = await previewRule(options, { definition, read, days: 3, until: clock.now }, signal)
    expect(total).toBe(1)
  } finally {
    time.mockRestore()
  }
  expect(turns.mock.calls.length).toBeGreaterThan(minutes / 16 / 12)
})
