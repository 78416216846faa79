import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { StartupError } from '../startup-error.ts'

/** Each command by name; only the one that is asked for is loaded. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  ingest: async () => (await import('./ingest.ts')).ingestCommand(),
  scenarios: async () => (await import('./scenarios.ts')).scenariosCommand(),
  audit: async () => (await import('./audit.ts')).auditCommand(),
  scrub: async () => (await import('./scrub.ts')).scrubCommand(),
  diagnose: async () => (await import('./diagnose.ts')).diagnoseCommand(),
  levels: async () => (await import('./levels.ts')).levelsCommand(),
  why: async () => (await import('./levels.ts')).whyCommand(),
  users: async () => (await import('./users.ts')).usersCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  settings: async () => (await import('./settings.ts')).settingsCommand(),
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('timelapser-logs')
  .description('A log system on PostgreSQL.')
  .version(version)
  .showHelpAfterError()

const asked = COMMANDS[process.argv[2] ?? '']
for (const load of asked ? [asked] : Object.values(COMMANDS)) program.addCommand(await load())

try {
  await program.parseAsync()
} catch (error) {
  // What the person at the terminal can do something about is a sentence; everything else is a defect.
  if (!(error instanceof StartupError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
// Everything is closed by now; what a library forgot is no reason to stay.
process.exit()
