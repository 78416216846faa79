import { LEVELS, type Level, parseLevel } from '@timelapser/logger'
import { Type } from 'typebox'
import type { LogRow } from '../schemas/logs.ts'
import { withQuery } from './assistant-api.ts'
import { BoundedAnswer, lineOf } from './bounded-answer.ts'
import { Count, filterOf, filters, linkTo, reachOf, Text, type Tool, tool } from './tool.ts'

type Pagination = {
  total_items: number
  total_is_exact: boolean
  next_cursor: string | null
  searched_to: string | null
}
/** Sources and cameras that are told with their counts. */
const MOST = 50

/** Tools that show lines, and count them. */
export const LINE_TOOLS: readonly Tool[] = [
  tool({
    name: 'search_lines',
    title: 'Search log lines',
    description:
      'Matching log lines, newest first. Begin with patterns or count_lines if many lines may match.',
    input: Type.Object(
      {
        ...filters,
        limit: Count(100, 20, 'Lines'),
        cursor: Text('Cursor of an earlier answer, to continue from there'),
      },
      { additionalProperties: false },
    ),
    run: async (api, { limit = 20, cursor, ...asked }) => {
      const filter = filterOf(asked)
      const { logs, pagination } = (await api.request(
        'GET',
        withQuery('/api/logs', { ...filter, limit, cursor }),
      )) as {
        logs: LogRow[]
        pagination: Pagination
      }
      const { total_items, total_is_exact, next_cursor, searched_to } = pagination
      const answer = new BoundedAnswer()
        .say(
          `Matching lines: ${total_is_exact ? '' : 'at least '}${total_items}; in this answer: ${logs.length}.`,
        )
        .say(linkTo(api, filter))
      for (const sentence of reachOf(searched_to)) answer.say(sentence)
      if (next_cursor !== null)
        answer.say(`For older lines, repeat the request with cursor "${next_cursor}".`)
      return answer.add(logs.map(lineOf))
    },
  }),
  tool({
    name: 'count_lines',
    title: 'Count lines',
    description: 'How many lines match, by level, source and camera. Cheap, also over years.',
    input: Type.Object(filters, { additionalProperties: false }),
    run: async (api, asked) => {
      const filter = filterOf(asked)
      const { pagination } = (await api.request('GET', withQuery('/api/logs', { ...filter, limit: 1 }))) as {
        pagination: Pagination
      }
      type Facet = { value: string | number; label: string; count: number }[]
      const facets = (await api.request('GET', withQuery('/api/logs/facets', filter))) as Record<
        'level' | 'source' | 'camera_id',
        Facet
      >
      // The list offers what its own filter leaves out as well; here that would be counted wrongly.
      const least = parseLevel(asked.min_level ?? 'DEBUG') ?? 'DEBUG'
      const isAsked = (value: string | number, wanted: string | number | undefined) =>
        wanted === undefined || value === wanted
      const levels = facets.level.filter(
        ({ value }) => LEVELS.indexOf(value as Level) >= LEVELS.indexOf(least),
      )
      const { total_items, total_is_exact, searched_to } = pagination
      const answer = new BoundedAnswer()
        .say(`Matching lines: ${total_is_exact ? '' : 'at least '}${total_items}.`)
        .say(linkTo(api, filter))
      for (const sentence of reachOf(searched_to)) answer.say(sentence)
      return answer
        .add(levels.map(({ value, count }) => ({ level: value, count })))
        .add(
          facets.source
            .filter(({ value }) => isAsked(value, asked.source))
            .slice(0, MOST)
            .map(({ value, count }) => ({ source: value, count })),
        )
        .add(
          facets.camera_id
            .filter(({ value }) => isAsked(value, asked.camera_id))
            .slice(0, MOST)
            .map(({ value, label, count }) => ({ camera_id: value, name: label, count })),
        )
    },
  }),
  tool({
    name: 'histogram',
    title: 'Lines over time',
    description: 'Lines by level in steps of time: when something began, and when it ended.',
    input: Type.Object({ ...filters, steps: Count(100, 24, 'Steps') }, { additionalProperties: false }),
    run: async (api, { steps = 24, ...asked }) => {
      const filter = filterOf(asked, 24)
      const { buckets, bucket_seconds, total } = (await api.request(
        'GET',
        withQuery('/api/logs/histogram', { ...filter, buckets: steps }),
      )) as { buckets: Record<string, unknown>[]; bucket_seconds: number; total: number }
      return new BoundedAnswer()
        .say(`Lines: ${total}; seconds per step: ${bucket_seconds}.`)
        .say(linkTo(api, filter))
        .add(buckets)
    },
  }),
  tool({
    name: 'surroundings',
    title: 'Lines before and after a line',
    description: 'The lines before and after a line, by its id: what led to it and what followed.',
    input: Type.Object(
      {
        id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
        before: Count(50, 10, 'Lines'),
        after: Count(50, 10, 'Lines'),
        same: Type.Optional(
          Type.Union(['all', 'source', 'camera', 'logger'].map((value) => Type.Literal(value))),
        ),
      },
      { additionalProperties: false },
    ),
    run: async (api, { id, before = 10, after = 10, same = 'all' }) => {
      const { logs } = (await api.request(
        'GET',
        withQuery(`/api/logs/${id}/context`, { before, after, same: String(same) }),
      )) as { logs: LogRow[] }
      return new BoundedAnswer()
        .say(`Line ${id} and the lines around it, newest first: ${logs.length}.`)
        .say(`On the page: ${api.origin}/logs?log=${id}`)
        .add(logs.map(lineOf))
    },
  }),
  tool({
    name: 'request_trail',
    title: 'One request',
    description: 'All lines of one request by its request_id, oldest first, with the time between them.',
    input: Type.Object(
      { request_id: Type.String({ minLength: 1, maxLength: 200 }) },
      { additionalProperties: false },
    ),
    run: async (api, { request_id }) => {
      const trail = (await api.request('GET', `/api/debug/requests/${encodeURIComponent(request_id)}`)) as {
        lines: { log: LogRow; offset_ms: number }[]
        duration_ms: number
        is_cut: boolean
      }
      const answer = new BoundedAnswer()
        .say(
          `Lines: ${trail.lines.length}${trail.is_cut ? ' (the first; there are more)' : ''}, within ${trail.duration_ms} ms.`,
        )
        .say(linkTo(api, { request_id }))
      return answer.add(trail.lines.map(({ log, offset_ms }) => ({ offset_ms, ...lineOf(log) })))
    },
  }),
]
