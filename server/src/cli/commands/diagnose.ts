import { Command } from 'commander'
import type { Diagnosis } from '../../http/api-schemas.ts'
import { type ApiClient, ApiFailure } from '../client/api-client.ts'
import { addServerOptions, findServer, type ServerOptions } from '../client/server-options.ts'
import { diagnosisText } from '../terminal/diagnosis-text.ts'
import { jsonText } from '../terminal/terminal.ts'

type Options = ServerOptions & { json?: true; testLines: boolean }
type Readiness = { status: string; checks: Record<string, string> }

/** Longer than the counting of a few million rows takes. */
const TIMEOUT_MS = 120_000

const EXIT_CODES = { ok: 0, warning: 1, failure: 2 } as const

const HELP = `
Checks the database, the counts, the sources and their gaps, cameras, levels, buffers and the disk, and sends a test line
of each level through the whole system. Reports for each check whether it is OK, and otherwise the cause and the remedy.
The test lines have the source "diagnostic" and are deleted after 15 minutes.

Exit codes:
  0  all checks are OK
  1  at least one warning
  2  at least one failure, or no server responds

Examples:
  timelapser-logs diagnose
  timelapser-logs diagnose --no-test-lines          check only, write nothing
  timelapser-logs diagnose --json | jq '.checks[] | select(.verdict != "ok")'`

/** `timelapser-logs diagnose`: is it well, and if not, what to do. */
export function diagnoseCommand(): Command {
  return addServerOptions(new Command('diagnose'))
    .description('check the system: findings, reasons and remedies')
    .option('--no-test-lines', 'check only; send no test lines')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const diagnosis = await diagnose(options)
      console.log(options.json ? jsonText(diagnosis) : diagnosisText(diagnosis))
      process.exitCode = EXIT_CODES[diagnosis.verdict]
    })
}

async function diagnose(options: Options): Promise<Diagnosis> {
  const { client } = await findServer(options)
  try {
    const method = options.testLines ? 'POST' : 'GET'
    return await client.request<Diagnosis>(method, '/api/diagnostics', { timeoutMs: TIMEOUT_MS })
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    return failed(error, await readiness(client))
  }
}

/** The findings from outside when the server cannot diagnose itself. */
function failed(error: ApiFailure, ready: Readiness | undefined): Diagnosis {
  const checks: Diagnosis['checks'] = [
    {
      name: 'server',
      verdict: 'failure',
      finding: ready ? `Responds, and is ${ready.status}` : 'Does not respond',
      cause: error.message,
      advice: ready ? adviceOf(error) : 'Start it: npm start, or systemctl start timelapser-logs.',
      details: { status: error.status ?? null },
    },
  ]
  for (const [name, outcome] of Object.entries(ready?.checks ?? {})) {
    if (outcome === 'ok') checks.push({ name, verdict: 'ok', finding: 'Ready', details: {} })
    else checks.push({ name, verdict: 'failure', finding: 'Not ready', ...FAILED[name], details: {} })
  }
  return {
    verdict: 'failure',
    generated_at: new Date().toISOString(),
    duration_ms: 0,
    checks,
    comparison: null,
    test_lines_until: null,
  }
}

const FAILED: Readonly<Record<string, { cause: string; advice: string }>> = {
  database: {
    cause: 'PostgreSQL does not respond.',
    advice:
      'Start it, and check its log (built-in: in the data folder). Senders keep their lines meanwhile; the server resumes automatically.',
  },
  migrations: {
    cause: 'The database does not respond, or lacks migrations of this version.',
    advice: 'If this persists once the database is back, restart the server: it migrates the database.',
  },
  feed: {
    cause: 'The connection for notices is down.',
    advice: 'The server reconnects as soon as the database responds.',
  },
  disk: {
    cause: 'Free disk space is below the reserve, or the database could not report it.',
    advice: 'Free disk space, or lower retention_days.',
  },
  writable: {
    cause: 'PostgreSQL does not accept writes, or could not be checked.',
    advice: 'Point DATABASE_URL to a database that accepts writes, or make this one accept them.',
  },
  jobs: {
    cause: 'A job that removes or masks lines is overdue, or the database could not report it.',
    advice: "Run diagnose with an administrator's key: it reports which job, and since when.",
  },
}

function adviceOf({ status }: ApiFailure): string {
  if (status === 401 || status === 403) return 'Use the key of an administrator: --key or --data-dir.'
  return 'See the checks below.'
}

async function readiness(client: ApiClient): Promise<Readiness | undefined> {
  try {
    const body = JSON.parse(await client.ask('/readyz', 10_000)) as Readiness
    return body.checks ? body : undefined
  } catch {
    return undefined
  }
}
