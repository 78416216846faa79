import { type Static, type TObject, Type } from 'typebox'
import { type AssistantApi, AssistantFailure, type Query, withQuery } from './assistant-api.ts'
import type { BoundedAnswer } from './bounded-answer.ts'

export type Tool = {
  name: string
  title: string
  description: string
  input: TObject
  /** Whether it leaves everything as it is. */
  isReading: boolean
  run: (api: AssistantApi, input: Record<string, never>) => Promise<BoundedAnswer>
}

export const Text = (description: string, maxLength = 200) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }))
export const Count = (most: number, usual: number, description: string) =>
  Type.Optional(
    Type.Integer({ minimum: 1, maximum: most, description: `${description}; ${usual} when unset` }),
  )

export const filters = {
  q: Text(
    'Search syntax: words, "phrases", -not, (a or b), /regex/, level:>=warning, camera:"Front Door", source:api*, logger:x, extra_data.key:value, extra_data.key:>3',
    1000,
  ),
  min_level: Text('DEBUG, INFO, WARNING, ERROR or CRITICAL: this level and above', 20),
  source: Text('Exact name of a source', 100),
  camera_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2147483647 })),
  since: Text('How far back: 15m, 6h, 2d. start_date and end_date are for exact times', 20),
  start_date: Text('ISO 8601, UTC', 40),
  end_date: Text('ISO 8601, UTC', 40),
}
type Filters = Static<TObject<typeof filters>>

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The filter as parameters of the API. @throws {AssistantFailure} for a `since` that is none */
export function filterOf({ since, ...rest }: Filters, usualHours?: number): Query {
  const [, count, unit = ''] = /^(\d{1,4})([mhd])$/.exec(since ?? '') ?? []
  if (since !== undefined && count === undefined)
    throw new AssistantFailure(`since is "${since}"; write it as 15m, 6h or 2d.`)
  const hours = rest.start_date === undefined ? usualHours : undefined
  const back = count === undefined ? hours && hours * 3_600_000 : Number(count) * (UNITS[unit] ?? 0)
  return { ...rest, ...(back !== undefined && { start_date: new Date(Date.now() - back).toISOString() }) }
}

/** Where a person sees the same. */
export function linkTo(api: AssistantApi, { start_date, end_date, ...filter }: Query): string {
  const range = start_date === undefined ? { range: 'all' } : { from: start_date, to: end_date }
  return `On the page: ${api.origin}${withQuery('/logs', { ...filter, ...range })}`
}

/** How far a search got. */
export function reachOf(searchedTo: unknown): string[] {
  return typeof searchedTo === 'string'
    ? [`The time limit was reached: only lines from ${searchedTo} on were searched, not older ones.`]
    : []
}

/** A tool whose input is checked against its schema before it runs. */
export function tool<Input extends TObject>(
  definition: Omit<Tool, 'input' | 'run' | 'isReading'> & {
    input: Input
    isReading?: boolean
    run: (api: AssistantApi, input: Static<Input>) => Promise<BoundedAnswer>
  },
): Tool {
  return { isReading: true, ...definition } as unknown as Tool
}
