import { Command } from 'commander'
import type { LogPage, LogRow } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { withServer } from '../client/server-options.ts'
import {
  addLineOptions,
  filterParametersOf,
  type LineOptions,
  wholeNumber,
} from '../terminal/filter-options.ts'
import { endWithReader, writeRows } from '../terminal/log-line.ts'
import { isForPeople, paint } from '../terminal/terminal.ts'

type Options = LineOptions & { limit: number }

/** Rows a request may ask for. */
const PAGE_ROWS = 1000
/** More is for export, which reads one moment. */
const MAX_ROWS = 100_000

const HELP = `
Prints the newest matching lines, the newest last, and their total on stderr. Times are UTC. Use export
for all matching lines.

Exit codes:
  0  done, also when nothing matches
  1  address, key, filter or server; see the message

Examples:
  timelapser-logs query --level error --since 2h
  timelapser-logs query --camera 3 --since 2026-01-31T12:00 --until 2026-01-31T13:00 --limit 500
  timelapser-logs query -q 'level:>=warning "disk full" -retry'
  timelapser-logs query --request-id 6f9619ff --json | jq -c '[.timestamp, .message]'`

/** `timelapser-logs query`: lines that match. */
export function queryCommand(): Command {
  return addLineOptions(new Command('query'))
    .description('show matching lines')
    .option('--limit <count>', `maximum number, up to ${MAX_ROWS}`, wholeNumber(1, MAX_ROWS), 100)
    .addHelpText('after', HELP)
    .action((options: Options) => withServer(options, (client) => run(client, options)))
}

async function run(client: ApiClient, options: Options): Promise<number> {
  endWithReader()
  const rows: LogRow[] = []
  const parameters = filterParametersOf(options)
  let total = ''
  do {
    parameters.set('limit', String(Math.min(PAGE_ROWS, options.limit - rows.length)))
    const { logs, pagination } = await client.request<LogPage>('GET', `/api/logs?${parameters}`)
    rows.push(...logs)
    total = `${pagination.total_items.toLocaleString('en-US')}${pagination.total_is_exact ? '' : '+'}`
    if (pagination.next_cursor === null) break
    parameters.set('cursor', pagination.next_cursor)
  } while (rows.length < options.limit)
  await writeRows(rows.reverse(), isForPeople(options))
  console.error(paint('dim', `${rows.length.toLocaleString('en-US')} of ${total} lines`))
  return 0
}
