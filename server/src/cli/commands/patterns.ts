import { Command } from 'commander'
import type { ErrorGroups, Fields, MessageGroup, NewMessages, NoisyLoggers } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import {
  addFilterOptions,
  type FilterOptions,
  filterParametersOf,
  wholeNumber,
} from '../terminal/filter-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { isForPeople, jsonText, paint } from '../terminal/terminal.ts'

type Options = ServerOptions & FilterOptions & { limit: number; json?: boolean }

const END = `
The default range is the last 24 hours. Times are UTC. Numbers, addresses, ids, times and quoted text are replaced
by <n>, <ip>, <id> and so on.

Exit codes:
  0  done, also when there is nothing
  1  address, key, filter or server; see the message`

/** `timelapser-logs errors`: kinds of messages, most first. */
export function errorsCommand(): Command {
  return command('errors', 'show errors grouped by the pattern of their messages')
    .addHelpText(
      'after',
      `
Lines of ERROR and above, unless --level or --min-level is given.
${END}

Examples:
  timelapser-logs errors
  timelapser-logs errors --camera 3 --since yesterday --until today
  timelapser-logs errors --min-level debug --source api --since 1h`,
    )
    .action((options: Options) =>
      withServer(options, async (client) => {
        const answer = await ask<ErrorGroups>(client, 'errors', options)
        if (!isForPeople(options)) return print(answer)
        printGroups(answer.groups)
        tell(`${grouped(answer.total)} lines`, answer)
        return 0
      }),
    )
}

/** `timelapser-logs new`: kinds of messages and sources there were not before. */
export function newCommand(): Command {
  return command('new', 'show new message patterns and new sources')
    .addHelpText(
      'after',
      `
New means not seen in the seven days before. Lines of WARNING and above by default; --level or --min-level change that.
${END}

Examples:
  timelapser-logs new                        since yesterday at this time
  timelapser-logs new --since 1h             new since the release an hour ago`,
    )
    .action((options: Options) =>
      withServer(options, async (client) => {
        const answer = await ask<NewMessages>(client, 'new', options)
        if (!isForPeople(options)) return print(answer)
        printGroups(answer.groups)
        if (answer.sources.length > 0) {
          console.log('')
          printTable(
            ['new source', 'lines'],
            answer.sources.slice(0, options.limit).map(({ source, count }) => [source, grouped(count)]),
          )
        }
        const more = answer.sources.length - options.limit
        if (more > 0) console.log(`and ${grouped(more)} more`)
        tell(`compared with the lines from ${answer.compared_from} on`, answer)
        return 0
      }),
    )
}

/** `timelapser-logs loggers`: the loggers that write most lines. */
export function loggersCommand(): Command {
  return command('loggers', 'show the loggers with the most lines')
    .addHelpText(
      'after',
      `${END}

Examples:
  timelapser-logs loggers
  timelapser-logs loggers --since 7d --level debug`,
    )
    .action((options: Options) =>
      withServer(options, async (client) => {
        const answer = await ask<NoisyLoggers>(client, 'loggers', options)
        if (!isForPeople(options)) return print(answer)
        printTable(
          ['lines', 'share', 'a minute', 'errors', 'logger', 'sources'],
          answer.loggers.map(({ logger_name, count, share, rate_per_minute, by_level, sources }) => [
            grouped(count),
            `${(100 * share).toFixed(1)} %`,
            String(rate_per_minute),
            grouped(by_level.error + by_level.critical),
            logger_name ?? '(none)',
            someOf(sources),
          ]),
        )
        tell(`${grouped(answer.total)} lines`, answer)
        return 0
      }),
    )
}

/** `timelapser-logs fields`: the fields of `extra_data`. */
export function fieldsCommand(): Command {
  return command('fields', 'show the fields of extra_data, their values and statistics')
    .argument('[field]', 'a single field with all its values, for example retry.count')
    .addHelpText(
      'after',
      `${END}

Examples:
  timelapser-logs fields
  timelapser-logs fields status --source api --since 1h
  timelapser-logs fields duration_ms --query 'message:"Request finished"'`,
    )
    .action((field: string | undefined, options: Options) =>
      withServer(options, async (client) => {
        const answer = await ask<Fields>(client, 'fields', options, field)
        if (!isForPeople(options)) return print(answer)
        if (field === undefined) printFields(answer)
        else answer.fields.forEach(printField)
        tell(`${grouped(answer.total)} lines`, answer)
        return 0
      }),
    )
}

function printFields({ fields, total }: Fields): void {
  printTable(
    ['lines', 'of all', 'values', 'field', 'most of them'],
    fields.map(({ field, lines, values, distinct, is_distinct_cut, numbers }) => [
      grouped(lines),
      share(lines, total),
      `${grouped(distinct)}${is_distinct_cut ? '+' : ''}`,
      field,
      numbers && distinct > values.length
        ? `${numbers.min} to ${numbers.max}, p50 ${numbers.p50}`
        : values.map(({ text, count }) => `${text} (${grouped(count)})`).join(', '),
    ]),
  )
}

function printField({ field, lines, values, others, numbers }: Fields['fields'][number]): void {
  console.log(`${field}: ${grouped(lines)} lines`)
  if (numbers) {
    const { min, mean, p50, p90, p99, max } = numbers
    console.log(
      `min ${min}, mean ${Number(mean.toPrecision(3))}, p50 ${p50}, p90 ${p90}, p99 ${p99}, max ${max}`,
    )
  }
  printTable(
    ['lines', 'share', 'errors', 'last', 'value'],
    values.map(({ count, errors, last_at, text }) => [
      ...[grouped(count), share(count, lines), grouped(errors)],
      ...[`${last_at.slice(0, 10)} ${last_at.slice(11, 19)}`, text],
    ]),
  )
  if (others > 0) console.log(`and ${grouped(others)} lines with other values`)
}

function share(count: number, of: number): string {
  return `${((100 * count) / Math.max(of, 1)).toFixed(1)} %`
}

function command(name: string, description: string): Command {
  return addFilterOptions(addServerOptions(new Command(name)))
    .description(description)
    .option('--limit <count>', 'maximum number, up to 500', wholeNumber(1, 500), 20)
    .option('--json', 'print JSON (default unless stdout is a terminal)')
    .option('--no-json', 'print tables, also when stdout is not a terminal')
}

function ask<T>(client: ApiClient, view: string, options: Options, field?: string): Promise<T> {
  const parameters = filterParametersOf(options)
  parameters.set('limit', String(options.limit))
  if (field !== undefined) parameters.set('field', field)
  return client.request<T>('GET', `/api/debug/${view}?${parameters}`)
}

function print(answer: object): number {
  console.log(jsonText(answer))
  return 0
}

function printGroups(groups: readonly MessageGroup[]): void {
  printTable(
    ['lines', 'level', 'last', 'sources', 'message'],
    groups.map(({ count, level, last_at, sources, shape }) => [
      ...[grouped(count), level, `${last_at.slice(0, 10)} ${last_at.slice(11, 19)}`, someOf(sources), shape],
    ]),
  )
}

/** Prints the searched period; on stderr, as it is no part of the table. */
function tell(what: string, { start, searched_to }: { start: string; searched_to: string | null }): void {
  const cut = searched_to === null ? '' : `; time limit reached, only lines since ${searched_to}`
  console.error(paint('dim', `${what}, since ${start}${cut}`))
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 2).join(', ')
  return names.length > 2 ? `${shown} and ${names.length - 2} more` : shown
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
