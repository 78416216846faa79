import { Command } from 'commander'
import type { CleanupResult } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { isConfirmed, isForPeople, jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions & { days: string; yes?: true; json?: boolean }
type Preview = { would_delete: number; would_free_bytes: number; days_kept: number }

/** Longer than deleting some million single rows takes; whole days are dropped at once. */
const TIMEOUT_MS = 600_000

const HELP = `
Shows how many lines would be deleted and asks for confirmation; without a terminal it needs --yes. Lines older than
--days are deleted permanently; --days 0 clears everything, which timelapser-logs undo reverts within ten minutes.

Exit codes:
  0  done
  1  failed: argument, address, key or server; see the message
  3  nothing was deleted: it was not confirmed

Examples:
  timelapser-logs cleanup --days 30
  timelapser-logs cleanup --days 7 --yes --json
  timelapser-logs cleanup --days 0 && timelapser-logs undo`

/** `timelapser-logs cleanup`: deletes what is older than some days. */
export function cleanupCommand(): Command {
  return addServerOptions(new Command('cleanup'))
    .description('delete lines older than a number of days, after a preview')
    .requiredOption('--days <n>', 'days to keep, 0 to 365; 0 clears everything')
    .option('--yes', 'skip the confirmation')
    .option('--json', 'print JSON (default unless stdout is a terminal)')
    .option('--no-json', 'print a sentence, also when stdout is not a terminal')
    .addHelpText('after', HELP)
    .action((options: Options) => withServer(options, (client) => run(client, options)))
}

/** `timelapser-logs undo`: takes the last clear back. */
export function undoCommand(): Command {
  return addServerOptions(new Command('undo'))
    .description('undo cleanup --days 0 within ten minutes')
    .option('--json', 'print JSON (default unless stdout is a terminal)')
    .option('--no-json', 'print a sentence, also when stdout is not a terminal')
    .addHelpText(
      'after',
      '\nExit codes:\n  0  done\n  1  failed: nothing to restore, address, key or server; see the message\n\nExample:\n  timelapser-logs undo',
    )
    .action((options: Options) =>
      withServer(options, async (client) => {
        const answer = await client.request<{ restored_count: number }>('POST', '/api/logs/cleanup/undo', {
          timeoutMs: TIMEOUT_MS,
        })
        const sentence = `${answer.restored_count.toLocaleString('en-US')} lines were restored.`
        console.log(isForPeople(options) ? sentence : jsonText(answer))
        return 0
      }),
    )
}

async function run(client: ApiClient, options: Options): Promise<number> {
  const path = `/api/logs/cleanup?${new URLSearchParams({ days_to_keep: options.days })}`
  const preview = await client.request<Preview>('GET', path)
  if (!options.yes) tellPreview(preview)
  if (!options.yes && !(await isConfirmed('Delete them?'))) {
    console.error('Nothing was deleted; --yes deletes without asking.')
    return 3
  }
  const result = await client.request<CleanupResult>('DELETE', path, { timeoutMs: TIMEOUT_MS })
  if (!isForPeople(options)) {
    console.log(jsonText(result))
    return 0
  }
  const { deleted_count, undo_until } = result
  const undo = undo_until === undefined ? '' : ` timelapser-logs undo restores them until ${undo_until}.`
  console.log(`${deleted_count.toLocaleString('en-US')} lines were deleted.${undo}`)
  return 0
}

function tellPreview({ would_delete, would_free_bytes, days_kept }: Preview): void {
  const what = days_kept === 0 ? 'All' : `Older than ${days_kept} days:`
  const megabytes = (would_free_bytes / 1e6).toFixed(1)
  console.error(`${what} ${would_delete.toLocaleString('en-US')} lines, ${megabytes} MB on disk.`)
}
