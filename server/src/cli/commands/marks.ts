import { Command, Option } from 'commander'
import type { Mark, MarkInput, Marks } from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { toTime } from '../terminal/filter-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { isForPeople, jsonText, visibleInLine } from '../terminal/terminal.ts'

type Options = ServerOptions & { json?: boolean }
type ListOptions = Options & { since?: string; until?: string }

const JSON_HEADERS = { 'content-type': 'application/json' }

const EXIT_CODES = `
Exit codes:
  0  done
  1  not done: argument, address, key or server; the message says what
`

const MARK_HELP = `
A mark stands on the time axis of the bars and charts of the page, for all who read logs. A key that sends lines may add
marks: a pipeline that deploys needs no more.
${EXIT_CODES}
Examples:
  timelapser-logs mark 'deployed 1.4' --kind deploy
  timelapser-logs mark 'lens cleaned' --at 2026-03-01T12:00:00Z`

const MARKS_HELP = `
${EXIT_CODES.trim()}

Examples:
  timelapser-logs marks list --since 7d
  timelapser-logs marks delete 7`

/** `timelapser-logs mark <text>`: a deploy or a note on the time axis. */
export function markCommand(): Command {
  return forBoth(new Command('mark'))
    .description('put a deploy or a note on the time axis')
    .argument('<text>', 'what happened')
    .addOption(new Option('--kind <kind>', 'what it is').choices(['deploy', 'note']).default('note'))
    .option('--at <time>', 'when it happened: 2026-01-31T12:00:00Z, or how long ago (90m) (default: now)')
    .addHelpText('after', MARK_HELP)
    .action((text: string, options: Options & Pick<MarkInput, 'kind' | 'at'>) =>
      withServer(options, async (client) => {
        const { kind, at } = options
        const body = JSON.stringify({
          text,
          kind,
          ...(at !== undefined && { at: toTime('--at', at, Date.now()) }),
        })
        const request = { body, headers: JSON_HEADERS }
        return tell(options, await client.request<{ mark: Mark }>('POST', '/api/marks', request), 'is set')
      }),
    )
}

/** `timelapser-logs marks …`: the marks there are. */
export function marksCommand(): Command {
  const marks = new Command('marks').description('list and delete marks on the time axis')
  marks.addHelpText('after', MARKS_HELP)
  marks.addCommand(
    forBoth(new Command('list'))
      .description('the newest marks, at most 1,000')
      .option(
        '--since <time>',
        'from this time on: 2026-01-31T12:00:00Z, how long ago (90m, 2d), today, yesterday',
      )
      .option('--until <time>', 'up to this time, in the same forms')
      .addHelpText('after', MARKS_HELP)
      .action((options: ListOptions) => withServer(options, (client) => list(client, options))),
  )
  marks.addCommand(
    forBoth(new Command('delete'))
      .description('delete a mark')
      .argument('<id>', 'its id')
      .addHelpText('after', MARKS_HELP)
      .action((id: string, options: Options) =>
        withServer(options, async (client) => {
          if (!/^\d{1,15}$/.test(id)) {
            throw new ApiFailure(`${id} is no id of a mark; timelapser-logs marks list has them.`)
          }
          const answer = await client.request<{ mark: Mark }>('DELETE', `/api/marks/${Number(id)}`)
          return tell(options, answer, 'is deleted')
        }),
      ),
  )
  return marks
}

function forBoth(command: Command): Command {
  return addServerOptions(command)
    .option('--json', 'answer in JSON (default where stdout is no terminal)')
    .option('--no-json', 'for people, wherever it goes')
}

async function list(client: ApiClient, options: ListOptions): Promise<number> {
  const query = new URLSearchParams({ limit: '1000' })
  const { since, until } = options
  if (since !== undefined) query.set('start_date', toTime('--since', since, Date.now()))
  if (until !== undefined) query.set('end_date', toTime('--until', until, Date.now()))
  const answer = await client.request<Marks>('GET', `/api/marks?${query}`)
  if (!isForPeople(options)) console.log(jsonText(answer))
  else {
    printTable(
      ['id', 'at', 'kind', 'text', 'by'],
      answer.marks.map(({ id, at, kind, text, author }) => [String(id), at, kind, text, author]),
    )
  }
  return 0
}

function tell(options: Options, answer: { mark: Mark }, done: string): number {
  const { id, at, kind, text } = answer.mark
  console.log(
    isForPeople(options) ? `The ${kind} ${id} (${visibleInLine(text)}) at ${at} ${done}.` : jsonText(answer),
  )
  return 0
}
