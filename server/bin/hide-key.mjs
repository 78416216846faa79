/**
 * Takes `--key` out of a command's arguments, which everybody on the machine can list, into the environment, which only
 * the same user can. What is given twice has the last value, as elsewhere.
 *
 * @param {string[]} args
 * @returns {{ args: string[], key: string | undefined }}
 */
export function hideKey(args) {
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
