import { Command } from 'commander'
import { StartupError } from '../startup-error.ts'
import { VERSION } from '../version.ts'
import { allCommands, COMMANDS } from './commands.ts'

const program = new Command('timelapser-logs')
  .description('A log system on PostgreSQL.')
  .version(VERSION)
  .showHelpAfterError('timelapser-logs --help lists the commands.')

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
