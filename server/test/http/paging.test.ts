import { afterAll, beforeAll, expect, it } from 'vitest'
import { comparable } from '../../src/store/database/timestamp.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server.close())

/** 700 lines on seven instants a microsecond apart: a Date would make one of them. */
const OLD = Array.from({ length: 700 }, (_, index) => ({
  timestamp: `2026-03-01T12:00:00.00000${index % 7}Z`,
  message: `old ${index}`,
  source: 'worker',
}))

type Row = { id: number; timestamp: string; message: string }

type Page = { logs: Row[]; pagination: { next_cursor: string | null; previous_cursor: string | null } }

/** Reads from cursor to cursor until there are no more; the pages as they were read. */
async function walk(first: string, next: 'next_cursor' | 'previous_cursor'): Promise<Page[]> {
  const pages: Page[] = []
  for (let path = first; ; ) {
    const page: Page = (await server.get(path)).body.data
    pages.push(page)
    if (page.pagination[next] === null) return pages
    path = `/api/logs?limit=37&cursor=${page.pagination[next]}`
  }
}

it('repeats and loses nothing while writers run, also among equal timestamps, both ways', async () => {
  await server.send('POST', '/api/logs', OLD, { 'x-import': 'true' })
  let writing = true
  const writers = Array.from({ length: 3 }, async (_, writer) => {
    for (let batch = 0; writing; batch++) {
      const now = { message: `new ${writer} ${batch}`, source: 'api' }
      // Late ones land among the rows that are being paged through.
      const late = {
        ...now,
        timestamp: `2026-03-01T12:00:00.00000${batch % 7}Z`,
        message: `late ${writer} ${batch}`,
      }
      await server.send('POST', '/api/logs', [now, late], { 'x-import': 'true' })
    }
  })
  const downwards = await walk('/api/logs?limit=37', 'next_cursor')
  const last = downwards.at(-1) as Page
  const upwards = await walk(
    `/api/logs?limit=37&cursor=${last.pagination.previous_cursor}`,
    'previous_cursor',
  )
  writing = false
  await Promise.all(writers)

  const down = downwards.flatMap(({ logs }) => logs)
  const up = [...upwards.toReversed().flatMap(({ logs }) => logs), ...last.logs]
  for (const rows of [down, up]) {
    const ids = rows.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const seen = rows.map(({ message }) => message).filter((message) => message.startsWith('old '))
    expect(seen.toSorted()).toEqual(OLD.map(({ message }) => message).toSorted())
  }
  const positions = down.map(({ timestamp, id }) => ({ at: comparable(timestamp), id }))
  expect(positions).toEqual(
    positions.toSorted((a, b) => (a.at === b.at ? b.id - a.id : a.at < b.at ? 1 : -1)),
  )
})

it('goes on from a line that was deleted meanwhile, both ways, and misses none that stays', async () => {
  const at = '2026-02-01T12:00:00.000001Z'
  const lines = Array.from({ length: 120 }, (_, index) => ({
    timestamp: at,
    message: `line ${index}`,
    source: 'same',
  }))
  await server.send('POST', '/api/logs', lines, { 'x-import': 'true' })
  const range = `limit=10&start_date=${at}&end_date=${at}`
  const gone = new Set<number>()
  const forget = async (row: Row | undefined) => {
    const answer = await server.send('POST', '/api/logs/delete', { q: `id:${row?.id}`, confirm_rows: 1 })
    expect(answer.body.data).toEqual({ deleted_count: 1 })
    gone.add(row?.id ?? 0)
  }
  const read = async (next: 'next_cursor' | 'previous_cursor', from: string, first: boolean) => {
    const seen: Row[][] = []
    for (let cursor: string | null = from; cursor !== null; ) {
      const page: Page = (await server.get(`/api/logs?${range}${cursor && `&cursor=${cursor}`}`)).body.data
      seen.push(page.logs)
      // The line the next cursor points at.
      if (page.logs.length > 0) await forget(next === 'next_cursor' ? page.logs.at(-1) : page.logs[0])
      cursor = page.pagination[next]
      if (first && cursor === null) return { seen, end: page.pagination.previous_cursor }
    }
    return { seen, end: null }
  }
  const down = await read('next_cursor', '', true)
  const ids = down.seen.flat().map(({ id }) => id)
  expect(ids).toHaveLength(120)
  expect(ids).toEqual(ids.toSorted((a, b) => b - a))
  const left = ids.filter((id) => !gone.has(id))
  const last = down.seen.at(-1)?.map(({ id }) => id) ?? []
  const up = await read('previous_cursor', down.end ?? '', false)
  expect(
    up.seen
      .toReversed()
      .flat()
      .map(({ id }) => id),
  ).toEqual(left.filter((id) => !last.includes(id)))
})
