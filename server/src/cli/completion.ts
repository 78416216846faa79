// Scripts that know all words themselves: the libraries for it (@bomb.sh/tab, tabtab, omelette) start the program anew at
// each press of Tab, and the start of Node is a noticeable wait.
import { Argument, Command } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

const PROGRAM = 'timelapser-logs'

const HELP = `
Exit codes:
  0  done

Examples:
  timelapser-logs completion bash > /etc/bash_completion.d/timelapser-logs
  timelapser-logs completion zsh > "\${fpath[1]}/_timelapser-logs"
  timelapser-logs completion fish > ~/.config/fish/completions/timelapser-logs.fish`

/**
 * `timelapser-logs completion`: prints a script with which a shell completes commands and options; @param load gives
 * all commands.
 */
export function completionCommand(load: () => Promise<Command[]>): Command {
  return new Command('completion')
    .description('print a shell completion script')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action(async (shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](wordsOf(await load())))
    })
}

/** The words that may follow a command: `levels` and `levels set` have their own. */
type Words = { path: string; description: string; words: { word: string; description: string }[] }

function wordsOf(commands: readonly Command[]): Words[] {
  const top = commands.map((command) => ({ word: command.name(), description: command.description() }))
  return [
    { path: '', description: '', words: [...top, { word: '--help', description: 'help' }] },
    ...commands.flatMap((command) => below(command, '')),
  ]
}

function below(command: Command, above: string): Words[] {
  const path = `${above} ${command.name()}`.trim()
  const words = [
    ...command.commands.map((one) => ({ word: one.name(), description: one.description() })),
    ...command.registeredArguments.flatMap((argument) =>
      (argument.argChoices ?? []).map((word) => ({ word, description: argument.description })),
    ),
    ...command.options.map((option) => ({
      word: option.long ?? option.short ?? '',
      description: option.description,
    })),
    { word: '--help', description: 'help' },
  ]
  const own = { path, description: command.description(), words }
  return [own, ...command.commands.flatMap((one) => below(one, path))]
}

const SCRIPTS: Readonly<Record<Shell, (all: Words[]) => string>> = { bash, zsh, fish }

function bash(all: Words[]): string {
  const cases = all.map(
    ({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`,
  )
  return `# Completion of ${PROGRAM} for bash.
_timelapser_logs() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="$path $word" ;; esac
  done
  path="\${path# }"
  # Values of options stand where commands do: the longest beginning that is one counts.
  while :; do
    case "$path" in
${cases.map((line) => `  ${line}`).join('\n')}
    esac
    if [ -n "$words" ] || [ -z "$path" ]; then break; fi
    case "$path" in *' '*) path="\${path% *}" ;; *) path='' ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _timelapser_logs ${PROGRAM}
`
}

function zsh(all: Words[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const entry = (word: string, description: string) => quoted(`${word.replaceAll(':', '\\:')}:${description}`)
  const cases = all.map(
    ({ path, words }) =>
      `      ${quoted(path)}) entries=(${words.map(({ word, description }) => entry(word, description)).join(' ')}) ;;`,
  )
  return `#compdef ${PROGRAM}
# Completion of ${PROGRAM} for zsh.
_timelapser_logs() {
  local -a entries
  local place="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ "$word" == -* ]] || place="$place $word"
  done
  place="\${place# }"
  while true; do
    case "$place" in
${cases.join('\n')}
    esac
    if (( $#entries )) || [[ -z "$place" ]]; then break; fi
    if [[ "$place" == *" "* ]]; then place="\${place% *}"; else place=""; fi
  done
  _describe '${PROGRAM}' entries || _files
}
_timelapser_logs "$@"
`
}

function fish(all: Words[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = all.flatMap(({ path, words }) => {
    const [command, sub] = path.split(' ')
    const subs = words.filter(({ word }) => !word.startsWith('-')).map(({ word }) => word)
    const condition = () => {
      if (command === undefined || command === '') return '__fish_use_subcommand'
      if (sub !== undefined)
        return `__fish_seen_subcommand_from ${command}; and __fish_seen_subcommand_from ${sub}`
      const none = subs.length > 0 ? `; and not __fish_seen_subcommand_from ${subs.join(' ')}` : ''
      return `__fish_seen_subcommand_from ${command}${none}`
    }
    return words.map(({ word, description }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c ${PROGRAM} -n ${quoted(condition())} ${what} -d ${quoted(description)}`
    })
  })
  return `# Completion of ${PROGRAM} for fish.\ncomplete -c ${PROGRAM} -f\n${lines.join('\n')}\n`
}
