import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { StartupError } from '../startup-error.ts'
import { allCommands, COMMANDS } from './commands.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('timelapser-logs')
  .description('A log system on PostgreSQL.')
  .version(version)
  .showHelpAfterError()

const asked = COMMANDS[process.argv[2] ?? '']
for (const command of asked ? [await asked()] : await allCommands()) program.addCommand(command)

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
