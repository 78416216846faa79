import { Command } from 'commander'
import { StartupError } from '../startup-error.ts'
import { VERSION } from '../version.ts'
import { allCommands, COMMANDS } from './commands.ts'

const program = new Command('timelapser-logs')
  .description('A log system on PostgreSQL.')
  .version(VERSION)
  .showHelpAfterError('timelapser-logs --help lists the commands.')

const [, , name = ''] = process.argv
const asked = COMMANDS[name]
if (asked) program.addCommand(await asked())
else if (name !== '--version' && name !== '-V')
  for (const command of await allCommands()) program.addCommand(command)

try {
  await program.parseAsync()
} catch (error) {
  // Errors that the person at the terminal can mend are a sentence; everything else is a defect, and needs its stack. It
  // is not thrown on: `serve` takes errors that nobody caught for a reason to stop.
  console.error(error instanceof StartupError ? error.message : error)
  process.exitCode = 1
}
// A server does not wait for the reader of its messages.
if (name !== 'serve') await Promise.all([process.stdout, process.stderr].map(flushed))
// Everything is closed by now; a handle that a library forgot is no reason to stay.
process.exit()

/** Resolves when the reader of a pipe has all of it, or is gone: the exit would drop the rest. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return
  await new Promise<void>((resolve) => {
    stream.once('close', resolve)
    stream.write('', () => resolve())
  })
}
