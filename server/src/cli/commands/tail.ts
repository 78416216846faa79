import { Command } from 'commander'
import type { LogPage, LogRow } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { readEvents } from '../client/event-source.ts'
import { withServer } from '../client/server-options.ts'
import {
  addLineOptions,
  filterParametersOf,
  type LineOptions,
  wholeNumber,
} from '../terminal/filter-options.ts'
import { endWithReader, writeRows } from '../terminal/log-line.ts'
import { isForPeople, paint } from '../terminal/terminal.ts'

type Options = LineOptions & { follow?: true; lines: number }

const MAX_LINES = 1000

const HELP = `
Prints the newest matching lines, oldest first. With -f it then prints every new line in the order of storage. After a
restart of the server it resumes after the last printed line, without gaps or duplicates. Times are UTC.

Exit codes:
  0  done; with -f: ended by the reader of its output
  1  address, key, filter or server; see the message

Examples:
  timelapser-logs tail -f
  timelapser-logs tail -f --camera 3 --min-level warning
  timelapser-logs tail -n 50 -q 'rtsp (timeout or refused)'
  timelapser-logs tail -f --json | jq -r .message`

/** `timelapser-logs tail`: the newest lines, and those to come. */
export function tailCommand(): Command {
  return addLineOptions(new Command('tail'))
    .description('show the newest matching lines; -f follows new ones')
    .option('-f, --follow', 'follow: print new lines as they are stored')
    .option(
      '-n, --lines <count>',
      `number of lines to start with, up to ${MAX_LINES}`,
      wholeNumber(0, MAX_LINES),
      10,
    )
    .addHelpText('after', HELP)
    .action((options: Options) => withServer(options, (client) => run(client, options)))
}

async function run(client: ApiClient, options: Options): Promise<number> {
  endWithReader()
  const parameters = filterParametersOf(options)
  const people = isForPeople(options)
  if (!options.follow) {
    await writeRows(await newest(client, parameters, options.lines), people)
    return 0
  }
  // The stream is open before the newest lines are read, so what is stored in between is in one of them at least.
  let known: ReadonlySet<number> | undefined
  for await (const { event, data } of readEvents({
    client,
    path: '/api/logs/stream',
    parameters,
    onConnection,
  })) {
    if (!known) {
      const rows = await newest(client, parameters, options.lines)
      await writeRows(rows, people)
      known = new Set(rows.map(({ id }) => id))
    }
    if (event === 'reset') {
      note('Disconnected for more than a day: lines in between are not shown; use timelapser-logs query.')
    }
    if (event !== 'log_rows' || data === undefined) continue
    const { rows } = JSON.parse(data) as { rows: LogRow[] }
    const seen = known
    await writeRows(
      rows.filter(({ id }) => !seen.has(id)),
      people,
    )
  }
  return 0
}

async function newest(client: ApiClient, filters: URLSearchParams, lines: number): Promise<LogRow[]> {
  if (lines === 0) return []
  const parameters = new URLSearchParams(filters)
  parameters.set('limit', String(lines))
  const { logs } = await client.request<LogPage>('GET', `/api/logs?${parameters}`)
  return logs.reverse()
}

function onConnection(state: 'lost' | 'back', reason: string): void {
  note(state === 'lost' ? `Waiting for the server: ${reason}` : 'The server is back.')
}

function note(sentence: string): void {
  console.error(paint('dim', sentence))
}
