import { Command } from 'commander'
import type { LevelExplanation, Levels } from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { parseDuration } from '../terminal/filter-options.ts'
import { visibleInLine } from '../terminal/terminal.ts'

type Place = { camera?: string; logger?: string; source?: string }
type SetOptions = Place & { for?: string; minutes?: string; reason?: string; maxLines?: string }
type WhyOptions = Place & { level: string; message?: string; time?: string }

const JSON_HEADERS = { 'content-type': 'application/json' }

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed: argument, address, key or server; see the message
`

const HELP = `${EXIT_CODES}
Examples:
  timelapser-logs levels                                      the levels in force
  timelapser-logs levels set warning                          the global level
  timelapser-logs levels set debug --camera 3 --for 30m       all of camera 3, for half an hour
  timelapser-logs levels clear --camera 3                     back to the global level`

/** `timelapser-logs levels …`: the levels that are stored, while everything runs. */
export function levelsCommand(): Command {
  const levels = addServerOptions(new Command('levels').description('show and set levels at runtime'))
    .addHelpText('after', HELP)
    .action((_options: object, command: Command) => run(command, show))
  const set = withPlace(addServerOptions(new Command('set')))
    .description('set the global level, or that of a camera, logger or source')
    .argument('<level>', 'DEBUG, INFO, WARNING, ERROR or CRITICAL')
    .option('--for <time>', 'duration, for example 15m, 2h or 1d (default: no expiry)')
    .option('--minutes <n>', 'duration in minutes')
    .option('--reason <text>', 'reason, shown to other users')
    .option('--max-lines <n>', 'maximum lines per minute that it stores beyond the global level')
    .action((level: string, options: SetOptions, command: Command) =>
      run(command, (client) => change(client, level, options)),
    )
  const clear = withPlace(addServerOptions(new Command('clear')))
    .description('remove the override of a camera, logger or source')
    .action((options: Place, command: Command) => run(command, (client) => remove(client, options)))
  return levels.addCommand(set).addCommand(clear)
}

/** `timelapser-logs why …`: whether and why a line would be stored. */
export function whyCommand(): Command {
  return withPlace(addServerOptions(new Command('why')))
    .description('show whether a line would be stored now, and why not')
    .requiredOption('--level <level>', "the line's level")
    .option('--message <text>', 'its text, to see whether something in it would be masked')
    .option('--time <time>', 'its time, for example 2026-01-31T12:00:00Z')
    .addHelpText('after', `${EXIT_CODES}\nExample:\n  timelapser-logs why --source camera_3 --level debug`)
    .action((options: WhyOptions, command: Command) => run(command, (client) => explain(client, options)))
}

function withPlace(command: Command): Command {
  return command
    .option('--camera <id>', 'a camera, by id')
    .option('--logger <name>', 'a logger, by name; includes loggers below it (name.…)')
    .option('--source <name>', 'a source')
}

/** Options of the command itself and of those above it: `levels --url …` counts for `set` too. */
function run(command: Command, work: (client: ApiClient) => Promise<void>): Promise<void> {
  return withServer(command.optsWithGlobals<ServerOptions>(), async (client) => {
    await work(client)
    return 0
  })
}

async function show(client: ApiClient): Promise<void> {
  print(await client.request<Levels>('GET', '/api/levels'))
}

async function change(client: ApiClient, level: string, options: SetOptions): Promise<void> {
  const place = placeOf(options)
  const { reason, maxLines } = options
  const minutes = minutesOf(options)
  const override = {
    ...{ ...place, level, reason },
    ...(minutes === undefined ? {} : { minutes }),
    ...(maxLines === undefined ? {} : { max_lines_per_minute: toNumber(maxLines) }),
  }
  if (!place && (minutes ?? reason ?? maxLines) !== undefined) {
    throw new ApiFailure(
      'The global level takes no --for, --reason or --max-lines; name a --camera, --logger or --source.',
    )
  }
  const body = JSON.stringify(place ? override : { log_level: level })
  print(await client.request<Levels>('PUT', '/api/levels', { body, headers: JSON_HEADERS }))
}

function minutesOf({ for: lasting, minutes }: SetOptions): number | string | undefined {
  if (lasting === undefined) return minutes === undefined ? undefined : toNumber(minutes)
  if (minutes !== undefined) throw new ApiFailure('Give one of --for and --minutes.')
  const ms = parseDuration(lasting)
  if (ms === undefined) throw new ApiFailure(`--for "${lasting}" is not a duration. Write 15m, 2h or 1d.`)
  if (ms % 60_000 === 0) return ms / 60_000
  throw new ApiFailure(
    `--for "${lasting}" is not a whole number of minutes, as overrides require. Write ${Math.ceil(ms / 60_000)}m.`,
  )
}

/** Text that is no number goes to the server unchanged, which refuses it by name; as NaN it would arrive as nothing. */
function toNumber(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text
}

async function remove(client: ApiClient, options: Place): Promise<void> {
  const place = placeOf(options)
  if (!place) throw new ApiFailure('Name the override to clear: --camera, --logger or --source.')
  const path = `/api/levels/${place.scope}/${encodeURIComponent(place.target)}`
  print(await client.request<Levels>('DELETE', path))
}

async function explain(client: ApiClient, options: WhyOptions): Promise<void> {
  const { level, camera, logger, source, message, time } = options
  const given = { level, camera_id: camera, logger_name: logger, source, message, timestamp: time }
  const query = new URLSearchParams(
    Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  console.log(
    visibleInLine((await client.request<LevelExplanation>('GET', `/api/levels/why?${query}`)).sentence),
  )
}

function placeOf({ camera, logger, source }: Place): { scope: string; target: string } | undefined {
  const named = Object.entries({ camera, logger, source }).filter(([, target]) => target !== undefined)
  if (named.length > 1) throw new ApiFailure('Name one of --camera, --logger and --source.')
  const [scope, target] = named[0] ?? []
  return scope === undefined || target === undefined ? undefined : { scope, target }
}

function print({ log_level, overrides }: Levels): void {
  console.log(`Global level: ${log_level}`)
  for (const { scope, target, level, expires_at, reason, author, max_lines_per_minute } of overrides) {
    const lasting = expires_at === null ? 'without expiry' : `until ${expires_at}`
    const why = reason ? `: ${reason}` : ''
    console.log(
      visibleInLine(
        `${scope} ${target}: ${level} ${lasting}, at most ${max_lines_per_minute} lines per minute, by ${author}${why}`,
      ),
    )
  }
}
