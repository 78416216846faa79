import { expect } from 'vitest'
import type { TestServer } from './server.ts'

/**
 * How many lines match a query, by reading all of them: the total beside a page of a search is a lower bound where
 * counting takes longer than a page waits for it.
 */
export async function matchingLines(server: Pick<TestServer, 'get'>, query: string): Promise<number> {
  let lines = 0
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body } = await server.get(
      `/api/logs?limit=1000&${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    expect([status, body.data?.pagination.searched_to]).toEqual([200, null])
    lines += body.data.logs.length
    cursor = body.data.pagination.next_cursor
  }
  return lines
}
