import { LEVELS } from '@timelapser/logger'
import { Command } from 'commander'
import type { LogSources, LogStats } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { printTable } from '../terminal/print-table.ts'
import { isForPeople, jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions & { hours: string; json?: boolean }

const HELP = `
Counts are exact. Counts by source cover all stored lines, regardless of the period.

Exit codes:
  0  done
  1  address, key, argument or server; see the message

Examples:
  timelapser-logs stats
  timelapser-logs stats --hours 168
  timelapser-logs stats --json | jq .summary.error_count`

/** `timelapser-logs stats`: how many lines of which level, and who wrote them. */
export function statsCommand(): Command {
  return addServerOptions(new Command('stats'))
    .description('count lines by level and source')
    .option('--hours <n>', 'the past n hours, 1 to 168', '24')
    .option('--json', 'print JSON (default unless stdout is a terminal)')
    .option('--no-json', 'print tables, also when stdout is not a terminal')
    .addHelpText('after', HELP)
    .action((options: Options) => withServer(options, (client) => run(client, options)))
}

async function run(client: ApiClient, options: Options): Promise<number> {
  const parameters = new URLSearchParams({ hours: options.hours })
  const stats = await client.request<LogStats>('GET', `/api/logs/stats?${parameters}`)
  const { sources } = await client.request<LogSources>('GET', '/api/logs/sources')
  if (!isForPeople(options)) {
    console.log(jsonText({ ...stats, sources }))
    return 0
  }
  const { summary, period_hours } = stats
  const { first_log_at, last_log_at, total_logs, unique_sources, unique_cameras } = summary
  console.log(
    `${grouped(total_logs)} lines in ${period_hours} hours, of ${unique_sources} sources and ${unique_cameras} cameras`,
  )
  if (first_log_at !== null) console.log(`from ${first_log_at} to ${last_log_at}`)
  console.log('')
  const ofLevel = (level: string) => summary[`${level.toLowerCase()}_count` as 'info_count']
  printTable(
    ['level', 'lines'],
    LEVELS.map((level) => [level, grouped(ofLevel(level))]),
  )
  console.log('')
  printTable(
    ['source', 'lines', 'errors', 'warnings', 'last line'],
    sources.map(({ source, log_count, error_count, warning_count, last_log_at: last }) => [
      ...[source, grouped(log_count), grouped(error_count), grouped(warning_count), last ?? ''],
    ]),
  )
  return 0
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
