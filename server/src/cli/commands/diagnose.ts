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
Looks at the database, the counts, the sources and their gaps, cameras, levels, buffers and the disk, sends a line of
each level the whole way, and says of each whether it is well, why not, and what to do. The test lines have the source
"diagnostic" and are deleted after 15 minutes.

Exit codes:
  0  all is well
  1  something warns
  2  something fails, or no server answers

Examples:
  timelapser-logs diagnose
  timelapser-logs diagnose --no-test-lines          look only, write nothing
  timelapser-logs diagnose --json | jq '.checks[] | select(.verdict != "ok")'`

/** `timelapser-logs diagnose`: is it well, and if not, what to do. */
export function diagnoseCommand(): Command {
  return addServerOptions(new Command('diagnose'))
    .description('check the system: findings, reasons and remedies')
    .option('--no-test-lines', 'look only; write no lines')
    .option('--json', 'answer in JSON')
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
      finding: ready ? `Answers, and is ${ready.status}` : 'Does not answer',
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
    cause: 'PostgreSQL does not answer.',
    advice:
      'Start it, and look at its log (built-in: in the data folder). Senders keep their lines meanwhile; the server goes on by itself.',
  },
  migrations: {
    cause: 'The database does not answer, or lacks migrations of this version.',
    advice:
      'When the database is back and this stays, restart the server: it brings the database up to date.',
  },
  feed: {
    cause: 'The connection for notices is down.',
    advice: 'It is made again as soon as the database answers.',
  },
  disk: {
    cause: 'The disk is below its reserve, or the database could not be asked for it.',
    advice: 'Make room, or lower retention_days.',
  },
  writable: {
    cause: 'PostgreSQL takes no writes, or could not be asked.',
    advice: 'Name the one that takes writes in DATABASE_URL, or make this one take them.',
  },
  jobs: {
    cause: 'A job that removes or masks lines is late, or the database could not be asked for it.',
    advice: 'Run diagnose with the key of an administrator: it says which job, and since when.',
  },
}

function adviceOf({ status }: ApiFailure): string {
  if (status === 401 || status === 403) return 'Give the key of an administrator: --key, or --data-dir.'
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
