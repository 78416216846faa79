import { Command } from 'commander'
import { compareSchema, type SchemaComparison } from '../../store/database/migrate.ts'
import { VERSION } from '../../version.ts'
import { withDatabase } from '../client/operator-database.ts'
import { jsonText } from '../terminal/terminal.ts'

const HELP = `
Run it with the newer version before starting that version. It connects to the database: DATABASE_URL, or the built-in
database of the data folder (DATA_DIR), with the same environment as serve. It changes nothing; the old server may keep
running. The newer version applies the migrations when it starts; the only way back is a backup.

Exit codes:
  0  this version can be started; the message says which migrations that applies
  1  it cannot: schema or database; the message names the reason and the remedy

Examples:
  timelapser-logs upgrade --check
  timelapser-logs upgrade --check && timelapser-logs backup before.backup && systemctl restart timelapser-logs`

/** `timelapser-logs upgrade --check`: what starting this version would do to the database. */
export function upgradeCommand(): Command {
  return new Command('upgrade')
    .description('show what starting this version would change in the database')
    .requiredOption('--check', 'check only; change nothing')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action((options: { json?: true }) =>
      withDatabase('read', async ({ pool }) => {
        const found = await compareSchema(pool)
        if (options.json) console.log(jsonText({ version: VERSION, ...found }))
        else console.log(sentences(found).join('\n'))
        return found.refusal === null ? 0 : 1
      }),
    )
}

function sentences({ schema, known_schema, missing, postgres, refusal }: SchemaComparison): string[] {
  const facts = [
    `This is Timelapser Logs ${VERSION}, schema ${known_schema}.`,
    `The database has ${schema === 0 ? 'no schema yet' : `schema ${schema}`}, on PostgreSQL ${postgres}.`,
  ]
  if (refusal !== null) return [...facts, refusal]
  if (missing.length === 0) return [...facts, 'Starting this version changes nothing in it.']
  if (schema === 0) return [...facts, 'Starting this version creates it.']
  const count = missing.length === 1 ? 'a migration' : `${missing.length} migrations`
  return [
    ...facts,
    `Starting this version applies ${count}: ${missing.join(', ')}.`,
    'Take a backup first: timelapser-logs backup before.backup. Older versions do not start after that.',
  ]
}
