// Which lines of the feed's new entries match which rules.
import type pg from 'pg'
import { isTimeout } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { entryRows, type Feed, rangesOf } from '../feed/feed.ts'
import {
  countablePart,
  dimensionConditions,
  type LogFilter,
  variantConditions,
} from '../filter/log-filter.ts'
import { keptMessage } from '../reading/message-scan.ts'
import type { CommittedEntry } from './alert-position.ts'

/** Level, source and camera that lines have in common. */
export type Dimensions = { level: string; source: string; camera_id: number | null }

/** Lines of an entry that match a rule, of one group and one minute. */
export type EntryMatch = {
  rule_id: number
  group_key: string
  feed_id: number
  minute: string
  rows: number
  first: string
  last: string
  /** The numbers at the path of the rule, in no order. */
  numbers: number[] | null
  /** The message, when the rule asks for it; a long one as its two ends. */
  message: string | null
}

type GroupColumn = 'camera' | 'source' | 'logger_name' | 'level'

/** The group of lines whose value is too long to name one, and of all beyond what may be kept. */
export const OTHERS = '(others)'

/** Characters of the name of a group, as of a source. */
export const MAX_KEY = 200

/** Something that lines are compared with: a rule's filter, or the filter that its share is taken of. */
export type MatchedRule = {
  /** Tells it from the others of a statement. */
  id: number
  filter: LogFilter
  /** A column, or the keys of a value in `extra_data`; null for one group of all. */
  group_by: GroupColumn | readonly string[] | null
  begins_after: number
  include_own: boolean
  /** Where in `extra_data` the numbers are that are asked for; lines without a number do not match. */
  path?: readonly string[]
  /** Whether the messages of the lines are asked for. */
  hasMessage?: boolean
}

/** Lines of the system itself: those of the server's own loggers, and the test lines of a diagnosis. */
export const IS_OWN = `coalesce(logger_name like 'timelapser\\_logs.%' or logger_name = 'timelapser.diagnose', false)`

export const MINUTE_OF = `date_bin('1 minute', r.timestamp, timestamptz '2000-01-01 00:00Z')`

const GROUP_KEYS: Record<GroupColumn, string> = {
  camera: `coalesce(r.camera_id::text, substring(r.source from '^camera_([1-9][0-9]{0,9})$'))`,
  source: 'r.source',
  logger_name: 'r.logger_name',
  level: 'r.level',
}

/** Rows whose text one statement compares. */
const MATCHED_ROWS = 5000

/** How long the rules' texts may be compared with these, and with fewer rows or for fewer rules when that took too long. */
const MATCH_TIMEOUT_MS = 10_000
const PART_TIMEOUT_MS = 2000

/** The rules whose level, source and camera these lines have, by the index of the lines'. */
export async function rulesForDimensions(
  client: pg.PoolClient,
  rules: readonly MatchedRule[],
  dimensions: readonly Dimensions[],
): Promise<number[][]> {
  const found: number[][] = dimensions.map(() => [])
  if (rules.length === 0 || dimensions.length === 0) return found
  const parameters = new SqlParameters()
  const levels = parameters.add(dimensions.map(({ level }) => level))
  const sources = parameters.add(dimensions.map(({ source }) => source))
  const cameras = parameters.add(dimensions.map(({ camera_id }) => camera_id))
  // Hundreds of rules ask for a few levels, sources and cameras: what they have in common is asked once.
  const alike = [...Map.groupBy(rules, ({ filter }) => keyOfDimensions(filter)).values()]
  const tests = alike.map((some, index) => {
    const filter = countablePart(some[0]?.filter as LogFilter)
    return `(${index}, ${conjunction(dimensionConditions(filter, parameters))})`
  })
  const text = `
    /* alert_dimensions */
    select (d.n - 1)::integer as n, t.test
    from unnest(${levels}::text[], ${sources}::text[], ${cameras}::integer[])
      with ordinality as d (level, source, camera_id, n)
    cross join lateral (values ${tests.join(', ')}) t (test, matches)
    where t.matches`
  const { rows } = await client.query<{ n: number; test: number }>(text, parameters.values)
  for (const { n, test } of rows) for (const { id } of alike[test] ?? []) found[n]?.push(id)
  return found
}

function keyOfDimensions(filter: LogFilter): string {
  const parameters = new SqlParameters()
  return JSON.stringify([dimensionConditions(countablePart(filter), parameters), parameters.values])
}

/**
 * The lines of the entries that match rules with a text, a field or a logger.
 *
 * @param ids of the lines alone that may match; all lines of the entries when unset
 * @returns with them the rules that took too long or failed, and why; of theirs, matches are missing
 */
export async function matchRows(
  client: pg.PoolClient,
  feed: Feed,
  entries: readonly CommittedEntry[],
  rules: readonly MatchedRule[],
  ids?: readonly number[],
): Promise<{ matches: EntryMatch[]; failed: Map<number, string> }> {
  const failed = new Map<number, string>()
  const matches: EntryMatch[] = []
  const match = async (part: readonly CommittedEntry[], asked: readonly MatchedRule[], timeoutMs: number) => {
    const some = asked.filter(({ id }) => !failed.has(id))
    const [only] = some
    if (only === undefined || part.length === 0) return
    const found = await tryToMatch(client, feed, part, { rules: some, ids }, timeoutMs)
    if (Array.isArray(found)) {
      for (const one of found) matches.push(one)
    } else if (part.length > 1 && isTimeout(found)) {
      // Too many lines for so many rules; or one rule that is slow with any line, which is found among those of one entry.
      for (const half of halvesOf(part)) await match(half, some, PART_TIMEOUT_MS)
    } else if (some.length > 1) {
      for (const half of halvesOf(some)) await match(part, half, PART_TIMEOUT_MS)
    } else failed.set(only.id, found.message)
  }
  for (const part of partsOf(entries)) await match(part, rules, MATCH_TIMEOUT_MS)
  return { matches, failed }
}

function halvesOf<T>(all: readonly T[]): [T[], T[]] {
  const middle = all.length >> 1
  return [all.slice(0, middle), all.slice(middle)]
}

/** Entries in parts of a few thousand rows. */
export function partsOf(entries: readonly CommittedEntry[]): CommittedEntry[][] {
  const parts: CommittedEntry[][] = []
  let rows = Number.POSITIVE_INFINITY
  for (const entry of entries) {
    if (rows + entry.rows > MATCHED_ROWS) {
      parts.push([])
      rows = 0
    }
    parts.at(-1)?.push(entry)
    rows += entry.rows
  }
  return parts
}

/** The rules to compare, and the ids of the lines; all lines when unset. */
type Asked = { rules: readonly MatchedRule[]; ids: readonly number[] | undefined }

async function tryToMatch(
  client: pg.PoolClient,
  feed: Feed,
  entries: readonly CommittedEntry[],
  asked: Asked,
  timeoutMs: number,
): Promise<EntryMatch[] | Error> {
  await client.query('savepoint matching')
  try {
    await client.query(`set local statement_timeout = ${timeoutMs}`)
    const matches: EntryMatch[] = []
    for (const stretch of await feed.stretches(entries)) {
      const { text, values } = matchStatement(entries, stretch, asked)
      const { rows } = await client.query<EntryMatch>(text, values)
      for (const row of rows) matches.push(row)
    }
    return matches
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !/^(57014|2|54)/.test(String(error.code)))
      throw error
    return error
  } finally {
    // The time limit goes with it; nothing was written.
    await client.query('rollback to savepoint matching')
  }
}

function matchStatement(
  entries: readonly CommittedEntry[],
  stretch: { lower: string; upper: string },
  { rules, ids }: Asked,
): { text: string; values: unknown[] } {
  const parameters = new SqlParameters()
  const some = ids ? [`id = any (${parameters.add(ids)}::bigint[])`] : []
  const filters = rules.map(({ filter }) => conjunction(variantConditions(filter, parameters)))
  const rows = entryRows(rangesOf(entries), stretch, some, parameters)
  const tests = rules.map(({ id, group_by, begins_after, include_own, path, hasMessage }, index) => {
    const number = path ? numberAt(path, parameters) : 'null'
    const conditions = [
      `r.feed_id > ${begins_after}`,
      filters[index] ?? 'true',
      ...(include_own ? [] : [`not ${IS_OWN}`]),
      ...(path ? [`${number} is not null`] : []),
    ]
    const key = groupKey(group_by, parameters)
    const message = hasMessage ? keptMessage('r.message') : 'null'
    return `(${id}::bigint, ${conjunction(conditions)}, ${key}::text, ${number}::double precision, ${message}::text)`
  })
  // Most rows match no rule, and `values` prepares its expressions anew for each row: rows that match none are left out
  // before, by a condition that is prepared once. Within the reading of the rows it could lead it to the indexes of text.
  const text = `
    /* alert_matches */
    select t.rule_id, t.group_key, r.feed_id, ${MINUTE_OF} as minute,
      count(*) as rows, min(r.timestamp) as first, max(r.timestamp) as last,
      array_agg(t.number) filter (where t.number is not null) as numbers, t.message
    from (
      select e.feed_id, r.*
      from ${rows}
      where ${filters.map((filter) => `(${filter})`).join(' or ')}
      offset 0
    ) r
    cross join lateral (values ${tests.join(', ')}) t (rule_id, matches, group_key, number, message)
    where t.matches and t.group_key is not null
    group by 1, 2, 3, 4, t.message`
  return { text, values: parameters.values }
}

function groupKey(group_by: MatchedRule['group_by'], parameters: SqlParameters): string {
  if (group_by === null) return `''`
  if (typeof group_by === 'string') return GROUP_KEYS[group_by]
  const keys = `${parameters.add(group_by)}::text[]`
  const value = `r.extra_data #>> ${keys}`
  // Lists and objects name nothing.
  return `case when jsonb_typeof(r.extra_data #> ${keys}) in ('string', 'number', 'boolean') then
      case when length(${value}) > ${MAX_KEY} then '${OTHERS}' else nullif(${value}, '') end end`
}

/** The number at a path; null for none, and for one that no double holds. */
function numberAt(path: readonly string[], parameters: SqlParameters): string {
  const keys = `${parameters.add(path)}::text[]`
  const number = `(r.extra_data #>> ${keys})::numeric`
  return `case when jsonb_typeof(r.extra_data #> ${keys}) = 'number' then
      case when abs(${number}) > 1e300 then null when abs(${number}) < 1e-300 then 0 else ${number} end end`
}

function conjunction(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.map((condition) => `(${condition})`).join(' and ')
}
