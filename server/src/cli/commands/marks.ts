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
  1  failed: argument, address, key or server; see the message
`

const MARK_HELP = `
Marks are shown on the time axis of the histogram and charts, to everyone who may read logs. A key with the scope ingest
may add marks, which is enough for a deployment pipeline.
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
    .description('mark a deploy or a note on the time axis')
    .argument('<text>', 'text of the mark')
    .addOption(new Option('--kind <kind>', 'kind of mark').choices(['deploy', 'note']).default('note'))
    .option('--at <time>', 'time of the event: 2026-01-31T12:00:00Z, or an age such as 90m (default: now)')
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
        return tell(options, await client.request<{ mark: Mark }>('POST', '/api/marks', request), 'was added')
      }),
    )
}

/** `timelapser-logs marks …`: the marks there are. */
export function marksCommand(): Command {
  const marks = new Command('marks').description('list and delete marks on the time axis')
  marks.addHelpText('after', MARKS_HELP)
  marks.addCommand(
    forBoth(new Command('list'))
      .description('list the newest marks, at most 1,000')
      .option(
        '--since <time>',
        'start time: 2026-01-31T12:00:00Z, an age such as 90m or 2d, today, yesterday',
      )
      .option('--until <time>', 'end time, in the same forms')
      .addHelpText('after', MARKS_HELP)
      .action((options: ListOptions) => withServer(options, (client) => list(client, options))),
  )
  marks.addCommand(
    forBoth(new Command('delete'))
      .description('delete a mark')
      .argument('<id>', 'id of the mark')
      .addHelpText('after', MARKS_HELP)
      .action((id: string, options: Options) =>
        withServer(options, async (client) => {
          if (!/^\d{1,15}$/.test(id)) {
            throw new ApiFailure(`${id} is not the id of a mark; timelapser-logs marks list shows the ids.`)
          }
          const answer = await client.request<{ mark: Mark }>('DELETE', `/api/marks/${Number(id)}`)
          return tell(options, answer, 'was deleted')
        }),
      ),
  )
  return marks
}

function forBoth(command: Command): Command {
  return addServerOptions(command)
    .option('--json', 'print JSON (default unless stdout is a terminal)')
    .option('--no-json', 'print a sentence, also when stdout is not a terminal')
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
