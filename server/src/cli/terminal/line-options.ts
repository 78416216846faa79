import { type Command, InvalidArgumentError } from 'commander'
import { addServerOptions, type ServerOptions } from '../client/server-options.ts'
import { addFilterOptions, type FilterOptions } from './filter-options.ts'

/** The options of the commands that show lines: server, filter and format. */
export type LineOptions = ServerOptions & FilterOptions & { json?: boolean }

export function addLineOptions(command: Command): Command {
  return addFilterOptions(addServerOptions(command))
    .option('--json', 'a JSON object a line (default where stdout is no terminal)')
    .option('--no-json', 'lines for people, wherever they go')
}

/** Reads an option's value as a whole number within these bounds. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= low && number <= high) return number
    throw new InvalidArgumentError(`It has to be a whole number from ${low} to ${high}.`)
  }
}
