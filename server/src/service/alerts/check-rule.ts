// The limits of a rule that people send.
import { isEnabled } from '@timelapser/logger'
import type pg from 'pg'
import { listChannels } from '../../store/alerts/alert-channels.ts'
import type { RuleFields } from '../../store/alerts/alert-rules.ts'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import type { Principal } from '../access/access.ts'
import { AppError } from '../app-error.ts'
import type { SearchQueries } from '../logs/log-query.ts'
import { parseTimeZone } from '../logs/time-zone.ts'
import { conditionOf } from './alert-condition.ts'
import { filterOf } from './alert-query.ts'
import type { AlertDefinition, AlertRuleInput } from './alert-rule.ts'
import { groupPath } from './grouping.ts'
import { countedQuery } from './query-within.ts'
import { checkThresholds, namedChannels } from './thresholds.ts'

/**
 * Everything about a rule that can be wrong before it is stored.
 *
 * @param where the rule among several, for the sentence of a failure
 * @throws {AppError} INVALID_REQUEST, INVALID_QUERY and others, naming the field
 */
export async function checkRule(
  { pool, queries }: { pool: pg.Pool; queries: SearchQueries },
  input: AlertRuleInput,
  author: Principal,
  where = '',
): Promise<RuleFields> {
  const { name, enabled = true, ...definition } = input
  try {
    if (name.trim() === '') throw new AppError('INVALID_REQUEST', 'name must not be blank.')
    conditionOf(definition.condition)
    if (definition.condition.timezone !== undefined) parseTimeZone(definition.condition.timezone)
    checkThresholds(definition)
    for (const name of ['active_hours', 'quiet_hours'] as const) {
      const hours = definition[name]
      if (!hours) continue
      parseTimeZone(hours.timezone)
      if (hours.from === hours.to) {
        throw new AppError('INVALID_REQUEST', `${name}.from and ${name}.to are the same.`)
      }
      checkPlace(name, hours, definition)
    }
    const read = async (query: string) => filterOf(queries, query, author.visibility)
    const filter = await read(definition.query)
    if (definition.condition.of !== undefined) {
      await read(definition.condition.of).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error
        throw new AppError(error.code, `In condition.of: ${error.message}`, { cause: error })
      })
      await read(countedQuery(definition))
    }
    checkKind(definition, filter)
    checkRaise(definition, filter, author)
    const named = namedChannels(definition)
    const known = named.length > 0 ? await listChannels(pool) : []
    const unknown = named.find((channel) => !known.some((one) => one.name === channel))
    if (unknown !== undefined) {
      throw new AppError(
        'INVALID_REQUEST',
        `channels names "${unknown}", and there is no channel of that name.`,
      )
    }
  } catch (error) {
    if (where === '' || !(error instanceof AppError)) throw error
    throw new AppError(error.code, `In ${where}${error.message}`, { cause: error })
  }
  return { name: name.trim(), enabled, rule: plain(definition) }
}

/** The sun rises somewhere. */
function checkPlace(
  name: 'active_hours' | 'quiet_hours',
  { from, to, latitude, longitude, places }: NonNullable<AlertDefinition['active_hours']>,
  { group_by }: AlertDefinition,
): void {
  const hasPlace = latitude !== undefined && longitude !== undefined
  if (/^sun/.test(from) || /^sun/.test(to) ? !hasPlace : (latitude ?? longitude) !== undefined && !hasPlace) {
    const field = latitude === undefined ? 'latitude' : 'longitude'
    throw new AppError(
      'INVALID_REQUEST',
      `${name}.${field} is missing: sunrise and sunset are those of a place.`,
    )
  }
  if (places !== undefined && (group_by === undefined || name === 'quiet_hours')) {
    throw new AppError(
      'INVALID_REQUEST',
      `${name}.places are for active_hours of a rule with group_by alone.`,
    )
  }
}

/** Each line of a rule for new kinds is read and folded: not those of everybody at every level. */
function checkKind({ condition, group_by }: AlertDefinition, filter: LogFilter): void {
  if (condition.kind !== 'new') return
  if (group_by !== undefined) {
    throw new AppError(
      'INVALID_REQUEST',
      'group_by does not go with the kind new: each kind of message is an alert of its own.',
    )
  }
  const isNarrow = filter.sources ?? filter.cameras ?? filter.logger_names
  if (isNarrow || filter.levels?.every((level) => isEnabled(level, 'WARNING'))) return
  throw new AppError(
    'INVALID_REQUEST',
    'The kind new needs a query at WARNING or above (min_level=WARNING), or of a source, camera or logger.',
  )
}

/** A rule about lines that it raises itself would never end. */
function checkRaise(definition: AlertDefinition, filter: LogFilter, author: Principal): void {
  if (definition.raise_level === undefined) return
  if (author.role !== 'admin') {
    throw new AppError('FORBIDDEN', 'raise_level is for administrators alone.')
  }
  const { group_by } = definition
  if (group_by === undefined || groupPath(group_by)) {
    throw new AppError(
      'INVALID_REQUEST',
      'raise_level needs group_by camera, source or logger_name: the level of that group is raised.',
    )
  }
  const isQuiet = conditionOf(definition.condition).kind === 'silence'
  if (isQuiet || filter.levels?.every((level) => isEnabled(level, 'WARNING'))) return
  throw new AppError(
    'INVALID_REQUEST',
    'raise_level goes with silence, and with a query at WARNING or above (min_level=WARNING): others would count what they raise.',
  )
}

/** As it comes back from the database. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value))
}
