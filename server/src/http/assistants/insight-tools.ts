import { Type } from 'typebox'
import { withQuery } from './assistant-api.ts'
import { BoundedAnswer, cut } from './bounded-answer.ts'
import { Count, filterOf, filters, linkTo, reachOf, Text, type Tool, tool } from './tool.ts'

type Group = {
  shape: string
  count: number
  level: string
  sources: string[]
  last_at: string
  last_id: number
  last_message: string
}

const groupOf = ({ shape, count, level, sources, last_at, last_id, last_message }: Group) => ({
  ...{ shape: cut(shape, 300), count, level, sources, last_at, last_id },
  example: cut(last_message, 300),
})

/** Tools that group lines, and compare them with those of before. */
export const INSIGHT_TOOLS: readonly Tool[] = [
  tool({
    name: 'patterns',
    title: 'Kinds of messages',
    description:
      'Messages grouped by their shape, the most frequent first: by default errors of the last 24 hours.',
    input: Type.Object({ ...filters, limit: Count(50, 15, 'Groups') }, { additionalProperties: false }),
    run: async (api, { limit = 15, ...asked }) => {
      const filter = filterOf(asked)
      const found = (await api.request('GET', withQuery('/api/debug/errors', { ...filter, limit }))) as {
        groups: Group[]
        total: number
        others: number
        start: string
        end: string
        searched_to: string | null
      }
      const answer = new BoundedAnswer()
        .say(
          `Lines from ${found.start} to ${found.end}: ${found.total}; in groups that are not listed: ${found.others}.`,
        )
        .say(linkTo(api, { ...filter, start_date: found.start, end_date: found.end }))
      for (const sentence of reachOf(found.searched_to)) answer.say(sentence)
      return answer.add(found.groups.map(groupOf))
    },
  }),
  tool({
    name: 'what_is_new',
    title: 'What is new',
    description:
      'Kinds of messages (by default warnings and above) and sources of the last day that did not occur in the days before: use it after a deploy, or when something broke.',
    input: Type.Object(
      { ...filters, compared_days: Count(30, 7, 'Days to compare with'), limit: Count(50, 15, 'Groups') },
      { additionalProperties: false },
    ),
    run: async (api, { limit = 15, compared_days = 7, ...asked }) => {
      const filter = filterOf(asked)
      const found = (await api.request(
        'GET',
        withQuery('/api/debug/new', { ...filter, compared_days, limit }),
      )) as {
        groups: Group[]
        sources: { source: string; count: number }[]
        start: string
        end: string
        compared_from: string
        searched_to: string | null
      }
      const answer = new BoundedAnswer()
        .say(
          `New from ${found.start} to ${found.end}, compared with the time from ${found.compared_from} on.`,
        )
        .say(linkTo(api, { ...filter, start_date: found.start, end_date: found.end }))
      for (const sentence of reachOf(found.searched_to)) answer.say(sentence)
      return answer.add(found.sources.map((one) => ({ new_source: one }))).add(found.groups.map(groupOf))
    },
  }),
  tool({
    name: 'fields',
    title: 'Fields of extra_data',
    description:
      'The fields that lines have besides their message, and their most frequent values; more values when one field is given.',
    input: Type.Object(
      {
        ...filters,
        field: Text('Keys joined by dots, for the values of one field'),
        limit: Count(100, 20, 'Fields or values'),
      },
      { additionalProperties: false },
    ),
    run: async (api, { field, limit = 20, ...asked }) => {
      const filter = filterOf(asked)
      const found = (await api.request(
        'GET',
        withQuery('/api/debug/fields', { ...filter, field, limit }),
      )) as {
        fields: {
          field: string
          lines: number
          distinct: number
          values: { text: string; count: number; errors: number }[]
          numbers: unknown
        }[]
        total: number
        searched_to: string | null
      }
      const answer = new BoundedAnswer().say(`Lines scanned: ${found.total}.`)
      for (const sentence of reachOf(found.searched_to)) answer.say(sentence)
      return answer.add(
        found.fields.map(({ values, ...rest }) => ({
          ...{ field: rest.field, lines: rest.lines, distinct: rest.distinct, numbers: rest.numbers },
          values: values.map(({ text, count, errors }) => ({ text, count, errors })),
        })),
      )
    },
  }),
]
