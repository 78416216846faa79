import { Command } from 'commander'
import type { ScrubResult } from '../../http/api-schemas.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'

/** Every stored line is read: some 50,000 a second. */
const TIMEOUT_MS = 6 * 60 * 60_000

type Options = ServerOptions & { pattern: string; dryRun?: boolean }

const HELP = `
The pattern is a regular expression without backreferences, lookaround and repeated groups, and without regard to case.
What it matches becomes *** in messages, logger names and texts of extra_data, on disk too, and nothing brings it back.

Exit codes:
  0  done
  1  not done: pattern, address, key or server; the message says what

Examples:
  timelapser-logs scrub --pattern 'LIC-\\d{8}' --dry-run   how many lines, and what some would be
  timelapser-logs scrub --pattern 'LIC-\\d{8}'             mask them`

/** `timelapser-logs scrub`: masks in stored lines what should not have been logged. */
export function scrubCommand(): Command {
  return addServerOptions(new Command('scrub'))
    .description('mask what should not have been logged, in lines that are stored already')
    .requiredOption('--pattern <pattern>', 'what to mask')
    .option('--dry-run', 'change nothing, tell what would be')
    .addHelpText('after', HELP)
    .action(({ pattern, dryRun = false, ...options }: Options) =>
      withServer(options, async (client) => {
        const result = await client.request<ScrubResult>('POST', '/api/logs/scrub', {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ pattern, dry_run: dryRun }),
          timeoutMs: TIMEOUT_MS,
        })
        const { scanned_rows, matched_rows, examples } = result
        console.log(
          `${dryRun ? 'Would mask' : 'Masked'} ${matched_rows} of ${scanned_rows} lines${examples.length > 0 ? ', such as' : '.'}`,
        )
        for (const { id, message } of examples) console.log(`  ${id}  ${message}`)
        return 0
      }),
    )
}
