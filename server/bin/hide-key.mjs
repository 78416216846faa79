/**
 * Takes `--key` out of a command's arguments, which everybody on the machine can list, into the environment, which only
 * the same user can. If it is given twice the last value counts, as elsewhere.
 *
 * @param {string[]} args
 * @returns {{ args: string[], key: string | undefined }}
 */
function hideKey(args) {
  const kept = []
  let key
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]
    if (argument === '--') return { args: [...kept, ...args.slice(index)], key }
    if (argument === '--key' && index + 1 < args.length) key = args[++index]
    else if (argument.startsWith('--key=')) key = argument.slice('--key='.length)
    else kept.push(argument)
  }
  return { args: kept, key }
}

/**
 * Hides the key of this process, and leaves it in the environment for the command.
 *
 * @param {string[]} given the command's arguments
 * @returns {string[]} those without the key
 */
export function takeKey(given) {
  const { args, key } = hideKey(given)
  if (key === undefined) return given
  process.env.TIMELAPSER_LOGS_API_KEY = key
  const first = process.argv.length - given.length
  process.argv.splice(first, given.length, ...args)
  // Written over what the process list shows.
  process.title = 'timelapser-logs'
  return args
}
