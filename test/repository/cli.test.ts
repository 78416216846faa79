// docs/cli.md is the help of every command; written by WRITE_DOCS=1 node scripts/run.mjs vitest run test/repository/cli.test.ts
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { allCommands } from '../../server/src/cli/commands.ts'
import { expectWritten } from './written-section.ts'

function helpOf(command: Command): string {
  let text = ''
  const writeOut = (part: string) => {
    text += part
  }
  command.configureOutput({ writeOut, getOutHelpWidth: () => 110 })
  command.outputHelp()
  return text.trim()
}

function section(command: Command, above: string, level: string): string {
  const name = `${above} ${command.name()}`
  // A subcommand's examples and exit codes are those of its command, documented there.
  const help = helpOf(command)
  const own =
    above === ''
      ? help
      : help
          .split('\n\n')
          .filter((part) => !/^(Exit codes|Examples?):/.test(part))
          .join('\n\n')
  const parts = command.commands.map((one) => section(one, name, `${level}#`))
  return [`${level}${name}`, `\`\`\`text\n${own}\n\`\`\``, ...parts].join('\n\n')
}

it('are in docs/cli.md with every argument, option and exit code, and no others', async () => {
  const commands = await allCommands()
  const written = commands.map((command) => section(command, '', '##')).join('\n\n')
  expectWritten('docs/cli.md', 'commands', written)
})

it('each tell their exit codes and show an example', async () => {
  for (const command of await allCommands()) {
    expect(helpOf(command), command.name()).toMatch(/Exit codes:\n[\s\S]*Examples?:\n/)
  }
})
