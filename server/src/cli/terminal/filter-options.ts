import { type Command, InvalidArgumentError } from 'commander'
import { StartupError } from '../../startup-error.ts'
import { addServerOptions, type ServerOptions } from '../client/server-options.ts'

/** The filters of the API as options of a command; each that can be repeated is a list. */
export type FilterOptions = {
  level?: string[]
  minLevel?: string
  source?: string[]
  camera?: string[]
  logger?: string[]
  requestId?: string
  search?: string
  query?: string
  since?: string
  until?: string
}

const DAY_MS = 86_400_000

/** Adds the options; see `filterParameters`. */
export function addFilterOptions(command: Command): Command {
  const several = (value: string, before: string[] | undefined) => [...(before ?? []), value]
  return command
    .option('--level <level>', 'a level; repeat for several', several)
    .option('--min-level <level>', 'this level and above')
    .option('--source <name>', 'a source; repeat for several', several)
    .option('--camera <id>', 'a camera; repeat for several', several)
    .option('--logger <name>', 'a logger; repeat for several', several)
    .option('--request-id <id>', 'lines of this request')
    .option('--search <text>', 'text in message or logger name, case-insensitive')
    .option('-q, --query <query>', 'the search syntax of the page, such as "level:>=warning timeout -retry"')
    .option(
      '--since <time>',
      'start time: 2026-01-31T12:00:00Z; an age such as 90m or 2d; today, yesterday, "yesterday 14:00" (UTC)',
    )
    .option('--until <time>', 'end time, in the same forms')
}

/** The options as parameters of the API. */
export function filterParametersOf(options: FilterOptions, nowMs = Date.now()): URLSearchParams {
  const parameters = new URLSearchParams()
  const add = (name: string, value: string | string[] | undefined) => {
    for (const one of [value ?? []].flat()) parameters.append(name, one)
  }
  add('level', options.level)
  add('min_level', options.minLevel)
  add('source', options.source)
  add('camera_id', options.camera)
  add('logger_name', options.logger)
  add('request_id', options.requestId)
  add('search', options.search)
  add('q', options.query)
  add('start_date', options.since && toTime('--since', options.since, nowMs))
  add('end_date', options.until && toTime('--until', options.until, nowMs))
  return parameters
}

/** A date is read by the server; the forms that stand on the present become one here. */
export function toTime(option: string, text: string, nowMs: number): string {
  const agoMs = parseDuration(text)
  if (agoMs !== undefined) return new Date(nowMs - agoMs).toISOString()
  const [, day, clock = '00:00'] =
    /^(today|yesterday)(?: +((?:[01]?\d|2[0-3]):[0-5]\d))?$/i.exec(text.trim()) ?? []
  if (day !== undefined) {
    const ago = day.toLowerCase() === 'today' ? 0 : DAY_MS
    return `${new Date(nowMs - ago).toISOString().slice(0, 10)}T${clock.padStart(5, '0')}:00Z`
  }
  if (/^\d{4}/.test(text.trim())) return text
  throw new StartupError(
    `${option} "${text}" is not a time. Write 2026-01-31T12:00:00Z, an age (90m, 2d), today, yesterday or "yesterday 14:00".`,
  )
}

/** The options of the commands that show lines: server, filter and format. */
export type LineOptions = ServerOptions & FilterOptions & { json?: boolean }

export function addLineOptions(command: Command): Command {
  return addFilterOptions(addServerOptions(command))
    .option('--json', 'print one JSON object per line (default unless stdout is a terminal)')
    .option('--no-json', 'print formatted lines, also when stdout is not a terminal')
}

/** Reads an option's value as a whole number within these bounds. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= low && number <= high) return number
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`)
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `90s`, `15m`, `2h` or `1d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? []
  return unit === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0)
}
