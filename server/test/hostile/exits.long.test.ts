// The longest lines there can be, through every way out; docs/security.md has the figures.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { peakMegabytes } from '../../../bench/memory.ts'
import { PAGE_BYTES } from '../../src/store/database/reader.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { follow, HEADERS, type ServerProcess, startProcess, stopProcess } from '../support/server-process.ts'

const LINES = 100
const LONGEST = 256 * 1024
/** A page ends with the first row that is beyond the bound. */
const LINES_A_PAGE = PAGE_BYTES / LONGEST

/** The budgets that `/metrics` names; docs/security.md says what each is for. */
const BUDGETS = ['bodies', 'feed', 'pages', 'replies', 'streams', 'syslog', 'syslog_unfinished', 'writes']

let database: TestDatabase
let server: ServerProcess

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startProcess(database.url)
  for (let first = 0; first < LINES; first += 20) await post(first)
})
afterAll(async () => {
  await stopProcess(server)
  await database.close()
})

/** Stores twenty of the longest lines. */
async function post(first: number): Promise<void> {
  const records = Array.from({ length: 20 }, (_, index) => ({
    message: `${first + index} `.padEnd(LONGEST, 'long '),
    source: 'long',
    extra_data: { request_id: 'long', text: 'y'.repeat(5000) + (first + index) },
  }))
  const answer = await fetch(`${server.url}/api/logs`, {
    method: 'POST',
    headers: { ...HEADERS, 'content-type': 'application/x-ndjson' },
    body: records.map((record) => JSON.stringify(record)).join('\n'),
  })
  expect(answer.status).toBe(200)
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
async function get(path: string): Promise<any> {
  const answer = await fetch(server.url + path, { headers: HEADERS })
  expect(answer.status).toBe(200)
  return answer.json()
}

it.each([
  ['of the list', '/api/logs?source=long&limit=1000'],
  ['of a search that an index answers', '/api/logs?search=long&limit=1000'],
  ['of a search that looks at each line', '/api/logs?q=/l.ng/&limit=1000'],
])('pages %s end at 8 MB and go on by their cursor, without a gap', async (_, path) => {
  const seen: string[] = []
  let pages = 0
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { data } = await get(path + (cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`))
    const { next_cursor, has_next, is_cut, searched_to } = data.pagination
    expect(data.logs.length).toBeLessThanOrEqual(LINES_A_PAGE + 1)
    // A slow machine may use up the time of a search before the page is full.
    expect([is_cut || searched_to !== null, has_next]).toEqual([next_cursor !== null, next_cursor !== null])
    seen.push(...data.logs.map(({ message }: { message: string }) => message.split(' ', 1)[0]))
    cursor = next_cursor
    pages++
  }
  expect(seen).toHaveLength(LINES)
  expect(new Set(seen).size).toBe(LINES)
  expect(pages).toBeGreaterThan(2)
})

it('keeps the total of a page that is cut', async () => {
  const { data } = await get('/api/logs?source=long&limit=1000')
  expect(data.pagination).toMatchObject({ total_items: LINES, total_is_exact: true, is_cut: true })
})

it("says in Loki's API that lines were left out", async () => {
  const start = `${Date.now() - 3_600_000}000000`
  const { data, warnings } = await get(
    `/loki/api/v1/query_range?query={source="long"}&limit=5000&start=${start}`,
  )
  const lines = data.result.flatMap(({ values }: { values: unknown[] }) => values)
  expect(lines.length).toBeLessThanOrEqual(LINES_A_PAGE + 1)
  expect(warnings).toEqual([expect.stringContaining('8 MB')])
})

it('says in a request and around a line that there are more', async () => {
  const { data: request } = await get('/api/debug/requests/long')
  expect(request.is_cut).toBe(true)
  expect(request.lines.length).toBeLessThanOrEqual(LINES_A_PAGE + 1)
  const { data: page } = await get('/api/logs?source=long&limit=1')
  const { data: around } = await get(`/api/logs/${page.logs[0].id}/context?before=100&after=100`)
  expect(around.has_older).toBe(true)
  expect(around.logs.length).toBeLessThanOrEqual(LINES_A_PAGE + 2)
})

it('tells of the fields and exports all of it', async () => {
  const { data } = await get('/api/debug/fields?source=long')
  expect(
    data.fields.map(({ field, distinct }: { field: string; distinct: number }) => [field, distinct]),
  ).toContainEqual(['text', LINES])
  const answer = await fetch(`${server.url}/api/logs/export?source=long`, { headers: HEADERS })
  let bytes = 0
  for await (const chunk of answer.body ?? []) bytes += chunk.length
  expect(bytes).toBeGreaterThan(LINES * LONGEST)
})

it('sends them to whoever follows, and holds little for those that read nothing', async () => {
  const stop = new AbortController()
  const { seen, began, followed } = follow([server], 'source=long', stop.signal)
  await began
  const ask = (path: string) => {
    const socket = connect(Number(server.port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${HEADERS.authorization}\r\n\r\n`)
    return socket
  }
  const paths = [
    '/api/logs/stream?source=long',
    '/api/events',
    '/api/logs?source=long&limit=1000',
    '/api/logs/export',
  ]
  const sockets = paths.flatMap((path) => Array.from({ length: 20 }, () => ask(path)))
  try {
    for (let first = LINES; first < 2 * LINES; first += 20) await post(first)
    await expect.poll(() => seen.length).toBe(LINES)
    expect(new Set(seen.map((message) => message.split(' ', 1)[0])).size).toBe(LINES)
    const metrics = await (await fetch(`${server.url}/metrics`, { headers: HEADERS })).text()
    const of = (name: string) =>
      new Map(
        [...metrics.matchAll(new RegExp(`^timelapser_${name}\\{budget="(\\w+)"\\} (\\d+)$`, 'gm'))].map(
          ([, budget, bytes]) => [budget, Number(bytes)] as const,
        ),
      )
    const limits = of('budget_limit_bytes')
    expect([...limits.keys()]).toEqual(expect.arrayContaining(BUDGETS))
    for (const [budget, bytes] of of('budget_bytes'))
      expect(bytes).toBeLessThanOrEqual(limits.get(budget) ?? 0)
  } finally {
    for (const socket of sockets) socket.destroy()
    stop.abort()
    await followed
  }
})

it('needs 450 MB for all of it at most', () => {
  expect(peakMegabytes(server.child.pid as number)).toBeLessThanOrEqual(450)
})
