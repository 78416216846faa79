import { setTimeout as sleep } from 'node:timers/promises'
import { Presets, SingleBar } from 'cli-progress'
import { Command } from 'commander'
import type { ScrubResult, ScrubRun } from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, type ServerOptions, withServer } from '../client/server-options.ts'
import { isConfirmed, visibleInLine } from '../terminal/terminal.ts'

/** Every stored line is read: some 50,000 a second. */
const TIMEOUT_MS = 6 * 60 * 60_000
const POLL_MS = 500
const RUN = '/api/logs/scrub/run'
const JSON_HEADERS = { 'content-type': 'application/json' }

type Options = ServerOptions & {
  pattern?: string
  dryRun?: boolean
  yes?: boolean
  status?: boolean
  stop?: boolean
}

const HELP = `
The pattern is a regular expression without backreferences, lookaround and repeated groups; it is case-insensitive.
Matches become *** in messages, logger names and texts of extra_data, on disk too, and cannot be restored.
The command shows the number of lines first and asks; without a terminal it needs --yes. The server masks in the
background, also after the terminal is closed or the server restarts; Ctrl-C stops it, and lines masked by then stay
masked.

Exit codes:
  0  done
  1  not done: pattern, address, key or server; see the message
  3  nothing was masked, as it was not confirmed; or not all of it, as it was stopped

Examples:
  timelapser-logs scrub --pattern 'LIC-\\d{8}' --dry-run   how many lines, with examples
  timelapser-logs scrub --pattern 'LIC-\\d{8}'             the same, and masks them after a yes
  timelapser-logs scrub --status                          how far it is
  timelapser-logs scrub --stop`

/** `timelapser-logs scrub`: masks in stored lines what should not have been logged. */
export function scrubCommand(): Command {
  return addServerOptions(new Command('scrub'))
    .description('mask text in stored lines')
    .option('--pattern <pattern>', 'the text to mask')
    .option('--dry-run', 'change nothing, show the effect')
    .option('--yes', 'skip the confirmation')
    .option('--status', 'show the progress of the masking, or the result of the last run')
    .option('--stop', 'stop the current masking')
    .addHelpText('after', HELP)
    .action((options: Options) => withServer(options, (client) => run(client, options)))
}

async function run(client: ApiClient, { pattern, dryRun, yes, status, stop }: Options): Promise<number> {
  const asked = [pattern !== undefined, status, stop].filter(Boolean).length
  if (asked !== 1) throw new ApiFailure('Give one of --pattern, --status and --stop.')
  if (status || stop) {
    console.log(sentenceOf(stop ? await end(client) : await find(client)))
    return 0
  }
  if (dryRun || !yes) {
    await preview(client, pattern ?? '')
    if (dryRun) return 0
    if (!(await isConfirmed('Mask them permanently?'))) {
      console.error('Nothing was masked; --yes masks without asking.')
      return 3
    }
  }
  const ended = await mask(client, pattern ?? '')
  console.log(sentenceOf(ended))
  return ended?.outcome === 'done' ? 0 : 3
}

async function preview(client: ApiClient, pattern: string): Promise<void> {
  const { scanned_rows, matched_rows, examples } = await client.request<ScrubResult>(
    'POST',
    '/api/logs/scrub',
    {
      headers: JSON_HEADERS,
      body: JSON.stringify({ pattern, dry_run: true }),
      timeoutMs: TIMEOUT_MS,
    },
  )
  console.log(
    `Would mask ${grouped(matched_rows)} of ${grouped(scanned_rows)} lines${examples.length > 0 ? ', for example' : '.'}`,
  )
  for (const { id, message } of examples) console.log(`  ${id}  ${visibleInLine(message)}`)
}

/** Begins a run and waits for its end; Ctrl-C stops it. */
async function mask(client: ApiClient, pattern: string): Promise<ScrubRun | null> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.once('SIGINT', interrupt)
  const format = '  {bar} {percentage} % {value} of {total} lines, {eta_formatted} to go'
  const bar = process.stderr.isTTY
    ? new SingleBar({ format, stream: process.stderr }, Presets.rect)
    : undefined
  try {
    await client.request('POST', RUN, { body: JSON.stringify({ pattern }), headers: JSON_HEADERS })
    bar?.start(0, 0)
    for (;;) {
      const found = await look(client)
      if (found?.ended_at != null) return found
      if (found) {
        bar?.setTotal(found.total_rows)
        bar?.update(found.scanned_rows)
      }
      await sleep(POLL_MS, undefined, { signal: interrupted.signal }).catch(() => undefined)
      if (interrupted.signal.aborted) return await end(client).catch(orNotFound(client))
    }
  } finally {
    bar?.stop()
    process.off('SIGINT', interrupt)
  }
}

/** The run as it is now; undefined while the server does not answer, as it goes on when it is back. */
async function look(client: ApiClient): Promise<ScrubRun | null | undefined> {
  try {
    return await find(client)
  } catch (error) {
    if (error instanceof ApiFailure && error.isTransient) return undefined
    throw error
  }
}

/** The current run, or the last one. */
async function find(client: ApiClient): Promise<ScrubRun | null> {
  return (await client.request<{ run: ScrubRun | null }>('GET', RUN)).run
}

async function end(client: ApiClient): Promise<ScrubRun> {
  return (await client.request<{ run: ScrubRun }>('DELETE', RUN)).run
}

/** Nothing was to be stopped: it has just come to its end. */
function orNotFound(client: ApiClient): (error: unknown) => Promise<ScrubRun | null> {
  return (error) => {
    if (error instanceof ApiFailure && error.status === 404) return find(client)
    throw error
  }
}

function sentenceOf(run: ScrubRun | null): string {
  if (run === null) return 'Nothing has been masked yet.'
  const { started_by, started_at, ended_at, outcome, matched_rows, scanned_rows, total_rows } = run
  const count = `${grouped(matched_rows)} of ${grouped(scanned_rows)} lines`
  if (ended_at === null) {
    return `Masked ${count} so far, of ${grouped(total_rows)} in total; started by ${started_by} at ${started_at}.`
  }
  return outcome === 'done' ? `Masked ${count}.` : `Stopped. Masked ${count}; these stay masked.`
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
