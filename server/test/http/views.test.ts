import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const keys = new Map<string, Record<string, string>>()

beforeAll(async () => {
  server = await startTestServer()
  for (const [name, scope] of [
    ['ann', 'read'],
    ['ben', 'read'],
    ['chief', 'admin'],
  ]) {
    const { body } = await server.send('POST', '/api/keys', { name, scope })
    keys.set(name as string, { authorization: `Bearer ${body.data.secret}` })
  }
})
afterAll(() => server.close())

const as = (who: string, method: string, path: string, body?: unknown) =>
  server.send(method, path, body, keys.get(who))
const listOf = async (who: string) => (await as(who, 'GET', '/api/views')).body.data.views
const lastAudit = async (action: string) =>
  (await server.get(`/api/audit?action=${action}&limit=1`)).body.data.entries[0]

it('keeps views for their owner, and shows others the shared ones alone', async () => {
  const own = await as('ann', 'POST', '/api/views', { name: 'Night', query: 'level=ERROR&q=rtsp%20timeout' })
  expect(own.status).toBe(201)
  expect(own.body.data.view).toMatchObject({ shared: false, is_own: true, may_edit: true, owner_name: 'ann' })
  const shared = await as('ann', 'POST', '/api/views', {
    name: 'all errors',
    query: 'level=ERROR',
    shared: true,
  })
  expect((await listOf('ann')).map(({ name }: { name: string }) => name)).toEqual(['all errors', 'Night'])
  expect(await listOf('ben')).toEqual([{ ...shared.body.data.view, is_own: false, may_edit: false }])
  expect(await listOf('chief')).toEqual([{ ...shared.body.data.view, is_own: false, may_edit: true }])
  expect(await lastAudit('view.create')).toMatchObject({
    actor: 'key ann',
    after: { name: 'all errors', query: 'level=ERROR', shared: true },
  })
})

it('lets the owner change and delete it, an administrator only what is shared, nobody else', async () => {
  const { id } = (await as('ann', 'POST', '/api/views', { name: 'mine', query: '' })).body.data.view
  expect((await as('ben', 'PATCH', `/api/views/${id}`, { name: 'x' })).status).toBe(404)
  expect((await as('chief', 'DELETE', `/api/views/${id}`)).status).toBe(404)
  const changed = await as('ann', 'PATCH', `/api/views/${id}`, { shared: true, query: 'source=api' })
  expect(changed.body.data.view).toMatchObject({ name: 'mine', query: 'source=api', shared: true })
  expect((await as('ben', 'PATCH', `/api/views/${id}`, { name: 'x' })).status).toBe(403)
  expect((await as('ben', 'DELETE', `/api/views/${id}`)).status).toBe(403)
  expect((await as('chief', 'PATCH', `/api/views/${id}`, { name: 'ours' })).body.data.view.name).toBe('ours')
  expect(await lastAudit('view.update')).toMatchObject({
    actor: 'key chief',
    before: { name: 'mine' },
    after: { name: 'ours' },
  })
  expect((await as('ann', 'DELETE', `/api/views/${id}`)).status).toBe(200)
  expect(await lastAudit('view.delete')).toMatchObject({ before: { name: 'ours', query: 'source=api' } })
  expect((await as('ann', 'DELETE', `/api/views/${id}`)).status).toBe(404)
})

it('refuses a name twice, for the same owner', async () => {
  const view = { name: 'twice', query: 'a=1' }
  await as('ann', 'POST', '/api/views', view)
  expect((await as('ann', 'POST', '/api/views', { ...view, name: ' twice ' })).status).toBe(409)
  const other = (await as('ann', 'POST', '/api/views', { ...view, name: 'other' })).body.data.view
  expect((await as('ann', 'PATCH', `/api/views/${other.id}`, { name: 'twice' })).status).toBe(409)
  expect((await as('ben', 'POST', '/api/views', view)).status).toBe(201)
})

it.each([
  [{ name: '', query: '' }, 'name'],
  [{ name: '  ', query: '' }, 'name'],
  [{ name: 'x', query: '?a=1' }, 'query'],
  [{ name: 'x', query: 'a b' }, 'query'],
  [{ name: 'x', query: 'a'.repeat(4001) }, 'query'],
  [{ name: 'x'.repeat(201), query: '' }, 'name'],
  [{ query: '' }, 'name'],
  [{ name: 'x', query: '', owner: 'user 1' }, 'owner'],
])('refuses %j by name', async (input, field) => {
  const { status, body } = await as('ann', 'POST', '/api/views', input)
  expect([status, body.message]).toEqual([400, expect.stringContaining(field)])
})

it('has a bound', async () => {
  for (let made = 0; made < 201; made++) {
    const { status } = await as('ben', 'POST', '/api/views', { name: `many ${made}`, query: '' })
    if (status === 201) continue
    expect([status, made]).toEqual([409, 199])
    return
  }
  expect.unreachable()
})

describe('boards of charts', () => {
  const CHART = { title: 'Slowness', query: 'measure=p95&field=duration_ms&by=camera_id&kind=lines' }
  const make = async (who: string, body: object) =>
    (await as(who, 'POST', '/api/boards', body)).body.data.board

  it('are kept for their owner, and seen by others where they are shared', async () => {
    const made = await as('ann', 'POST', '/api/boards', { name: ' Night ', charts: [CHART] })
    expect([made.status, made.body.data.board]).toMatchObject([
      201,
      {
        ...{ name: 'Night', shared: false, range: '', refresh_seconds: 0, version: 1 },
        ...{ owner_name: 'ann', is_own: true, may_edit: true },
        charts: [{ ...CHART, width: 'half', own_range: false }],
      },
    ])
    const { id } = made.body.data.board
    const namesOf = async (who: string) =>
      (await as(who, 'GET', '/api/boards')).body.data.boards.map(({ name }: { name: string }) => name)
    expect([await namesOf('ann'), await namesOf('ben')]).toEqual([['Night'], []])
    expect((await as('ben', 'GET', `/api/boards/${id}`)).status).toBe(404)
    expect((await as('chief', 'DELETE', `/api/boards/${id}`)).status).toBe(404)
    await as('ann', 'PATCH', `/api/boards/${id}`, { shared: true, range: 'range=6h', refresh_seconds: 60 })
    const seen = (await as('ben', 'GET', `/api/boards/${id}`)).body.data.board
    expect(seen).toMatchObject({ range: 'range=6h', refresh_seconds: 60, is_own: false, may_edit: false })
    expect(seen).not.toHaveProperty('owner')
    const [listed] = (await as('ben', 'GET', '/api/boards')).body.data.boards
    expect(listed).toMatchObject({ id, total_charts: 1, version: 2, may_edit: false })
    expect(listed).not.toHaveProperty('charts')
    for (const [method, path, body] of [
      ['PATCH', `/api/boards/${id}`, { name: 'x' }],
      ['POST', `/api/boards/${id}/charts`, CHART],
      ['DELETE', `/api/boards/${id}`, undefined],
    ] as const) {
      expect([method, (await as('ben', method, path, body)).status]).toEqual([method, 403])
    }
    expect((await as('chief', 'PATCH', `/api/boards/${id}`, { name: 'Ours' })).status).toBe(200)
    expect(await lastAudit('board.update')).toMatchObject({
      actor: 'key chief',
      before: { name: 'Night', charts: ['Slowness'] },
      after: { name: 'Ours' },
    })
    expect((await as('ann', 'DELETE', `/api/boards/${id}`)).status).toBe(200)
    expect(await lastAudit('board.delete')).toMatchObject({ before: { name: 'Ours' } })
    expect((await as('ann', 'GET', `/api/boards/${id}`)).status).toBe(404)
  })

  it('lose no chart to two who change them at once', async () => {
    const { id, version } = await make('ann', { name: 'busy', shared: true })
    const pins = await Promise.all(
      ['one', 'two', 'three'].map((title) =>
        as(title === 'two' ? 'chief' : 'ann', 'POST', `/api/boards/${id}/charts`, { ...CHART, title }),
      ),
    )
    expect(pins.map(({ status }) => status)).toEqual([201, 201, 201])
    const stale = await as('ann', 'PATCH', `/api/boards/${id}`, { version, charts: [] })
    expect([stale.status, stale.body.message]).toEqual([
      409,
      `The board ${id} has been changed meanwhile; reload it.`,
    ])
    const board = (await as('ann', 'GET', `/api/boards/${id}`)).body.data.board
    expect(board.charts.map(({ title }: { title: string }) => title).toSorted()).toEqual([
      'one',
      'three',
      'two',
    ])
    const charts = board.charts.toReversed().map((chart: object) => ({ ...chart, width: 'full' }))
    const moved = await as('ann', 'PATCH', `/api/boards/${id}`, { version: board.version, charts })
    expect(moved.body.data.board.charts).toEqual(charts)
  })

  it('have at most 24 charts, and one name an owner once', async () => {
    const charts = Array.from({ length: 24 }, () => CHART)
    const { id } = await make('ben', { name: 'full', charts })
    const beyond = await as('ben', 'POST', `/api/boards/${id}/charts`, CHART)
    expect([beyond.status, beyond.body.message]).toEqual([409, `The board ${id} has 24 charts, the maximum.`])
    expect((await as('ben', 'POST', '/api/boards', { name: 'full' })).status).toBe(409)
    const other = await make('ben', { name: 'other' })
    expect((await as('ben', 'PATCH', `/api/boards/${other.id}`, { name: 'full' })).status).toBe(409)
    const { pool } = server.database.database
    await pool.query(`
      insert into boards (owner, owner_name, name, range, refresh_seconds, charts, shared)
      select 'user ' || number % 9, 'x', 'board ' || number, '', 0, '[]', true from generate_series(1, 500) number`)
    const shared = await as('ben', 'PATCH', `/api/boards/${other.id}`, { shared: true })
    expect([shared.status, shared.body.message]).toEqual([409, expect.stringContaining('boards are shared')])
    await pool.query(`delete from boards where owner like 'user %'`)
  })

  it.each([
    [{ name: ' ' }, 'name must not be empty.'],
    [{ name: 'x', range: 'range=1h&level=ERROR' }, 'range'],
    [{ name: 'x', refresh_seconds: 3601 }, '3600'],
    [{ name: 'x', refresh_seconds: 9 }, 'refresh_seconds must be 0 or at least 10; it is 9.'],
    [{ name: 'x', refresh_seconds: 1.5 }, 'refresh_seconds'],
    [{ name: 'x', charts: [{ ...CHART, width: 'wide' }] }, 'width'],
    [{ name: 'x', charts: [{ ...CHART, title: '  ' }] }, 'title must not be empty.'],
    [{ name: 'x', charts: [{ ...CHART, query: 'a b' }] }, 'query'],
    [{ name: 'x', charts: Array.from({ length: 25 }, () => CHART) }, '24'],
    [{ name: 'x', owner: 'user 1' }, 'owner'],
  ])('refuse %j', async (body, sentence) => {
    const { status, body: answer } = await as('ann', 'POST', '/api/boards', body)
    expect([status, answer.message]).toEqual([400, expect.stringContaining(sentence)])
  })
})

describe('marks on the time axis', () => {
  const AT = '2026-03-01T12:00:00.000001Z'
  const marksOf = async (who: string, query = '') => (await as(who, 'GET', `/api/marks${query}`)).body.data

  it('are added by who sends lines, seen by all who read, and deleted by administrators', async () => {
    const pipeline = await server.send('POST', '/api/keys', { name: 'pipeline', scope: 'ingest' })
    keys.set('pipeline', { authorization: `Bearer ${pipeline.body.data.secret}` })
    const added = await as('pipeline', 'POST', '/api/marks', {
      text: ' deployed 1.4 ',
      kind: 'deploy',
      at: '2026-03-01T13:00:00.000001+01:00',
    })
    expect([added.status, added.body.data.mark]).toEqual([
      201,
      expect.objectContaining({ text: 'deployed 1.4', kind: 'deploy', at: AT, author: 'pipeline' }),
    ])
    const now = Date.now()
    const note = (await as('chief', 'POST', '/api/marks', { text: 'lens cleaned' })).body.data.mark
    expect(note.kind).toBe('note')
    expect(Date.parse(note.at)).toBeGreaterThanOrEqual(now)
    expect(await marksOf('ann')).toEqual({ marks: [note, added.body.data.mark], total_marks: 2 })
    expect(await marksOf('ann', '?limit=1')).toEqual({ marks: [note], total_marks: 2 })
    expect((await marksOf('ben', `?start_date=${AT}&end_date=${AT}`)).total_marks).toBe(1)
    expect((await marksOf('ben', '?end_date=2026-03-01T12:00:00Z')).total_marks).toBe(0)
    expect(await lastAudit('mark.create')).toMatchObject({
      actor: 'key chief',
      after: { kind: 'note', text: 'lens cleaned' },
    })
    for (const [who, method, path] of [
      ['ann', 'POST', '/api/marks'],
      ['ann', 'DELETE', `/api/marks/${note.id}`],
      ['pipeline', 'DELETE', `/api/marks/${note.id}`],
      ['pipeline', 'GET', '/api/marks'],
    ] as const) {
      const body = method === 'POST' ? { text: 'x' } : undefined
      expect([who, method, (await as(who, method, path, body)).status]).toEqual([who, method, 403])
    }
    expect((await as('chief', 'DELETE', `/api/marks/${note.id}`)).status).toBe(200)
    expect(await lastAudit('mark.delete')).toMatchObject({ before: { text: 'lens cleaned' } })
    expect((await as('chief', 'DELETE', `/api/marks/${note.id}`)).status).toBe(404)
  })

  it.each([
    [{ text: ' ' }, 'text must not be blank.'],
    [{ text: 'x'.repeat(501) }, 'text must have at most 500 characters; it has 501.'],
    [{ text: 'x', kind: 'party' }, 'kind'],
    [{ text: 'x', at: 'yesterday' }, 'Invalid at format. Use ISO format.'],
    [{ text: 'x', by: 'me' }, 'by'],
  ])('refuse %j with a sentence', async (body, sentence) => {
    const answer = await as('chief', 'POST', '/api/marks', body)
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining(sentence)])
  })

  it('are not added by keys that stand in pages, and not without end', async () => {
    const origins = ['https://app.example']
    const made = await server.send('POST', '/api/keys', { name: 'page', scope: 'ingest', origins })
    const headers = { authorization: `Bearer ${made.body.data.secret}`, origin: 'https://app.example' }
    const refused = await server.send('POST', '/api/marks', { text: 'x' }, headers)
    expect([refused.status, refused.body.message]).toEqual([403, 'A key for pages may not add marks.'])
    const { pool } = server.database.database
    await pool.query(
      `insert into marks (at, kind, text, author) select now(), 'note', 'x', 'x' from generate_series(1, 10000)`,
    )
    const full = await as('chief', 'POST', '/api/marks', { text: 'one more' })
    expect([full.status, full.body.message]).toEqual([409, expect.stringContaining('There are 10,000 marks')])
    await pool.query('delete from marks where id in (select id from marks limit 1000)')
    const byKey = await as('pipeline', 'POST', '/api/marks', { text: 'one more' })
    expect([byKey.status, byKey.body.message]).toEqual([
      409,
      expect.stringContaining('There are 8,000 marks'),
    ])
    expect((await as('chief', 'POST', '/api/marks', { text: 'one more' })).status).toBe(201)
    await pool.query('delete from marks')
  })

  it('of a key that sends lines are its newest 1,000', async () => {
    const { pool } = server.database.database
    const { mark } = (await as('pipeline', 'POST', '/api/marks', { text: 'first' })).body.data
    await pool.query(
      `insert into marks (at, kind, text, author, owner)
      select now(), 'note', 'x', author, owner from marks, generate_series(1, 999) where id = $1`,
      [mark.id],
    )
    await as('chief', 'POST', '/api/marks', { text: 'of another' })
    expect((await as('pipeline', 'POST', '/api/marks', { text: 'newest' })).status).toBe(201)
    const { rows } = await pool.query(`select text from marks where text <> 'x' order by id`)
    expect(rows).toEqual([{ text: 'of another' }, { text: 'newest' }])
    expect(await lastAudit('mark.create')).toMatchObject({ before: { displaced: { text: 'first' } } })
    await pool.query('delete from marks')
  })
})
